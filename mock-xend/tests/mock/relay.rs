//! Proxy, recording, replay and conversion, with mocks as the real servers.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use mock_xend::{Address, Face, Fault, MockXend, Place, Recording, Relay, RelayBuilder, Release, Scenario};

use crate::peer::{builder, call, get, post, scenario};

fn ask(address: &Address, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let Address::Tcp(address) = address else { panic!("a TCP address") };
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request).expect("it reads");
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).map(|_| reply)
}

/// A mock, and what stands before it.
fn before(mock: &MockXend, face: Face) -> RelayBuilder {
    Relay::proxy(mock.uri(face).expect("it listens there").parse().expect("a URI"))
}

#[test]
fn a_proxy_passes_on_every_byte_and_its_faults_break_them() {
    let mock = builder(Release::V4_1).start().unwrap();
    let direct = ask(&mock.listening()[0].1, &get("/xend/domain/vm1")).unwrap();
    let proxy = before(&mock, Face::Sxp).start().unwrap();
    let through = ask(&proxy.listening()[0], &get("/xend/domain/vm1")).unwrap();
    assert_eq!(through.escape_ascii().to_string(), direct.escape_ascii().to_string());
    let journal = proxy.journal();
    let exchange = journal.exchanges().next().expect("it is in the journal");
    assert_eq!((&exchange.request, &exchange.reply), (&get("/xend/domain/vm1"), &direct));

    let proxy = before(&mock, Face::Sxp).faults([Fault::Reset(Place::Body)]).start().unwrap();
    let error = ask(&proxy.listening()[0], &get("/xend/domain/vm1")).expect_err("it is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxy.journal().exchanges().next().unwrap().faults.as_slice()[0].name(), "reset");
}

#[test]
fn a_proxy_keeps_connections_and_passes_on_how_they_end() {
    let script = "[[expect]]\nface = \"sxp\"\npath = \"/xend/reset\"\nreply = { text = { body = \"abc\" } }\nfaults = [{ reset = \"body\" }]\n\
                  [[expect]]\nface = \"sxp\"\npath = \"/xend/close\"\nreply = \"close\"\n";
    let mock = builder(Release::V4_1).scenario(scenario(script)).start().unwrap();
    let proxy = before(&mock, Face::Sxp).start().unwrap();
    let error = ask(&proxy.listening()[0], &get("/xend/reset")).expect_err("it is reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(ask(&proxy.listening()[0], &get("/xend/close")).unwrap(), b"");
    // Three requests on one connection.
    let keep = b"GET /xend/node HTTP/1.1\r\nConnection: keep-alive\r\n\r\n".repeat(2);
    let reply = ask(&proxy.listening()[0], &[keep, get("/xend/node")].concat()).unwrap();
    assert_eq!(reply.windows(9).filter(|part| part == b"HTTP/1.1 ").count(), 3);
    drop(mock);
    let reply = ask(&proxy.listening()[0], &get("/xend/node")).unwrap();
    assert!(reply.starts_with(b"HTTP/1.1 502 Bad Gateway\r\n"), "{}", reply.escape_ascii());
}

#[test]
fn what_is_recorded_is_replayed_and_becomes_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exchanges.jsonl");
    let requests = [get("/xend/domain"), post("/xend/domain/vm1", "op=pause&password=s3cret"), get("/xend/domain/vm1")];
    let mock = builder(Release::V3_0_3).start().unwrap();
    let proxy = before(&mock, Face::Sxp).record(&file).release(Release::V3_0_3).start().unwrap();
    let replies: Vec<_> = requests.iter().map(|request| ask(&proxy.listening()[0], request).unwrap()).collect();
    assert!(proxy.stop().is_empty());
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\"origin\":\"recorded\",\"face\":\"sxp\",\"release\":\"3.0.3\"}\n"), "{text}");
    assert!(text.contains("{redacted}") && !text.contains("s3cret"), "{text}");

    let recording = Recording::from_file(&file).unwrap();
    assert_eq!((recording.len(), recording.face()), (3, Face::Sxp));
    let strict = Relay::replay(recording.clone()).start().unwrap();
    for (request, reply) in requests.iter().zip(&replies) {
        assert_eq!(
            ask(&strict.listening()[0], request).unwrap().escape_ascii().to_string(),
            reply.escape_ascii().to_string()
        );
    }
    let late = ask(&strict.listening()[0], &requests[0]).unwrap();
    assert!(late.starts_with(b"HTTP/1.1 501 Not in the recording\r\n"), "{}", late.escape_ascii());
    assert_eq!(strict.stop().to_string(), "unexpected: sxp GET /xend/domain: the recording is at its end\n");

    let strict = Relay::replay(recording.clone()).start().unwrap();
    ask(&strict.listening()[0], &requests[2]).unwrap();
    let unused = "unused: 1-get-xend-domain\nunused: 2-post-xend-domain-vm1\nunused: 3-get-xend-domain-vm1\n";
    assert_eq!(
        strict.stop().to_string(),
        format!(
            "unexpected: sxp GET /xend/domain/vm1: expected 1-get-xend-domain\n  closest: 1-get-xend-domain\n    ✓ method of HTTP\n    \
             ✗ path: \"/xend/domain/vm1\", expected \"/xend/domain\"\n    ✓ body\n{unused}"
        )
    );

    let loose = Relay::replay(recording.clone()).loose().start().unwrap();
    for at in [2, 0, 2, 1, 2] {
        assert_eq!(ask(&loose.listening()[0], &requests[at]).unwrap(), replies[at]);
    }
    assert!(loose.stop().is_empty());

    let toml = recording.to_scenario();
    let scenario = Scenario::parse("converted.toml", &toml, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    let mock = builder(Release::V3_0_3).scenario(scenario).start().unwrap();
    for (request, reply) in requests.iter().zip(&replies) {
        assert_eq!(ask(&mock.listening()[0].1, request).unwrap(), *reply);
    }
    assert!(mock.stop().is_empty());
}

/// Exchanges stand in the order in which their requests were complete, whenever the connections close.
#[test]
fn connections_that_stay_open_are_recorded_in_the_order_of_their_requests() {
    let check = |scenario_text: &str, requests: &[(usize, Vec<u8>)], expected: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("exchanges.jsonl");
        let mock = builder(Release::V4_1).scenario(scenario(scenario_text)).start().unwrap();
        let proxy = before(&mock, Face::XmlRpc).record(&file).start().unwrap();
        let Address::Tcp(address) = proxy.listening()[0] else { panic!("a TCP address") };
        let mut clients = [(); 2].map(|()| TcpStream::connect(address).expect("it listens"));
        for (at, (client, request)) in requests.iter().enumerate() {
            clients[*client].write_all(request).unwrap();
            // Each request is answered, or has come to the server at least.
            while mock.daemon().journal().total() <= at as u64 {
                std::thread::yield_now();
            }
            if !String::from_utf8_lossy(request).contains("unpause") {
                let mut reply = Vec::new();
                while !reply.ends_with(b"</methodResponse>\n") {
                    let mut piece = [0; 4096];
                    let count = clients[*client].read(&mut piece).unwrap();
                    reply.extend_from_slice(&piece[..count]);
                }
            }
        }
        assert!(proxy.stop().is_empty());
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().skip(1).map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let names: Vec<_> =
            lines.map(|line| format!("{} {}", line["case"].as_str().unwrap(), line["end"].as_str().unwrap())).collect();
        assert_eq!(names, expected);

        let replay = Relay::replay(Recording::from_file(&file).unwrap()).start().unwrap();
        for (_, request) in requests {
            let mut client = TcpStream::connect(address_of(&replay)).unwrap();
            client.write_all(request).unwrap();
            client.read_exact(&mut [0]).map_or_else(|error| panic!("{error}"), |()| ());
        }
        let report = replay.stop();
        assert!(report.is_empty(), "{report}");
    };
    let [pause, list, unpause] = [("xend.domain.pause", "vm1"), ("xend.domains", "0"), ("xend.domain.unpause", "vm1")]
        .map(|(method, param)| call(method, &[param]));
    check("", &[(0, pause.clone())], &["1-xend.domain.pause open"]);
    check(
        "",
        &[(0, pause.clone()), (1, list.clone()), (0, pause.clone())],
        &["1-xend.domain.pause open", "2-xend.domains open", "3-xend.domain.pause open"],
    );
    // The first request has no reply when the second one gets its own, nor when the proxy stops.
    let part = "[[expect]]\noperation = \"domain.unpause\"\nface = \"xmlrpc\"\nreply = { value = 0 }\nfaults = [{ stall = \"body\" }]\n";
    check(part, &[(0, unpause), (1, list)], &["1-xend.domain.unpause silent", "2-xend.domains open"]);
}

fn address_of(relay: &Relay) -> std::net::SocketAddr {
    match relay.listening()[0] {
        Address::Tcp(address) => address,
        ref other => panic!("{other}"),
    }
}

#[test]
fn a_proxy_does_not_stand_before_itself() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("sxp.sock");
    let to = format!("sxp+unix://{}", socket.display()).parse().unwrap();
    let error = Relay::proxy(to).listen(Address::Unix(socket)).start().map(drop).expect_err("it is its own server");
    assert!(error.to_string().contains("is where the proxy itself listens"), "{error}");
}

#[test]
fn what_is_there_already_is_not_recorded_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exchanges.jsonl");
    let mock = builder(Release::V4_1).start().unwrap();
    // An empty file is one to be filled, as `mktemp` makes it.
    std::fs::write(&file, "").unwrap();
    drop(before(&mock, Face::Sxp).record(&file).start().unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    let error = before(&mock, Face::Sxp).record(&file).start().map(drop).expect_err("it is there").to_string();
    assert!(error.ends_with("there is such a file already: remove it, or give another one"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

/// What a server sends beyond the length that it announces comes through, and is recorded.
#[test]
fn more_than_is_announced_passes_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exchanges.jsonl");
    let script = "[[expect]]\nface = \"sxp\"\nreply = { text = { body = \"abcdef\" } }\nfaults = [{ content-length = { less = 3 } }]\n";
    let mock = builder(Release::V4_1).scenario(scenario(script)).start().unwrap();
    let proxy = before(&mock, Face::Sxp).record(&file).start().unwrap();
    let reply = ask(&proxy.listening()[0], &get("/xend/node")).unwrap();
    assert!(reply.ends_with(b"\r\n\r\nabcdef"), "{}", reply.escape_ascii());
    drop(proxy);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.ends_with("\\r\\n\\r\\nabcdef\"}\n"), "{text}");
}

/// A server that hangs does so in the recording, too, if it is the client that gives up.
#[test]
fn a_client_that_gives_up_does_not_make_a_hang_a_close() {
    let folder = tempfile::tempdir().unwrap();
    let ends = ["hang", "close"].map(|reply| {
        let file = folder.path().join(reply);
        let script = format!("[[expect]]\nface = \"sxp\"\nreply = \"{reply}\"\n");
        let mock = builder(Release::V4_1).scenario(scenario(&script)).start().unwrap();
        let proxy = before(&mock, Face::Sxp).record(&file).start().unwrap();
        let mut client = TcpStream::connect(address_of(&proxy)).unwrap();
        client.write_all(&get("/xend/node")).unwrap();
        while mock.daemon().journal().total() == 0 {
            std::thread::yield_now();
        }
        if reply == "close" {
            assert_eq!(client.read(&mut [0]).unwrap(), 0);
        }
        drop(client);
        while proxy.journal().total() == 0 {
            std::thread::yield_now();
        }
        drop(proxy);
        let text = std::fs::read_to_string(&file).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.lines().nth(1).expect("an exchange")).unwrap();
        line["end"].as_str().map(str::to_owned)
    });
    assert_eq!(ends, [Some("silent".to_owned()), None]);
}

/// A scenario made of a recording answers the recorded request and not another one.
#[test]
fn a_scenario_of_a_recording_is_valid_and_tells_requests_apart() {
    let form = |form: &str| post("/xend/domain/vm1", form);
    let multipart = |boundary: &str, op: &str| {
        let body =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\n{op}\r\n--{boundary}--\r\n");
        let kind = format!("multipart/form-data; boundary={boundary}");
        String::from_utf8(post("/xend/domain/vm1", &body))
            .unwrap()
            .replace("application/x-www-form-urlencoded", &kind)
            .into_bytes()
    };
    let record = |reference: &str| call("VM.get_record", &["{redacted}", reference]);
    for (face, recorded, same, other) in [
        (Face::XmlRpc, call("m", &["vm.*"]), call("m", &["vm.*"]), call("m", &["vm1"])),
        (Face::XmlRpc, call("m", &["{{a}}"]), call("m", &["{{a}}"]), call("m", &["a"])),
        (Face::XmlRpc, call("m", &["double:inf"]), call("m", &["double:inf"]), call("m", &["double:1"])),
        (Face::XmlRpc, call("m", &["double:nan"]), call("m", &["double:nan"]), call("m", &["1"])),
        (Face::XmlRpc, call("m", &["i8:5"]), call("m", &["i8:5"]), call("m", &["5"])),
        (Face::XmlRpc, call("GET", &["1"]), call("GET", &["1"]), call("GETS", &["1"])),
        (Face::XmlRpc, call("m.*", &[]), call("m.*", &[]), call("m.x", &[])),
        (Face::XenApi, record("vm1"), call("VM.get_record", &["REF", "vm1"]), call("VM.get_record", &["REF", "vm2"])),
        (Face::Sxp, get("/xend/domain/vm*"), get("/xend/domain/vm*"), get("/xend/domain/vm1")),
        (Face::Sxp, get("/xend/domain?x=1.*"), get("/xend/domain?x=1.*"), get("/xend/domain?x=11")),
        (Face::Sxp, form("op=pause&password={redacted}"), form("op=pause&password=b"), form("op=pause")),
        (
            Face::Sxp,
            form("op=create&config=(vm+(vncpasswd+{redacted})+(memory+64))"),
            form("op=create&config=(vm+(vncpasswd+a)+(memory+64))"),
            form("op=create&config=(vm+(vncpasswd+a)+(memory+65))"),
        ),
        (Face::Sxp, form("op=pause&op=x"), form("op=pause&op=x"), form("op=pause&op=y")),
        (Face::Sxp, form("op=%ff"), form("op=%ff"), form("op=%fe")),
        (Face::Sxp, multipart("a", "pause"), multipart("b", "pause"), multipart("a", "unpause")),
    ] {
        let text = |request: &[u8]| request.iter().map(|&byte| char::from(byte)).collect::<String>();
        let line =
            serde_json::json!({ "case": "1", "request": text(&recorded), "response": "HTTP/1.1 299 Recorded\r\n\r\n" });
        let recording = Recording::parse("a.jsonl", &format!("{{\"face\":\"{face}\"}}\n{line}\n")).unwrap();
        let toml = recording.to_scenario();
        let daemon = crate::peer::daemon(Release::V4_1, &format!("{toml}times = \"any\"\n"));
        for (request, is_it) in [(same, true), (other, false)] {
            let (reply, _) = crate::peer::run(crate::peer::send(&daemon, face, &[&request]));
            assert_eq!(reply.starts_with("HTTP/1.1 299"), is_it, "{toml}\n{}\n{reply}", request.escape_ascii());
        }
    }
}

/// A request that a recording lacks is told by what it asks for, with what differs from the closest exchange.
#[test]
fn what_is_not_in_a_recording_is_told_with_the_closest_exchange() {
    let recorded = |face: Face, requests: &[Vec<u8>]| {
        let line = |(at, request): (usize, &Vec<u8>)| {
            let request = String::from_utf8(request.clone()).unwrap();
            format!("{}\n", serde_json::json!({ "case": format!("case-{at}"), "request": request, "response": "" }))
        };
        let lines: String = requests.iter().enumerate().map(line).collect();
        Recording::parse("a.jsonl", &format!("{{\"face\":\"{face}\"}}\n{lines}")).unwrap()
    };
    let mut text = String::new();
    for (face, requests, request) in [
        (Face::Sxp, vec![post("/xend/domain/vm1", "op=pause")], post("/xend/domain/vm1", "op=unpause&password=s3cret")),
        (
            Face::Sxp,
            vec![get("/xend/node"), post("/xend/domain/vm1", "op=pause"), post("/xend/domain/vm1", "op=rename&name=a")],
            post("/xend/domain/vm1", "op=rename&name=b"),
        ),
        (Face::XmlRpc, vec![call("a", &["1"]), call("m", &["vm1", "1"])], call("m", &["vm2", "1"])),
        (Face::XmlRpc, vec![call("m", &["vm1"])], call("m", &["vm1", "5"])),
        (Face::XmlRpc, vec![call("m", &["[1,2]"])], call("m", &["[1,3]"])),
        (Face::XenApi, vec![call("VM.start", &["{session}", "vm1"])], call("VM.start", &["s3cret", "vm2"])),
        (Face::XmlRpc, vec![call("m", &[])], call("n", &[])),
    ] {
        let replay = Relay::replay(recorded(face, &requests)).loose().start().unwrap();
        let reply = ask(&replay.listening()[0], &request).unwrap();
        let report = replay.stop();
        let told = report.findings()[0].clone();
        assert!(
            String::from_utf8(reply).unwrap().ends_with(&format!("not in the recording: {}\n{}", told.what, told.why))
        );
        text += &format!("unexpected: {}\n{}\n", told.what, told.why);
    }
    assert!(!text.contains("s3cret"), "{text}");
    let _snapshots = crate::snapshots();
    insta::assert_snapshot!("not-in-the-recording", text);
}

/// Proxies, recorders and replays are logged and controlled as a mock is.
#[test]
fn what_stands_without_a_host_is_logged_and_controlled_as_a_mock() {
    use std::os::unix::fs::PermissionsExt;

    use crate::command::{listening, output, terminate};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let [log, ready, admin, socket, recorded] = ["log", "ready", "admin", "socket", "recorded"].map(path);
    let (admin, listen) = (format!("unix:{admin}"), format!("unix:{socket}"));
    let mock = MockXend::builder().start().unwrap();
    let to = mock.uri(Face::Sxp).unwrap();
    let ctl = |arguments: &[&str]| output(&[&["ctl", "--admin", &admin][..], arguments].concat());
    let commands: [(&[&str], &str); 3] = [
        (&["proxy", "--to", &to], "server"),
        (&["record", "--to", &to, "--out", &recorded], "server"),
        (&["replay", &recorded, "--verify"], "recording"),
    ];
    for (command, by) in commands {
        let around =
            ["--listen", &listen, "--log", &log, "--admin", &admin, "--ready-file", &ready, "--socket-mode", "600"];
        let (child, lines) = listening(&[command, &around[..]].concat(), 2);
        assert_eq!(lines, [format!("LISTENING sxp {listen}"), format!("LISTENING admin {admin}")]);
        assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
        let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&ready).unwrap()).unwrap();
        assert_eq!((&told["listening"][0]["address"], &told["pid"]), (&listen.as_str().into(), &child.id().into()));
        if by == "recording" {
            let (status, verdict, _) = ctl(&["verify"]);
            assert!(status == Some(1) && verdict.contains("\"kind\":\"unused\""), "{verdict}");
        }
        let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
        stream.write_all(&get("/xend/domain")).unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        let (status, journal, _) = ctl(&["journal"]);
        assert!(status == Some(0) && journal.contains(&format!("\"answered_by\":\"{by}\"")), "{journal}");
        assert!(journal.contains("\"operation\":\"domain.list\""), "{journal}");
        assert_eq!(ctl(&["verify"]).0, Some(0));
        assert!(ctl(&["health"]).1.contains("\"journal\":{\"kept\":1,\"total\":1}"));
        let (status, _, error) = ctl(&["state"]);
        assert!(status == Some(2) && error.contains("have neither a simulated host nor a scenario"), "{error}");
        let calls = ctl(&["calls"]).1;
        assert!(calls.contains("/journal") && !calls.contains("/world"), "{calls}");
        assert_eq!(ctl(&["faults", "close = \"/domain/name\""]).0, Some(0));
        assert!(ctl(&["faults", "close = \"params[0]\""]).2.contains("no listener has a face with these"));
        assert_eq!(ctl(&["reset"]).0, Some(0));
        assert_eq!((ctl(&["faults"]).1, ctl(&["journal"]).1), ("[]\n".to_owned(), String::new()));
        let unused = "unused: 1-get-xend-domain\n".to_owned();
        let ended = if by == "recording" { (Some(1), unused) } else { (Some(0), String::new()) };
        assert_eq!(terminate(child), ended);
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(log.starts_with("{\"address\":") && log.lines().count() == 3 && log.ends_with(&journal), "{log}");
        assert!(!Path::new(&ready).exists() && !Path::new(&socket).exists());
    }
    // In the background.
    let (status, stdout, stderr) = output(&["proxy", "--to", &to, "--wait", "--ready-file", &ready]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("LISTENING sxp tcp:127.0.0.1:"), "{stdout}");
    let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&ready).unwrap()).unwrap();
    assert!(std::process::Command::new("kill").arg(told["pid"].to_string()).status().unwrap().success());
}

#[test]
fn sessions_are_redacted_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exchanges.jsonl");
    let mock = builder(Release::V4_1).listen(Face::XenApi, Address::any_port()).start().unwrap();
    let proxy = before(&mock, Face::XenApi).record(&file).start().unwrap();
    let session = |reply: &[u8]| {
        let text = String::from_utf8_lossy(reply).into_owned();
        let (_, value) = text.split_once("<name>Value</name>\n<value><string>").expect("a session");
        value.split('<').next().unwrap().to_owned()
    };
    let close = |request: Vec<u8>| {
        String::from_utf8(request).unwrap().replace("Host: localhost", "Connection: close").into_bytes()
    };
    let login = close(call("session.login_with_password", &["root", "s3cret"]));
    let given = session(&ask(&proxy.listening()[0], &login).unwrap());
    let all = ask(&proxy.listening()[0], &close(call("VM.get_all", &[&given]))).unwrap();
    drop(proxy);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("s3cret") && !text.contains(&given) && text.contains("{session}"), "{text}");

    let replay = Relay::replay(Recording::from_file(&file).unwrap()).start().unwrap();
    let given =
        session(&ask(&replay.listening()[0], &close(call("session.login_with_password", &["me", "other"]))).unwrap());
    assert_eq!(given, "{redacted}");
    assert_eq!(ask(&replay.listening()[0], &close(call("VM.get_all", &[&given]))).unwrap(), all);
    let report = replay.stop();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn recordings_with_mistakes_are_shown_where_they_are() {
    let mistakes = [
        "",
        "{}\n",
        "{\"face\": \"soap\"}\n",
        "{\"face\": \"sxp\", \"release\": \"9\"}\n",
        "{\"face\": \"sxp\"}\n{\"case\": \"1\"}\n",
        "{\"face\": \"sxp\"}\n{\"case\": \"1\", \"request\": \"\\u0100\"}\n",
        "{\"face\": \"sxp\"}\n{\"case\": \"1\", \"request\": \"\", \"end\": \"never\"}\n",
    ];
    let shown = mistakes.map(|mistake| Recording::parse("a.jsonl", mistake).expect_err(mistake).to_string());
    let _snapshots = crate::snapshots();
    insta::assert_snapshot!("recording-mistakes", shown.join("\n"));
}

#[test]
fn built_in_exchanges_can_be_replayed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/exchanges/3.0.3/xmlrpc.jsonl");
    let recording = Recording::from_file(path).unwrap();
    assert_eq!(recording.face(), Face::XmlRpc);
    assert!(recording.len() > 50);
    let text = recording.to_scenario();
    Scenario::parse("converted.toml", &text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_program_records_replays_and_converts() {
    use crate::command::{listening, output, terminate};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exchanges.jsonl").display().to_string();
    let mock = MockXend::builder().start().unwrap();
    let address = |line: &str| line.strip_prefix("LISTENING sxp ").expect("an address").parse::<Address>().unwrap();
    let (child, lines) = listening(&["record", "--to", &mock.uri(Face::Sxp).unwrap(), "--out", &file], 1);
    let reply = ask(&address(&lines[0]), &get("/xend/domain")).unwrap();
    assert_eq!(terminate(child), (Some(0), String::new()));
    let (child, lines) = listening(&["replay", &file, "--verify"], 1);
    assert_eq!(ask(&address(&lines[0]), &get("/xend/domain")).unwrap(), reply);
    assert_eq!(terminate(child), (Some(0), String::new()));
    let (child, _) = listening(&["replay", &file, "--verify"], 1);
    assert_eq!(terminate(child), (Some(1), "unused: 1-get-xend-domain\n".to_owned()));
    let (status, scenario, _) = output(&["convert", &file]);
    assert_eq!(status, Some(0));
    assert!(scenario.contains("path = \"/xend/domain\""), "{scenario}");
    let cases = folder.path().join("cases").display().to_string();
    let told = output(&["convert", &file, "--cases", &cases]);
    assert_eq!(told, (Some(0), format!("1 case in {cases}\n"), String::new()));
    let case = std::fs::read_to_string(format!("{cases}/sexpr/recorded-1-get-xend-domain.toml")).unwrap();
    assert!(case.contains("source = \"recorded: exchanges.jsonl, exchange 1-get-xend-domain\"\n"), "{case}");
    assert!(case.contains("input = \"(Domain-0 vm1)\"\n"), "{case}");
    let arguments = ["proxy", "--to", &mock.uri(Face::Sxp).unwrap(), "--listen", "unix:auto"];
    let (child, lines) = listening(&arguments, 1);
    let Address::Unix(path) = address(&lines[0]) else { panic!("{lines:?}") };
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(&get("/xend/domain")).unwrap();
    let mut through = Vec::new();
    stream.read_to_end(&mut through).unwrap();
    assert!(through.ends_with(b"(Domain-0 vm1)"), "{}", through.escape_ascii());
    assert_eq!(terminate(child), (Some(0), String::new()));
    assert!(!path.parent().unwrap().exists(), "its folder goes, too");
    let (child, lines) = listening(&["proxy", "--to", &mock.uri(Face::Sxp).unwrap(), "--fault", "close = 12"], 1);
    assert_eq!(ask(&address(&lines[0]), &get("/xend/domain")).unwrap(), b"HTTP/1.1 200");
    assert_eq!(terminate(child), (Some(0), String::new()));
    let (status, _, error) = output(&["proxy", "--to", "localhost:8000"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("is not the URI of a server"), "{error}");
}
