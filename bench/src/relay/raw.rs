//! The least that fan-out can cost: a loop that writes the same bytes to every socket. A hidden mode of this
//! program, in a process of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::Result;
use super::systems::event_text;
use super::wire::server_frame;

const UPGRADED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n";

/// Takes receivers, and a publisher who says in one byte how many messages there are.
pub(super) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println_address(&listener)?;
    let room: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        let publishes = read_head(&mut stream)?.starts_with(b"GET /publish");
        stream.write_all(UPGRADED)?;
        stream.write_all(&server_frame(b"in"))?;
        if publishes {
            let room = Arc::clone(&room);
            std::thread::spawn(move || publish(stream, &room));
        } else {
            room.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
        }
    }
    Ok(())
}

fn println_address(listener: &TcpListener) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    Ok(out.flush()?)
}

fn read_head(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(head)
}

fn publish(mut publisher: TcpStream, room: &Mutex<Vec<TcpStream>>) {
    let frame = server_frame(event_text().as_bytes());
    let mut count = [0];
    while publisher.read_exact(&mut count).is_ok() {
        let bytes = frame.repeat(usize::from(count[0]));
        let mut room = room.lock().unwrap_or_else(PoisonError::into_inner);
        // A receiver who is gone is written to no more.
        room.retain_mut(|receiver| receiver.write_all(&bytes).is_ok());
    }
}
