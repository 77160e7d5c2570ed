//! A bad network: a TCP proxy whose connections can be cut, and which can be down for a while.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Result;

/// What happens to connections now. A change cuts all that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// They pass. The number tells one cut from the next.
    Fair(u64),
    /// They are closed as they come.
    Down,
}

/// A proxy in front of one server. Ends with its value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: Arc<watch::Sender<Weather>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy towards a server (`http://HOST:PORT`).
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = server.trim_start_matches("http://").to_owned();
        let weather = Arc::new(watch::Sender::new(Weather::Fair(0)));
        let seen = weather.clone();
        let task = tokio::spawn(async move {
            while let Ok((inbound, _)) = listener.accept().await {
                let mut weather = seen.subscribe();
                let now = *weather.borrow_and_update();
                if now == Weather::Down {
                    continue;
                }
                let server = server.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(inbound, &server) => {}
                        _ = weather.wait_for(|later| *later != now) => {}
                    }
                });
            }
        });
        Ok(Self {
            address,
            weather,
            task,
        })
    }

    /// Where clients connect to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts every open connection; new ones pass.
    pub fn cut(&self) {
        self.weather.send_modify(|weather| {
            *weather = Weather::Fair(if let Weather::Fair(cuts) = *weather {
                cuts + 1
            } else {
                0
            });
        });
    }

    /// Cuts every open connection and lets none through until [`Proxy::cut`] is called.
    pub fn go_down(&self) {
        self.weather.send_replace(Weather::Down);
    }
}

async fn pass(mut inbound: TcpStream, server: &str) {
    if let Ok(mut outbound) = TcpStream::connect(server).await {
        // Either end may close at any time: that is what this is for.
        let _ended = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
