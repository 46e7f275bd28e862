//! What passes a proxy on one connection: a request, its reply, and what becomes of the connection behind it.

use std::sync::Mutex;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use xend_wire::operation::Face;

use super::lock;
use super::message::{self, Read};
use super::recorder::{Passed, Recorder};
use super::recording::End;
use super::same::first_line;
use super::upstream::{Stream, Upstream};
use crate::fault::{Parts, header};
use crate::http::{Answer, Input, Then};
use crate::journal::AnsweredBy;

/// The connection to the server behind one of a client, and the exchange that passes. Dropping the value, as when the
/// proxy stops, records that exchange as far as it has come.
pub(super) struct Passing<'s> {
    to: &'s Upstream,
    recorder: Option<&'s Mutex<Recorder>>,
    server: Option<Input<Box<dyn Stream>>>,
    exchange: Option<Exchange>,
}

struct Exchange {
    /// The number of the request in the recording.
    number: u64,
    request: Vec<u8>,
    half_close: bool,
    reply: Vec<u8>,
    /// What becomes of the connection, as far as that is known.
    end: End,
}

impl<'s> Passing<'s> {
    pub(super) fn new(to: &'s Upstream, recorder: Option<&'s Mutex<Recorder>>) -> Self {
        Self { to, recorder, server: None, exchange: None }
    }

    /// Passes the request that the client's connection has taken on, and reads the reply. `is_last` tells whether the
    /// client has ended its side.
    pub(super) async fn ask<S>(&mut self, client: &mut Input<S>, is_last: bool) -> Answer
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let request = client.taken().to_vec();
        let server = match &mut self.server {
            Some(server) => server,
            None => match self.to.connect().await {
                Ok(stream) => self.server.insert(Input::new(stream)),
                Err(error) => return bad_gateway(&format!("can't reach {}: {error}", self.to)),
            },
        };
        server.begin();
        if let Some(recorder) = self.recorder {
            let (number, request) = (lock(recorder).begin(), request.clone());
            let (half_close, reply, end) = (is_last, Vec::new(), End::Silent);
            self.exchange = Some(Exchange { number, request, half_close, reply, end });
        }
        let stream = server.stream();
        // A server that closes early may have sent a reply.
        let _ = stream.write_all(&request).await;
        let _ = stream.flush().await;
        if is_last {
            let _ = stream.shutdown().await;
        }
        let is_to_head = request.starts_with(b"HEAD ");
        let mut gave_up = false;
        let read = tokio::select! {
            biased;
            read = message::reply(server, is_to_head) => read,
            // A client that gives up is one that the server hears of.
            false = client.wait(), if !is_last => {
                gave_up = true;
                let _ = server.stream().shutdown().await;
                server.again();
                message::reply(server, is_to_head).await
            }
        };
        let (then, end) = match read {
            Err(message::TooLong) => {
                self.forget();
                return bad_gateway("the reply is longer than a proxy passes on");
            }
            Ok(Read::Whole) if keeps(self.to.face(), &request, server.taken()) && !is_last => {
                (Then::Continue, End::Open)
            }
            // It should be closed now. If it is, that shows behind the reply.
            Ok(Read::Whole) => (Then::Continue, End::Late),
            // The server may have closed the connection because the client did.
            Ok(_) if gave_up && server.taken().is_empty() => (Then::Close, End::Silent),
            Ok(_) if server.is_reset() => (Then::Reset, End::Reset),
            Ok(_) => (Then::Close, End::Closed),
        };
        let bytes = server.taken().to_vec();
        if let Some(exchange) = &mut self.exchange {
            (exchange.reply, exchange.end) = (bytes.clone(), end);
        }
        if end != End::Late && server.coming().is_empty() {
            self.record();
        }
        Answer { answered_by: AnsweredBy::Server, ..Answer::new(bytes, then) }
    }

    /// Waits behind a reply until either side goes on, passes on what else the server sends, and returns what becomes of the
    /// client's connection.
    pub(super) async fn after<S>(&mut self, client: &mut Input<S>) -> Then
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        loop {
            let Some(server) = &mut self.server else { return Then::Close };
            let more = tokio::select! {
                biased;
                more = server.wait() => more,
                more = client.wait() => {
                    if let Some(exchange) = self.exchange.as_mut().filter(|_| more) {
                        exchange.end = End::Open;
                    }
                    self.record();
                    return if more { Then::Continue } else { Then::Close };
                }
            };
            let exchange = self.exchange.as_mut();
            if !more {
                let (then, end) =
                    if server.is_reset() { (Then::Reset, End::Reset) } else { (Then::Close, End::Closed) };
                if let Some(exchange) = exchange {
                    exchange.end = end;
                }
                self.record();
                return then;
            }
            // What the head of the reply does not announce belongs to it, too.
            let rest = server.coming().to_vec();
            server.begin();
            server.bytes(rest.len()).await;
            if let Some(exchange) = exchange {
                exchange.reply.extend_from_slice(&rest);
                exchange.end = End::Late;
            }
            let stream = client.stream();
            if stream.write_all(&rest).await.is_err() || stream.flush().await.is_err() {
                return Then::Close;
            }
        }
    }

    /// Records the exchange, if there is one that is not recorded yet.
    fn record(&mut self) {
        if let Some(Exchange { number, request, half_close, reply, end }) = self.exchange.take() {
            self.end(number, Some(Passed { request, half_close, response: reply, end }));
        }
    }

    fn forget(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            self.end(exchange.number, None);
        }
    }

    fn end(&self, number: u64, passed: Option<Passed>) {
        if let Some(recorder) = self.recorder {
            lock(recorder).end(number, passed);
        }
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        if let (Some(exchange), Some(server)) = (&mut self.exchange, &self.server)
            && exchange.end == End::Silent
        {
            exchange.reply = [server.taken(), server.coming()].concat();
        }
        self.record();
    }
}

/// Returns whether a server keeps the connection after a reply that is whole: by HTTP, and the S-expression face only if
/// the reply says so (protocol reference §1.6, §1.7).
fn keeps(face: Face, request: &[u8], reply: &[u8]) -> bool {
    let [request, reply] = [request, reply].map(|message| Parts::of_message(message).head);
    let says = |head: &[u8], what: &[u8]| {
        let line = header(head, b"connection").map(|line| head[line].to_ascii_lowercase());
        line.is_some_and(|line| memchr::memmem::find(&line, what).is_some())
    };
    let is_1_1 = first_line(request).ends_with(b"HTTP/1.1") && reply.starts_with(b"HTTP/1.1");
    let is_implied = face != Face::Sxp && is_1_1 && !says(request, b"close");
    !says(reply, b"close") && (says(reply, b"keep-alive") || is_implied)
}

fn bad_gateway(why: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{why}\n",
        why.len() + 1
    );
    Answer::new(head.into_bytes(), Then::Close)
}
