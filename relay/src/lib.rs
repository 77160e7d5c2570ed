//! TabSpace's relay: it orders and stores what is shared, and introduces peers to each other.
//!
//! One folder per domain, each with its routes, what it does and its queries; `router` is the whole HTTP
//! surface. Every change of a space goes through the writers of [`log`]; everything that is said at the
//! moment goes through the rooms of [`live`]. Neither knows the other's inside: writers publish to the hub,
//! connections send jobs to the writers.
//!
//! There is no global state and no clock but the one in [`Config`]. Nothing that arrives can panic the relay.
//!
//! Start at [`run`], then `router`, then [`log`]'s writer.

mod account;
mod address;
pub mod backup;
pub mod clock;
pub mod config;
mod error;
mod extract;
mod favicon;
mod health;
mod invite;
pub mod live;
pub mod log;
mod message;
mod page;
mod rate;
pub mod rebuild;
mod request_id;
mod router;
#[cfg(test)]
mod simulation;
mod space;
pub mod store;

use std::io;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use protocol::{Epoch, Refusal};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use url::Url;

pub use account::PersonId;
pub use address::{Address, BadNetwork, Network};
pub use config::{Args, Backend, Config, Timings};
pub use error::Failure;
pub use health::Metrics;
pub use rate::{RateArgs, Rates, Switch};

use account::bearers::Bearers;
use account::tickets::Tickets;
use clock::{Clock, Random};
use live::Hub;
use log::Writers;
use log::shelf::Shelf;
use log::snapshots::Snapshots;
use log::writer::Desk;
use rate::{Kind, Limiter, Payer, TooFast};
use store::{Store, StoreError, Tx};

/// How long connections may take to end when the relay stops.
const GOODBYE: Duration = Duration::from_secs(5);

/// Why the relay does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket cannot be used.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
    /// Browsers would reach the relay over an address that they do not trust.
    #[error(
        "other computers would reach this relay at {0}, which is not https: browsers keep from such pages what \
         TabSpace needs. Put a proxy that does TLS before the relay and name its address with --public-url \
         (PUBLIC_URL), such as https://tabs.example.org; or listen on 127.0.0.1, for this computer only"
    )]
    Insecure(Url),
}

/// What every route and connection has at hand.
#[derive(Debug)]
pub(crate) struct App {
    store: Store,
    epoch: Epoch,
    shelf: Arc<Shelf>,
    writers: Writers,
    hub: Hub,
    bearers: Bearers,
    tickets: Tickets,
    clock: Clock,
    random: Random,
    metrics: Metrics,
    limiter: Limiter,
    timings: Timings,
    stun: Vec<String>,
    outbox_bytes: usize,
    /// One permit for each socket that has not introduced itself.
    strangers: Arc<Semaphore>,
    most_strangers: usize,
    public_url: Url,
}

impl App {
    /// A connection that only reads, and is measured.
    async fn read(&self) -> Result<Reading, StoreError> {
        let timer = self.metrics.time_reading();
        let tx = self.store.read().await?;
        Ok(Reading { tx, _timer: timer })
    }

    /// A transaction that writes besides the log, and is measured.
    async fn write(&self) -> Result<Writing, StoreError> {
        let timer = self.metrics.time_writing();
        let tx = self.store.write().await?;
        Ok(Writing { tx, _timer: timer })
    }

    /// Has somebody pay for an action, or says when it can be paid for.
    fn charge(&self, kind: Kind, payer: Payer) -> Result<(), Refusal> {
        self.told(self.limiter.take(kind, payer, self.clock.now()))
    }

    /// The same for what is asked without being anybody.
    fn charge_address(&self, kind: Kind, address: address::Address) -> Result<(), Refusal> {
        self.told(self.limiter.take_of_address(kind, address, self.clock.now()))
    }

    fn told(&self, taken: Result<(), TooFast>) -> Result<(), Refusal> {
        taken.map_err(|too_fast| {
            self.metrics.count_too_fast(&too_fast);
            too_fast.into()
        })
    }
}

/// A connection that only reads. How long is measured when it is dropped.
#[derive(Debug)]
struct Reading {
    tx: Tx,
    _timer: prometheus::HistogramTimer,
}

impl Deref for Reading {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

/// A transaction that writes besides the log. How long is measured when it ends.
#[derive(Debug)]
struct Writing {
    tx: Tx,
    _timer: prometheus::HistogramTimer,
}

impl Writing {
    /// Makes what was written durable.
    async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}

impl Deref for Writing {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

/// A relay whose store is up to date and that can begin to serve.
#[derive(Debug)]
pub struct Relay {
    app: Arc<App>,
    listener: TcpListener,
    writers: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Runs a relay until `shutdown` completes, then ends it in order: connections are told, what was given to
/// the writers is committed.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), RunError> {
    Relay::prepare(config, listener).await?.serve(shutdown).await
}

impl Relay {
    /// Checks the settings, opens the store and brings it up to date.
    pub async fn prepare(config: Config, listener: TcpListener) -> Result<Self, RunError> {
        let Config {
            backend,
            public_url,
            stun,
            timings,
            outbox_bytes,
            strangers,
            rates,
            clock,
            random,
        } = config;
        let address = listener.local_addr()?;
        let listens_on = Url::parse(&format!("http://{address}")).expect("a socket's address is one");
        let public_url = public_url.unwrap_or(listens_on);
        if public_url.scheme() != "https" && !account::origin::is_loopback(&public_url) {
            return Err(RunError::Insecure(public_url));
        }
        let store = Store::open(&backend, timings.store_patience, &random).await?;
        let epoch = store.epoch().await?;
        let metrics = Metrics::default();
        let hub = Hub::new(metrics.clone());
        let (stop, stopped) = watch::channel(false);
        let shelf = Arc::new(Shelf::default());
        let (snapshots, snapshot_task) = Snapshots::start(
            store.clone(),
            Arc::clone(&shelf),
            metrics.snapshots.clone(),
            stopped.clone(),
        );
        let desk = Desk {
            store: store.clone(),
            hub: hub.clone(),
            clock: clock.clone(),
            random: random.clone(),
            metrics: metrics.clone(),
            epoch,
            shelf: Arc::clone(&shelf),
            snapshots,
        };
        let (writers, mut tasks) = Writers::start(&desk, &stopped);
        tasks.push(snapshot_task);
        let (bearers, tickets) = (Bearers::default(), Tickets::default());
        let app = App {
            store,
            epoch,
            shelf,
            writers,
            hub,
            bearers,
            tickets,
            clock,
            random,
            metrics,
            limiter: Limiter::new(rates),
            timings,
            stun,
            outbox_bytes,
            strangers: Arc::new(Semaphore::new(strangers)),
            most_strangers: strangers,
            public_url,
        };
        Ok(Self {
            app: Arc::new(app),
            listener,
            writers: tasks,
            stop,
        })
    }

    /// Serves until `shutdown` completes.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), RunError> {
        let Self {
            app,
            listener,
            writers,
            stop,
        } = self;
        let hosts = tokio::spawn(live::watch_hosts(Arc::clone(&app), stop.subscribe()));
        let news = tokio::spawn(live::tell_news(app.hub.clone(), stop.subscribe()));
        // Without this, small answers wait for the other side's delayed acknowledgement.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps Nagle's algorithm");
            }
        });
        let hub = app.hub.clone();
        let (stopping, mut is_stopping) = watch::channel(false);
        let served = axum::serve(
            listener,
            router::router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>(),
        )
        .with_graceful_shutdown(async move {
            shutdown.await;
            tracing::info!("the relay stops");
            hub.say_goodbye();
            stopping.send_replace(true);
        })
        .into_future();
        let too_long = async {
            // Whoever is in the middle of a request then has had its time.
            drop(is_stopping.wait_for(|stopping| *stopping).await);
            tokio::time::sleep(GOODBYE).await;
        };
        tokio::select! {
            served = served => served?,
            () = too_long => tracing::warn!("some requests did not end in time"),
        }
        // Sockets live in tasks of their own, which end when they have said goodbye.
        let gone = async {
            while !app.hub.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(GOODBYE, gone).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        stop.send_replace(true);
        for task in writers.into_iter().chain([hosts, news]) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the relay failed");
            }
        }
        app.store.close().await;
        Ok(())
    }
}
