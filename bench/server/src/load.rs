//! Clients that ask as fast as they can.

use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// Where a server listens: `tcp:127.0.0.1:40123` or `unix:/tmp/socket`.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) path: &'static str,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What clients together have measured.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl Target {
    async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        match self.address.split_once(':') {
            Some(("unix", path)) => Ok(Box::new(UnixStream::connect(path).await?)),
            _ => {
                let stream = TcpStream::connect(self.address.trim_start_matches("tcp:")).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }

    fn request(&self, keeps: bool) -> Vec<u8> {
        let connection = if keeps { "keep-alive" } else { "close" };
        format!("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n", self.path).into_bytes()
    }

    /// One request on a connection of its own; the whole reply.
    pub(crate) async fn ask_once(&self) -> std::io::Result<Vec<u8>> {
        let mut stream = self.connect().await?;
        stream.write_all(&self.request(false)).await?;
        let mut reply = Vec::new();
        read_reply(&mut stream, &mut reply).await?;
        Ok(reply)
    }

    /// Clients that ask, each on a connection of its own, until the time is over or so many requests are done.
    pub(crate) async fn load(&self, clients: usize, keeps: bool, limit: Duration, most: u64) -> Measured {
        let begin = Instant::now();
        let each = most / clients as u64;
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let target = self.clone();
                tokio::spawn(async move { target.ask_on(keeps, begin + limit, each).await })
            })
            .collect();
        let mut latencies = Vec::new();
        for task in tasks {
            latencies.extend(task.await.expect("a client does not panic"));
        }
        let elapsed = begin.elapsed().as_secs_f64();
        latencies.sort_unstable();
        let at = |share: f64| latencies.get((latencies.len() as f64 * share) as usize).copied().unwrap_or_default();
        Measured { per_second: latencies.len() as f64 / elapsed, median: at(0.5), p99: at(0.99) }
    }

    async fn ask_on(&self, keeps: bool, until: Instant, most: u64) -> Vec<Duration> {
        let request = self.request(keeps);
        let mut latencies = Vec::new();
        let mut reply = Vec::new();
        let mut stream = None;
        while Instant::now() < until && (latencies.len() as u64) < most {
            let begin = Instant::now();
            let mut open = match stream.take() {
                Some(open) => open,
                None => match self.connect().await {
                    Ok(open) => open,
                    // The backlog is full: the machine is at its limit, not the server.
                    Err(_) => continue,
                },
            };
            reply.clear();
            if open.write_all(&request).await.is_err() || read_reply(&mut open, &mut reply).await.is_err() {
                continue;
            }
            latencies.push(begin.elapsed());
            stream = keeps.then_some(open);
        }
        latencies
    }
}

/// Reads a reply that has a length, whatever the case of its name.
async fn read_reply(stream: &mut (impl AsyncRead + Unpin), reply: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        if let Some(head) = reply.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&reply[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if reply.len() >= head + 4 + length.unwrap_or(0) {
                return Ok(());
            }
        }
        if stream.read_buf(reply).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
