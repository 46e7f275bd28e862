//! Every fault: its bytes, their order and times in memory, and what a client sees of it on TCP and on a Unix socket.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use mock_xend::{Address, Chaos, Face, Fault, Faults, MockXend, Place, Release, Scenario};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::peer::{builder, daemon, run, scenario};

/// The faults of docs/scenarios.md, and more of their forms.
const FORMS: [&str; 21] = [
    r#"{ chunked = { size = 8, broken = "size-not-hex" } }"#,
    r#"{ chunked = { size = 8, broken = "size-too-large" } }"#,
    r#"{ chunked = { size = 8, broken = "no-last-chunk" } }"#,
    r#"{ content-length = "missing" }"#,
    r#"{ content-length = "repeated" }"#,
    r#"{ content-length = "conflicting" }"#,
    r#"{ content-length = { less = 5 } }"#,
    r#"{ content-length = { text = "abc" } }"#,
    r#"{ close = "end" }"#,
    r#"{ close = "start" }"#,
    r#"{ reset = "start" }"#,
    r#"{ reset = "end" }"#,
    r#"{ half-close = "end" }"#,
    r#"{ stall = "start" }"#,
    r#"{ truncate = { body = 9 } }"#,
    r#"{ insert = { at = "body", text = "<junk>" } }, { pause = { at = "body", time = "1s" } }"#,
    r#"{ drip = { bytes = 70, every = "20ms" } }, { pause = { at = 100, time = "1s" } }, { close = 150 }"#,
    r#"{ chunked = { size = 8 } }, { reset = { body = 10 } }"#,
    r#""bare-line-feeds", "unasked-continue", { content-length = "missing" }"#,
    r#"{ delay = "100ms" }, { jitter = "50ms" }"#,
    r#"{ insert = { at = "start", text = "\r\n" } }, { delay = "1s" }"#,
];

/// The rows of the table of faults of any reply in the documentation: a name and an example each.
fn documented() -> Vec<(&'static str, &'static str)> {
    table("| fault |")
}

/// The rows of the table of faults of TLS in the documentation.
fn documented_of_tls() -> Vec<(&'static str, &'static str)> {
    table("| fault of TLS |")
}

fn table(head: &str) -> Vec<(&'static str, &'static str)> {
    let documentation = include_str!("../../../docs/scenarios.md");
    let (_, section) = documentation.split_once("## Faults\n").expect("there is a section on faults");
    let rows = section.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let cell = |cell: &'static str| cell.trim().trim_matches('`');
    let row = |line: &'static str| {
        let mut cells = line.split('|').skip(1);
        Some((cell(cells.next()?), cell(cells.next()?)))
    };
    rows.take_while(|line| line.starts_with('|')).filter_map(row).collect()
}

fn script(faults: &str) -> String {
    format!(
        "[[expect]]\nface = \"sxp\"\npath = \"/xend/domain/vm1\"\nreply = {{ sexpr = {{ body = \"(domain (domid 1)(name vm1))\" }} }}\nfaults = [{faults}]\n"
    )
}

const REQUEST: &[u8] = b"GET /xend/domain/vm1 HTTP/1.1\r\nConnection: keep-alive\r\n\r\n";
const NEXT: &[u8] = b"GET /xend/node HTTP/1.1\r\n\r\n";

/// What came, each piece with its time, and how it ended.
struct Seen {
    pieces: Vec<(u128, Vec<u8>)>,
    /// When the connection was closed, if it was.
    closed: Option<u128>,
    /// Whether the next request on the connection was answered.
    is_next_answered: bool,
}

impl Seen {
    fn bytes(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect()
    }
}

/// Sends a request in memory, on virtual time, and another one after 100 seconds.
fn see(script: &str) -> Seen {
    let daemon = daemon(Release::V4_1, script);
    run(async {
        let (mut near, far) = duplex(1 << 16);
        let serving = tokio::spawn(daemon.serve(far, Face::Sxp));
        let begin = tokio::time::Instant::now();
        near.write_all(REQUEST).await.expect("the mock reads");
        let (mut pieces, mut closed) = (Vec::new(), None);
        while closed.is_none() {
            let mut piece = Vec::with_capacity(4096);
            let read = tokio::time::timeout(Duration::from_secs(100), near.read_buf(&mut piece)).await;
            let time = begin.elapsed().as_millis();
            match read {
                Ok(Ok(0) | Err(_)) => closed = Some(time),
                Ok(Ok(_)) => pieces.push((time, piece)),
                Err(_) => break,
            }
        }
        let mut next = Vec::new();
        if near.write_all(NEXT).await.is_ok() {
            let _ = tokio::time::timeout(Duration::from_secs(100), near.read_buf(&mut next)).await;
        }
        serving.abort();
        Seen { pieces, closed, is_next_answered: next.starts_with(b"HTTP/1.1 200") }
    })
}

#[test]
fn every_fault_in_bytes_and_times() {
    let _snapshots = crate::snapshots();
    let mut text = String::new();
    for faults in documented().into_iter().map(|(_, example)| example).chain(FORMS) {
        let seen = see(&script(faults));
        writeln!(text, "=== {faults}").unwrap();
        for (time, piece) in &seen.pieces {
            writeln!(text, "{time} ms: {}", piece.escape_ascii()).unwrap();
        }
        let next =
            if seen.is_next_answered { "the next request is answered" } else { "the next request is not answered" };
        match seen.closed {
            Some(time) => writeln!(text, "{time} ms: closed\n").unwrap(),
            None => writeln!(text, "open; {next}\n").unwrap(),
        }
    }
    insta::assert_snapshot!("faults", text);
}

/// Timers count in whole milliseconds, so that each wait alone would take half of one more.
#[test]
fn many_short_waits_keep_to_their_rate() {
    let seen = see(&script(r#"{ drip = { bytes = 1, every = "1.5ms" } }"#));
    let waits = seen.bytes().len() as u128 - 1;
    let (last, _) = seen.pieces.last().expect("a reply");
    assert!(waits > 100 && (waits * 3 / 2..=waits * 3 / 2 + 1).contains(last), "{waits} waits in {last} ms");
}

trait Stream: Read + Write {
    fn finish(&self);
}

impl Stream for TcpStream {
    fn finish(&self) {
        // The mock may have closed it already.
        let _ = self.shutdown(Shutdown::Write);
    }
}

impl Stream for UnixStream {
    fn finish(&self) {
        // The mock may have closed it already.
        let _ = self.shutdown(Shutdown::Write);
    }
}

/// How a connection ends for a client that closes its own side once it has read what it expects.
fn read(mut stream: impl Stream, expected: &[u8], closes: bool) -> (Vec<u8>, Option<ErrorKind>) {
    stream.write_all(REQUEST).expect("the mock reads");
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if got.len() >= expected.len() && !closes {
            stream.finish();
        }
        match stream.read(&mut buffer) {
            Ok(0) => return (got, None),
            Ok(count) => got.extend_from_slice(&buffer[..count]),
            Err(error) => return (got, Some(error.kind())),
        }
    }
}

#[test]
fn every_fault_is_seen_on_tcp_and_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend.sock");
    let listens = [Address::any_port(), Address::Unix(path.clone())];
    for faults in documented().into_iter().map(|(_, example)| example).chain(FORMS) {
        // In memory the times are virtual; here only their order counts.
        let quick = faults
            .replace("\"2s\"", "\"2ms\"")
            .replace("\"1s\"", "\"2ms\"")
            .replace("50ms", "5ms")
            .replace("9600", "96000");
        let script = format!("{}times = 2\n", script(&quick));
        let mock = builder(Release::V4_1).scenario(scenario(&script));
        let mock = listens.iter().fold(mock, |mock, address| mock.listen(Face::Sxp, address.clone()));
        let mock = mock.start().expect("it starts");
        let Address::Tcp(address) = mock.listening()[0].1 else { panic!("TCP first") };
        let seen = see(&self::script(faults));
        let expected = seen.bytes();
        let resets = faults.contains("reset =");
        let closes = seen.closed.is_some() || resets;
        let tcp = read(TcpStream::connect(address).unwrap(), &expected, closes);
        // A listener that refuses comes back.
        let unix = loop {
            match UnixStream::connect(&path) {
                Ok(stream) => break read(stream, &expected, closes),
                Err(error) => {
                    assert!(faults.contains("refuse"), "{error}");
                    std::thread::yield_now();
                }
            }
        };
        let end = resets.then_some(ErrorKind::ConnectionReset);
        for (over, (got, how)) in [("TCP", tcp), ("a Unix socket", unix)] {
            let (reply, behind) = got.split_at(expected.len().min(got.len()));
            // Random bytes are others in each reply.
            if !faults.contains("garbage") {
                let [reply, expected] = [reply, &expected[..]].map(|bytes| bytes.escape_ascii().to_string());
                assert_eq!(reply, expected, "{faults} over {over}");
            }
            // A connection that stays open sees the end of the client's side as an empty request.
            let is_next_answered = behind.starts_with(b"HTTP/1.1 400 Bad request\r\n");
            assert_eq!(is_next_answered, seen.is_next_answered, "{faults} over {over}");
            assert!(is_next_answered || behind.is_empty(), "{faults} over {over}");
            assert_eq!(how, end, "{faults} over {over}");
        }
        for exchange in mock.daemon().journal().exchanges() {
            let is_empty_request = exchange.request.is_empty();
            assert_eq!(exchange.faults.is_empty(), is_empty_request, "{faults}");
            assert!(is_empty_request || exchange.reply_length == expected.len(), "{faults}");
        }
    }
}

#[test]
fn a_fault_stands_at_the_node_that_it_names() {
    let ends = |face: &str, reply: &str, place: &str| {
        let script = format!("[[expect]]\nface = \"{face}\"\nreply = {reply}\nfaults = [{{ close = \"{place}\" }}]\n");
        let daemon = daemon(Release::V4_1, &script);
        let (face, request) = match face {
            "sxp" => (Face::Sxp, crate::peer::get("/xend/domain/vm1")),
            _ => (Face::XmlRpc, crate::peer::call("xend.domain", &["vm1"])),
        };
        let (reply, _) = run(crate::peer::send(&daemon, face, &[&request]));
        reply.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<String>()
    };
    let domain = r#"{ sexpr = { body = "(domain (name vm1) (image (linux (kernel /boot))) (features))" } }"#;
    assert_eq!(ends("sxp", domain, "/domain/name"), "omain (name ");
    assert_eq!(ends("sxp", domain, "/domain/image/linux"), "mage (linux ");
    assert_eq!(ends("sxp", domain, "/domain/features"), ")) (features");
    // The world makes this one.
    assert_eq!(ends("sxp", "\"simulate\"", "/domain/domid"), "main (domid ");
    let value = r#"{ value = { struct = [["name", "vm1"], ["devices", ["vif", { struct = [["class", "vbd"]] }]]] } }"#;
    assert!(ends("xmlrpc", value, "params[0]/name").ends_with("<string>"));
    assert!(ends("xmlrpc", value, "params[0]/devices[1]/class").ends_with("<string>"));
    assert!(ends("xmlrpc", r#"{ value = [5, 6] }"#, "params[0][1]").ends_with("<int>"));
    // In the daemon's lists of pairs a step is the name of a pair, as in what tells a difference.
    let list = r#"{ value = ["domain", ["name", "vm1"], ["device", ["vif", ["mac", "a"]]], ["uuids", "b", "c"]] }"#;
    for (place, before) in
        [("name", "<string>"), ("device/mac", "<string>"), ("uuids", "<value>"), ("uuids[2]", "<string>")]
    {
        let end = ends("xmlrpc", list, &format!("params[0]/{place}"));
        assert!(end.trim_end().ends_with(before), "{place}: {end}");
    }
    assert!(ends("xmlrpc", "\"simulate\"", "params[0]/memory").ends_with("<int>"));
    // A fault whose place the reply of the world lacks leaves it whole.
    assert_eq!(ends("sxp", "\"simulate\"", "/domain/nosuch"), ends("sxp", "\"simulate\"", "end"));
}

#[test]
fn faults_that_can_not_apply_are_refused_with_their_place() {
    let _snapshots = crate::snapshots();
    let sxp = "face = \"sxp\"\nreply = { sexpr = { body = \"(domain (name vm1))\" } }";
    let xmlrpc = "face = \"xmlrpc\"\nreply = { value = { struct = [[\"name\", \"vm1\"]] } }";
    let raw = "face = \"sxp\"\nreply = { raw = \"HTTP/1.1 200 OK\\r\\n\\r\\nhello\" }";
    let no_head = "face = \"sxp\"\nreply = { raw = \"hello\" }";
    let any = "operation = \"domain.pause\"\nreply = \"simulate\"";
    let mistakes = [
        (sxp, r#"{ explode = 5 }"#),
        (sxp, r#""reset""#),
        (sxp, r#"{ "bare-line-feeds" = true }"#),
        (sxp, r#"{ delay = "soon" }"#),
        (sxp, r#"{ delay = 5 }"#),
        (sxp, r#"{ delay = "1s", reset = "body" }"#),
        (sxp, r#"{ close = -1 }"#),
        (sxp, r#"{ close = "middle" }"#),
        (sxp, r#"{ close = "params[x]" }"#),
        (sxp, r#"{ close = { head = 5 } }"#),
        (sxp, r#"{ pause = { at = "body" } }"#),
        (sxp, r#"{ pause = { at = "body", tiem = "1s" } }"#),
        (sxp, r#"{ drip = { bytes = 0, every = "1s" } }"#),
        (sxp, r#"{ refuse = "never" }"#),
        (sxp, r#"{ split = [] }"#),
        (sxp, r#"{ content-length = { text = "a\nb" } }"#),
        (sxp, r#"{ content-length = "large" }"#),
        (sxp, r#"{ close = 5 }, { reset = 9 }"#),
        (sxp, r#"{ bandwidth = 100 }, { split = [1] }"#),
        (sxp, r#"{ delay = "1s" }, { delay = "2s" }"#),
        (sxp, r#"{ chunked = { size = 5 } }, { content-length = "missing" }"#),
        (sxp, r#""http-0.9", "bare-line-feeds""#),
        (sxp, r#"{ close = { body = 20 } }"#),
        (sxp, r#"{ close = "/domain/memory" }"#),
        (sxp, r#"{ close = "params[0]/name" }"#),
        (sxp, r#"{ content-length = { less = 20 } }"#),
        (xmlrpc, r#"{ stall = "params[0]/memory" }"#),
        (xmlrpc, r#"{ stall = "/name" }"#),
        (raw, r#"{ close = 99 }"#),
        (raw, r#"{ content-length = { more = 5 } }"#),
        (no_head, r#""unasked-continue""#),
        (no_head, r#"{ close = "head" }"#),
        (any, r#"{ close = "/domain/name" }"#),
        (any, r#"{ close = "params[0]" }"#),
        ("face = \"sxp\"\nreply = \"hang\"", r#"{ reset = "start" }"#),
        (sxp, r#""http-0.9", "close-under-next-request""#),
        ("face = \"sxp\"\nreply = { text = { body = \"\", status = 204 } }", r#"{ content-length = { more = 5 } }"#),
        (sxp, r#"{ close = 10 }, { insert = { at = 20, text = "x" } }"#),
        (sxp, r#"{ truncate = { body = 10 } }, { pause = { at = { body = 20 }, time = "1s" } }"#),
        (sxp, r#"{ garbage = { at = "end", length = 50000000 } }"#),
        (sxp, r#""no-close-notify""#),
        (xmlrpc, r#""expired""#),
        (xmlrpc, r#""no-close-notify", { reset = "body" }"#),
        ("face = \"sxp\"\nreply = \"close\"", r#"{ drip = { bytes = 1, every = "1s" } }"#),
        (sxp, r#"{ close = 1000 }"#),
        ("face = \"sxp\"\nreply = { error = \"abc\" }", r#"{ close = 4000 }"#),
        ("face = \"sxp\"\nreply = { error = \"abc\" }", r#"{ close = "/domain/name" }"#),
        ("face = \"xmlrpc\"\nreply = { unknown-domain = \"abc\" }", r#"{ close = "params[0]" }"#),
        ("face = \"xenapi\"\nreply = { failure = [\"abc\"] }", r#"{ close = "params[0]/Value" }"#),
        ("face = \"xmlrpc\"\nreply = { error = \"abc\" }", r#"{ content-length = { less = 4000 } }"#),
        ("operation = \"domain.pause\"\nreply = \"internal-error\"", r#"{ close = { body = 5 } }"#),
        ("face = \"sxp\"\nreply = { not-implemented = \"abc\" }", r#"{ close = { body = 60 } }"#),
        ("face = \"sxp\"\nreply = { not-found = \"abc\" }", r#"{ close = { body = 4 } }"#),
    ];
    let mut text = String::new();
    for (keys, faults) in mistakes {
        let mistake = format!("[[expect]]\n{keys}\nfaults = [{faults}]\n");
        let error = Scenario::parse("faults.toml", &mistake, Path::new(".")).expect_err(faults);
        writeln!(text, "{error}").unwrap();
    }
    insta::assert_snapshot!("fault-mistakes", text);
}

#[test]
fn the_documentation_has_every_fault() {
    let error = Scenario::parse("faults.toml", &script("\"nonsense\""), Path::new(".")).expect_err("it is no fault");
    let (_, known) = error.message().split_once("expected one of ").expect("the error lists the faults");
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    let (rows, of_tls) = (documented(), documented_of_tls());
    assert_eq!(rows.iter().chain(&of_tls).map(|(name, _)| *name).collect::<Vec<_>>(), known);
    for (name, example) in rows {
        Scenario::parse("scenarios.md", &script(example), Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
        assert!(example.contains(name), "{name}: {example}");
    }
    for (name, example) in of_tls {
        assert_eq!(example, format!("\"{name}\""));
    }
}

#[test]
fn faults_are_values_that_are_read_as_they_are_written() {
    for (_, example) in documented().into_iter().chain(documented_of_tls()) {
        #[derive(serde::Deserialize)]
        struct File {
            faults: Faults,
        }
        let File { faults } = toml::from_str(&format!("faults = [{example}]")).unwrap();
        let json = serde_json::to_string(&faults).unwrap();
        assert_eq!(serde_json::from_str::<Faults>(&json).unwrap(), faults, "{json}");
        assert!(faults.to_string().starts_with(faults.as_slice()[0].name()), "{faults}");
    }
}

#[test]
fn all_replies_can_have_a_fault_until_they_have_not() {
    let mock = builder(Release::V4_1).faults([Fault::Truncate(Place::Body)]).build().expect("a daemon");
    let body = |mock: &mock_xend::Daemon| {
        let (reply, _) = run(crate::peer::send(mock, Face::Sxp, &[&crate::peer::get("/xend/domain")]));
        reply.split_once("\r\n\r\n").expect("a head").1.to_owned()
    };
    assert_eq!(body(&mock), "");
    mock.set_faults(Faults::none()).expect("nothing is always possible");
    assert_eq!(body(&mock), "(Domain-0 vm1)");
}

#[test]
fn a_mock_that_refuses_for_a_time_serves_after_it() {
    let refuses = Fault::Refuse(mock_xend::Refusal::For(Duration::from_millis(1)));
    let mock = MockXend::builder().faults([refuses]).start().expect("it starts");
    let Address::Tcp(address) = mock.listening()[0].1 else { panic!("it listens on TCP") };
    // It serves at some time; if it never does, the runner ends the test.
    loop {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        let sent = stream.write_all(b"GET /xend/node/ HTTP/1.0\r\n\r\n");
        let mut reply = Vec::new();
        if sent.is_ok() && stream.read_to_end(&mut reply).is_ok() && !reply.is_empty() {
            break;
        }
    }
}

#[test]
fn a_listener_that_refuses_comes_back() {
    let mock = MockXend::builder().faults([Fault::Refuse(mock_xend::Refusal::Always)]).start().expect("it starts");
    let Address::Tcp(address) = mock.listening()[0].1 else { panic!("TCP by default") };
    let until = |connects: bool| while TcpStream::connect(address).is_ok() != connects {};
    until(false);
    mock.daemon().set_faults(Faults::none()).expect("nothing is always possible");
    until(true);
}

/// What an expectation has told a listener goes with its scenario.
#[test]
fn a_listener_comes_back_with_the_next_scenario() {
    let refuses =
        "[[expect]]\nface = \"sxp\"\ntimes = \"any\"\nreply = \"close\"\nfaults = [{ refuse = \"always\" }]\n";
    let mock = builder(Release::V4_1).scenario(scenario(refuses)).start().expect("it starts");
    let Address::Tcp(address) = mock.listening()[0].1 else { panic!("TCP by default") };
    let until = |connects: bool| while TcpStream::connect(address).is_ok() != connects {};
    TcpStream::connect(address).expect("it listens").write_all(&crate::peer::get("/xend/node")).expect("it is sent");
    until(false);
    mock.daemon().load(Scenario::new()).expect("it is empty");
    until(true);
}

#[test]
fn chaos_is_the_same_for_the_same_seed() {
    let play = |chaos: Chaos| {
        let daemon = builder(Release::V4_1).chaos(chaos).build().expect("a daemon");
        run(async {
            for _ in 0..100 {
                crate::peer::send(&daemon, Face::Sxp, &[&crate::peer::get("/xend/domain/vm1")]).await;
            }
        });
        daemon.journal().exchanges().map(|exchange| exchange.faults.to_string()).collect::<Vec<_>>()
    };
    let chaos: Chaos = "42:0.5".parse().expect("a seed and a rate");
    let faults = play(chaos);
    assert_eq!(faults, play(chaos));
    let broken = faults.iter().filter(|faults| !faults.is_empty()).count();
    assert!((30..70).contains(&broken), "{broken}");
    assert_ne!(faults, play("43:0.5".parse().expect("a seed and a rate")));
    assert_eq!(chaos.to_string(), "42:0.5");
    for wrong in ["", "x", "1:2", "1:-1", "1:x", ":0.5"] {
        assert!(wrong.parse::<Chaos>().is_err(), "{wrong}");
    }
}

/// A node may be the place of a fault of all replies if a listener has a face with such nodes.
#[test]
fn faults_of_all_replies_stand_at_nodes_of_the_faces_that_are_served() {
    let (sexpr, xml) = ("/node/total_memory", "params[0]/host");
    for (faces, node, is_taken) in [
        (vec![Face::Sxp], sexpr, true),
        (vec![Face::Sxp], xml, false),
        (vec![Face::XmlRpc], xml, true),
        (vec![Face::XmlRpc], sexpr, false),
        (vec![Face::Sxp, Face::XmlRpc], sexpr, true),
        (vec![Face::Sxp, Face::XenApi], xml, true),
        (vec![], xml, true),
    ] {
        let node = Place::Node(node.parse().expect("a node"));
        let listen =
            faces.iter().fold(builder(Release::V4_1), |builder, face| builder.listen(*face, Address::any_port()));
        let taken = listen.clone().faults([Fault::Close(node.clone())]).build();
        assert_eq!(taken.is_ok(), is_taken, "{faces:?} {taken:?}");
        let set = listen.build().unwrap().set_faults(Fault::Close(node).into());
        assert_eq!(set.is_ok(), is_taken, "{faces:?} {set:?}");
    }
    let node = Fault::Close(Place::Node(sexpr.parse().expect("a node")));
    let daemon = builder(Release::V4_1).faults([node]).build().expect("sxp has such nodes");
    let (reply, _) = run(crate::peer::send(&daemon, Face::Sxp, &[&crate::peer::get("/xend/node")]));
    assert!(reply.ends_with("(total_memory "), "{reply}");
    let (reply, _) = run(crate::peer::send(&daemon, Face::XmlRpc, &[&crate::peer::call("xend.domains", &["0"])]));
    assert!(reply.ends_with("</methodResponse>\n"), "{reply}");
}

#[test]
fn the_program_takes_faults_and_a_seed() {
    use crate::command::{listening, output, terminate};
    let _snapshots = crate::snapshots();
    let (child, lines) = listening(&["--sxp", "tcp:127.0.0.1:0", "--fault", "reset = \"body\"", "--chaos", "7:0"], 1);
    let mut stream = TcpStream::connect(lines[0].strip_prefix("LISTENING sxp tcp:").expect("an address")).unwrap();
    stream.write_all(REQUEST).unwrap();
    let mut head = Vec::new();
    let error = stream.read_to_end(&mut head).expect_err("it is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(head.ends_with(b"\r\n\r\n"));
    assert_eq!(terminate(child), (Some(0), "random faults: --chaos 7:0 repeats them\n".to_owned()));
    let wrong = [
        "reset",
        "explode = 5",
        "delai = \"1s\"",
        "bandwidth = 0",
        "http-0.9 = true",
        "delay = \"soon\"",
        "a b",
        "reset = ",
        "x\u{1b}",
        "no-close-notify = true",
    ];
    let wrong = wrong.map(|fault| output(&["--fault", fault])).into_iter().chain([output(&["--chaos", "x"])]);
    let clash = output(&["--fault", "reset = 5", "--fault", "close = 5"]);
    let node = output(&["--sxp", "tcp:127.0.0.1:0", "--fault", "close = \"params[0]\""]);
    let text: String = wrong.chain([clash, node]).map(|(status, _, stderr)| format!("{status:?} {stderr}\n")).collect();
    insta::assert_snapshot!("fault-options", text);
}
