//! A mock with one thing broken: a layer before it changes requests and replies, as a row of data says.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mock_xend::{Daemon, MockXend, Scenario};
use regex::bytes::Regex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::yield_now;
use xend_client::{Client, Face, Release, Uri};
use xend_harness::laws::Host;

use crate::mutants::DaemonMutant;

/// The bytes that a stream in memory holds.
const BUFFER: usize = 1 << 16;

/// A server with one thing broken.
pub(crate) struct LayeredMock {
    pub(crate) daemon: Daemon,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    face: Option<Face>,
    on: Option<Regex>,
    request: Vec<(Regex, Vec<u8>)>,
    also: Option<(Regex, Vec<u8>)>,
    then: Option<(Regex, Vec<u8>)>,
    reply: Vec<(Regex, Vec<u8>)>,
    is_skipped: bool,
    /// The first reply, which comes again, if the mutant is stale.
    first: Option<Mutex<Option<Vec<u8>>>>,
    /// Whether a request that comes while another one is served is answered and lost.
    is_racing: bool,
    /// How many requests are served.
    under_way: AtomicUsize,
}

/// How often a request waits for others that come at the same time.
const TURNS: usize = 32;

impl LayeredMock {
    /// A server that has the world of the captures, and no faults.
    pub(crate) fn whole(release: Release) -> Self {
        Self { daemon: daemon(release, None), faults: Arc::default() }
    }

    /// A server that loses a request over sxp which comes while another one is served.
    pub(crate) fn racing(release: Release) -> Self {
        let on = Some(Regex::new("^POST ").expect("a pattern"));
        let faults = Faults { face: Some(Face::Sxp), on, is_racing: true, ..Faults::default() };
        Self { daemon: daemon(release, None), faults: Arc::new(faults) }
    }

    pub(crate) fn broken(mutant: &DaemonMutant) -> Self {
        let release: Release = mutant.release.as_deref().unwrap_or("4.1").parse().expect("a release");
        let scenario = mutant.scenario.as_ref().map(|text| {
            Scenario::parse(&mutant.id, text, Path::new(".")).unwrap_or_else(|why| panic!("{}: {why}", mutant.id))
        });
        let pattern = |text: &String| Regex::new(text).unwrap_or_else(|why| panic!("{}: {why}", mutant.id));
        let pair = |[from, to]: &[String; 2]| (pattern(from), to.clone().into_bytes());
        let faults = Faults {
            face: mutant.face.as_ref().map(|face| face.parse().expect("a face")),
            on: mutant.on.as_ref().map(pattern),
            request: mutant.request.iter().map(pair).collect(),
            also: mutant.also.as_ref().map(pair),
            then: mutant.then.as_ref().map(pair),
            reply: mutant.reply.iter().map(pair).collect(),
            is_skipped: mutant.skip,
            first: mutant.stale.then(Mutex::default),
            ..Faults::default()
        };
        Self { daemon: daemon(release, scenario), faults: Arc::new(faults) }
    }

    /// Its addresses, one for each face that its release has.
    pub(crate) fn host(&self) -> Host {
        let release = self.daemon.release();
        let faces = Face::served_by(release);
        Host::new(faces.map(|face| (Uri::tcp(face, "mock", 1), self.client(face))).collect(), release)
    }

    fn client(&self, face: Face) -> Client {
        let (daemon, faults) = (self.daemon.clone(), Arc::clone(&self.faults));
        let connect = move || {
            let (near, far) = tokio::io::duplex(BUFFER);
            tokio::spawn(relay(far, daemon.clone(), face, Arc::clone(&faults)));
            async { Ok(near) }
        };
        let client = Client::new(Uri::tcp(face, "mock", 1)).release(self.daemon.release()).connect_with(connect);
        client.credentials("root", "")
    }
}

fn daemon(release: Release, scenario: Option<Scenario>) -> Daemon {
    let builder = MockXend::builder().release(release).clock(Duration::from_secs(1_200_000_000));
    let builder = match scenario {
        Some(scenario) => builder.scenario(scenario),
        None => builder,
    };
    builder.build().expect("a daemon")
}

/// Serves one connection, which has one request.
async fn relay(mut client: DuplexStream, daemon: Daemon, face: Face, faults: Arc<Faults>) {
    let Some(request) = whole_request(&mut client).await else { return };
    let is_second = faults.under_way.fetch_add(1, Ordering::SeqCst) > 0;
    if faults.is_racing {
        for _ in 0..TURNS {
            yield_now().await;
        }
    }
    let is_hit =
        faults.face.is_none_or(|it| it == face) && faults.on.as_ref().is_none_or(|pattern| pattern.is_match(&request));
    let is_hit = is_hit && (is_second || !faults.is_racing);
    let reply = if is_hit { faults.answer(&request, &daemon, face).await } else { ask(&daemon, face, &request).await };
    faults.under_way.fetch_sub(1, Ordering::SeqCst);
    // A client that has gone needs no reply.
    let _ = client.write_all(&reply).await;
}

impl Faults {
    async fn answer(&self, request: &[u8], daemon: &Daemon, face: Face) -> Vec<u8> {
        if self.is_skipped || self.is_racing {
            return done(face);
        }
        let further = async |change: &Option<(Regex, Vec<u8>)>| {
            if let Some((from, to)) = change.as_ref().filter(|(from, _)| from.is_match(request)) {
                ask(daemon, face, &with_length(&from.replace_all(request, to))).await;
            }
        };
        further(&self.also).await;
        let reply = ask(daemon, face, &changed(request, &self.request)).await;
        let reply = changed(&reply, &self.reply);
        further(&self.then).await;
        match &self.first {
            Some(first) => first.lock().expect("no panic").get_or_insert(reply).clone(),
            None => reply,
        }
    }
}

/// The message with its pieces changed, and the length that it then has.
pub(crate) fn changed(message: &[u8], changes: &[(Regex, Vec<u8>)]) -> Vec<u8> {
    let changed = changes
        .iter()
        .fold(message.to_vec(), |message, (from, to)| from.replace_all(&message, to.as_slice()).into_owned());
    if changed == message { changed } else { with_length(&changed) }
}

/// The message with the `Content-Length` that its body has.
fn with_length(message: &[u8]) -> Vec<u8> {
    let Some(at) = head_length(message) else { return message.to_vec() };
    let (head, body) = message.split_at(at);
    let length = Regex::new(r"(?i)(content-length: *)\d+").expect("a pattern");
    let head = length.replace(head, format!("${{1}}{}", body.len()).as_bytes());
    [&head, body].concat()
}

fn head_length(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

async fn whole_request(client: &mut DuplexStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if client.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        if is_whole(&request) {
            return Some(request);
        }
    }
}

/// Whether a request has all the bytes of its body.
pub(crate) fn is_whole(request: &[u8]) -> bool {
    let Some(head) = head_length(request) else { return false };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(Ok(0), |length| length.trim().parse()).is_ok_and(|length: usize| request.len() >= head + length)
}

/// Asks the mock itself.
async fn ask(daemon: &Daemon, face: Face, request: &[u8]) -> Vec<u8> {
    let (mut near, far) = tokio::io::duplex(BUFFER);
    tokio::spawn(daemon.serve(far, face));
    let mut reply = Vec::new();
    // What is missing after a failure shows in the reply.
    let _ = near.write_all(request).await;
    let _ = near.shutdown().await;
    let _ = near.read_to_end(&mut reply).await;
    reply
}

/// The reply to an operation that has no result.
fn done(face: Face) -> Vec<u8> {
    let value = |value: &str| format!("<methodResponse><params><param>{value}</param></params></methodResponse>");
    let body = match face {
        Face::Sxp => String::new(),
        Face::XmlRpc => value("<value><nil/></value>"),
        Face::XenApi => value(
            "<value><struct><member><name>Status</name><value><string>Success</string></value></member>\
             <member><name>Value</name><value><string></string></value></member></struct></value>",
        ),
    };
    format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
