//! The servers. Each answers one request with the same 55 bytes.

use std::convert::Infallible;
use std::io::Read;
use std::path::Path;

use clap::ValueEnum;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use mock_xend::{Address, Face, MockXend, Release, Scenario};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

/// What all of them answer.
pub(crate) const BODY: &str = "(domain (domid 1) (name vm1) (memory 64) (state -b----))";

/// A server under test.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Contender {
    /// hyper and nothing else, on one thread
    Hyper,
    /// The same over a Unix socket
    HyperUnix,
    /// mock-xend with a scenario of two rules
    MockXend,
    /// The same over a Unix socket
    MockXendUnix,
    /// mock-xend's simulated world, without a scenario: a listing of three names
    MockXendWorld,
    Wiremock,
    Httpmock,
    Mockito,
}

impl Contender {
    pub(crate) const ALL: [Self; 8] = [
        Self::Hyper,
        Self::MockXend,
        Self::MockXendWorld,
        Self::Wiremock,
        Self::Httpmock,
        Self::Mockito,
        Self::HyperUnix,
        Self::MockXendUnix,
    ];

    pub(crate) fn name(self) -> String {
        self.to_possible_value().expect("no variant is skipped").get_name().to_owned()
    }

    /// The path that is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::MockXendWorld => "/xend/domain",
            _ => "/xend/domain/vm1",
        }
    }

    /// Serves until stdin ends.
    pub(crate) fn serve(self) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("socket");
        match self {
            Self::Hyper | Self::HyperUnix => return hyper_server(self == Self::HyperUnix, &socket),
            Self::MockXend | Self::MockXendUnix | Self::MockXendWorld => {
                let address = match self {
                    Self::MockXendUnix => Address::Unix(socket),
                    _ => Address::any_port(),
                };
                // 3.0.3 lists all three domains, later releases only those that run.
                let builder = MockXend::builder().release(Release::V3_0_3).listen(Face::Sxp, address);
                let builder = if self == Self::MockXendWorld { builder } else { builder.scenario(scenario()) };
                let mock = builder.start().expect("it listens");
                println!("{}", mock.listening()[0].1);
                wait();
            }
            Self::Wiremock => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                let server = runtime.block_on(async {
                    let server = wiremock::MockServer::builder().disable_request_recording().start().await;
                    for path in ["/xend/node/", self.path()] {
                        wiremock::Mock::given(wiremock::matchers::path(path))
                            .respond_with(wiremock::ResponseTemplate::new(200).set_body_string(BODY))
                            .mount(&server)
                            .await;
                    }
                    server
                });
                println!("tcp:{}", server.address());
                wait();
            }
            Self::Httpmock => {
                let server = httpmock::MockServer::start();
                for path in ["/xend/node/", self.path()] {
                    server.mock(|when, then| {
                        when.path(path);
                        then.status(200).body(BODY);
                    });
                }
                println!("tcp:{}", server.address());
                wait();
            }
            Self::Mockito => {
                let mut server = mockito::Server::new();
                let mocks = ["/xend/node/", self.path()].map(|path| server.mock("GET", path).with_body(BODY).create());
                println!("tcp:{}", server.socket_address());
                wait();
                drop(mocks);
            }
        }
    }
}

fn scenario() -> Scenario {
    let text = format!(
        "[[expect]]\nface = \"sxp\"\npath = \"/xend/node/\"\ntimes = \"any\"\nreply = {{ sexpr = {{ body = \"{BODY}\" }} }}\n\
         [[expect]]\nface = \"sxp\"\npath = \"/xend/domain/vm1\"\ntimes = \"any\"\nreply = {{ sexpr = {{ body = \"{BODY}\" }} }}\n"
    );
    Scenario::parse("two rules", &text, Path::new(".")).expect("a scenario")
}

fn hyper_server(unix: bool, socket: &Path) {
    let socket = socket.to_owned();
    let listening = async move {
        if unix {
            let listener = UnixListener::bind(&socket).expect("a socket");
            println!("unix:{}", socket.display());
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                tokio::spawn(answer(stream));
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("tcp:{}", listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("an option");
            tokio::spawn(answer(stream));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::thread::spawn(move || runtime.block_on(listening));
    wait();
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(|_: Request<hyper::body::Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(BODY.as_bytes()))))
    });
    // A client that leaves is no error.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Waits until stdin ends: whoever started this is done.
fn wait() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
