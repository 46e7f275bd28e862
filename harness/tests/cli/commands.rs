//! `decode`, `list`, `explain`, `cases` and `call`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use mock_xend::MockXend;
use mock_xend::world::World;
use serde_json::Value;
use xend_harness::calling::CallCase;
use xend_harness::case::WritingCase;
use xend_harness::laws::Law;
use xend_harness::operating::Failure;
use xend_harness::serving::ServingCase;
use xend_wire::Release;
use xend_wire::operation::Face;

use crate::cli::{HARNESS, path, run, snapshots, transcript, transcript_in};

#[test]
fn decode() {
    let decode = |codec: &str, rules: &str, document: &[u8]| {
        let arguments = ["decode", "--codec", codec, "--rules", rules];
        let shown = format!("<- {}\n", xend_wire::visible(document));
        transcript(&arguments, document).replacen('\n', &format!("\n{shown}"), 1)
    };
    let response = |value: &str| {
        format!("<methodResponse><params><param><value>{value}</value></param></params></methodResponse>")
    };
    let all = [
        decode("sexpr", "strict", b"(domain (name 'vm 1') (domid 1))\n(a) b"),
        decode("sexpr", "strict", b""),
        decode("sexpr", "strict", b"('\xff')"),
        decode("sexpr", "strict", b"(domain\n  (name vm1)\n"),
        decode("sexpr", "xend-3.0.2", br"(a 'x\1y')"),
        decode("sexpr", "libvirt", b"(a \x0b)"),
        decode("xmlrpc", "spec", response("<int>5</int>").as_bytes()),
        decode("xmlrpc", "spec", response("<nil/>").as_bytes()),
        decode("xmlrpc", "extended", response("<nil/>").as_bytes()),
        decode(
            "xmlrpc",
            "spec",
            response("<struct><member><name>a</name><value>x</value></member></struct>").as_bytes(),
        ),
        decode("xmlrpc", "spec", b"<methodCall><methodName>m</methodName></methodCall>"),
        decode("xmlrpc", "spec", b"<html>"),
    ];
    let _guard = snapshots();
    insta::assert_snapshot!("decode", all.join("\n").trim_end());
}

#[test]
fn decode_reads_a_file_as_it_reads_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document");
    std::fs::write(&file, "(a b)").expect("it is written");
    let decoded = |arguments: &[&str], input: &[u8]| run(&[&["decode", "--codec", "sexpr"], arguments].concat(), input);
    let of_file = decoded(&[path(&file)], b"");
    assert_eq!(of_file.stdout, b"{\"list\":[{\"atom\":\"a\"},{\"atom\":\"b\"}]}\n");
    assert_eq!(decoded(&["-"], b"(a b)"), of_file);
    assert_eq!(decoded(&[], b"(a b)"), of_file);
}

#[test]
fn explain() {
    let all = [
        "sexpr/octal-one-digit",
        "xmlrpc/struct-dup",
        "xmlrpc/nil",
        "xmlrpc/enc-latin1",
        "sexpr/depth-900",
        "sexpr/write-empty-dq",
        "calls/cut-in-string",
        "laws/pause-stops",
        "laws/domain-0-is-there",
        "laws/create-leaves-paused",
        "http/cookies",
    ]
    .map(|id| transcript(&["explain", id], b""));
    let _guard = snapshots();
    insta::assert_snapshot!("explain", all.join("\n").trim_end());
}

#[test]
fn list_has_every_case() {
    let text = run(&["list"], b"").stdout;
    let json = run(&["list", "--json"], b"").stdout;
    let count = xend_fixtures::files("cases/").filter(|file| file.path.ends_with(".toml")).count();
    let count = count + WritingCase::built_in().expect("cases").len() + CallCase::built_in().expect("cases").len();
    let count = count + Law::built_in().expect("laws").len();
    let count = count + ServingCase::built_in().expect("cases").len() + Failure::built_in().expect("failures").len();
    assert_eq!(String::from_utf8(text).expect("UTF-8").lines().count(), count);
    let json = String::from_utf8(json).expect("UTF-8");
    assert_eq!(json.lines().count(), count);
    // serde_json reads 128 levels, and only cases about depth have more.
    for line in json.lines().filter(|line| serde_json::from_str::<Value>(line).is_err()) {
        assert!(line.contains("deep") || line.contains("depth"), "{line}");
    }
    let some = transcript(&["list", "--filter", "sexpr/quote-s*"], b"")
        + &transcript(&["list", "--json", "--filter", "xmlrpc/nil"], b"")
        + &transcript(
            &["list", "--codec", "sexpr", "--filter", "*/{list-empty,write-list-empty,int-max,pause-*}"],
            b"",
        )
        + &transcript(&["list", "--filter", "laws/domain-0-*"], b"")
        + &transcript(&["list", "--json", "--filter", "laws/domain-0-is-there"], b"");
    let _guard = snapshots();
    insta::assert_snapshot!("list", some);
}

#[test]
fn an_exported_suite_is_a_folder_of_cases() {
    let folder = tempfile::tempdir().expect("a folder");
    let exported = folder.path().join("suite");
    let path = path(&exported);
    let export = transcript_in(folder.path(), &["cases", "--export", path], b"");
    assert!(export.ends_with(" calls in DIR/suite\n[exit 0]\n"), "{export}");
    let read = |name: &str| std::fs::read(exported.join(name)).expect(name);
    assert_eq!(read("sexpr/quote-single.input"), b"('a b')");
    let expected: Value = serde_json::from_slice(&read("sexpr/quote-single.json")).expect("JSON");
    assert_eq!(expected["expect"][0]["any_of"][0]["values"][0]["list"][0]["atom"], "a b");
    assert!(read("README.md").starts_with(b"# Conformance cases"));
    let value: Value = serde_json::from_slice(&read("writing/sexpr/write-atom.json")).expect("JSON");
    assert_eq!((&value["value"]["atom"], &value["expect"][0]["outcome"]), (&"abc".into(), &"written".into()));
    let call: Value = serde_json::from_slice(&read("calls/reply-value.json")).expect("JSON");
    assert_eq!((&call["params"][0]["int"], &call["reply"]["then"]), (&"41".into(), &"keep".into()));
    assert_eq!(call["learns"][0]["values"][0]["response"]["string"], "South Dakota");
    let some = ["test", "--filter", "sexpr/[a-c]*", "--filter", "sexpr/write-a*", "--filter", "calls/reply-v*"];
    let judged = |arguments: &[&str]| run(&[&some[..], arguments].concat(), b"").stdout;
    assert_eq!(judged(&["--cases", path]), judged(&[]));
    let explained = |arguments: &[&str]| run(&[&["explain", "calls/reply-value"], arguments].concat(), b"").stdout;
    assert_eq!(explained(&["--cases", path]), explained(&[]));
}

#[test]
fn the_built_in_codecs_answer_as_a_subject() {
    let chosen = ["test", "--filter", "*/[e-v]*", "--rules", "strict,spec,extended"];
    let judged = |arguments: &[&str]| String::from_utf8(run(arguments, b"").stdout).expect("UTF-8");
    assert_eq!(judged(&[&chosen[..], &["--", HARNESS, "subject"]].concat()), judged(&chosen));
    let asked = transcript(&["subject"], b"{\"hello\":{\"protocol\":1}}\n{\"id\":\"a\",\"codec\":\"sexpr\",\"rules\":\"strict\",\"input\":\"KGEp\"}\n{\"id\":\"b\",\"codec\":\"sexpr\",\"rules\":\"strict\",\"input\":\"KGE=\"}\nwhat?\n");
    let _guard = snapshots();
    insta::assert_snapshot!("subject", asked);
}

/// A daemon that gives one reply, and the port where it does.
fn daemon(reply: impl Into<Vec<u8>>) -> u16 {
    let reply = reply.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(&reply);
    });
    port
}

/// A daemon that nobody reaches: what is wrong is said before anything is sent.
const API: &str = "xenapi+unix:///nowhere/at/all";

#[test]
fn call() {
    let call = |reply: &'static str, arguments: &[&str]| {
        let port = daemon(reply);
        let uri = format!("sxp+tcp://127.0.0.1:{port}");
        let shown = transcript(&[&["call", &uri], arguments].concat(), b"");
        shown.replace(&port.to_string(), "PORT")
    };
    let names = "HTTP/1.0 200 OK\r\nContent-Type: application/sxp\r\n\r\n(Domain-0 vm1)";
    let refused = "HTTP/1.0 501 Operation not implemented: pause\r\nContent-Type: application/sxp\r\n\r\n";
    let all = [
        call(names, &["domain.list"]),
        call("HTTP/1.0 200 OK\r\nContent-length: 0\r\n\r\n", &["domain.pause", "domain=vm1"]),
        call(refused, &["domain.pause", "domain=vm1"]),
        call("", &["domain.list"]),
        call("", &["domain.pause", "domain=vm1"]),
        call(names, &["domain.pause"]),
        call(names, &["domain.list", "domain=vm1"]),
        call(names, &["domain.dance"]),
        call("HTTP/1.0 501 Operation not implemented: reset\r\n\r\n", &["domain.reset", "domain=vm1"]),
        call("HTTP/1.0 501 Unsupported method ('GET')\r\n\r\n", &["domain.list"]),
        call(names, &["domain.pause", "vm1"]),
        call(names, &["domain.create", "config=(vm (name new)\n  (memory 64)"]),
        transcript(&["call", API, "device.list", "domain=vm1", "type=pci"], b""),
        transcript(&["call", API, "device.detach", "domain=vm1", "type=vif", "device=0", "force=1"], b""),
        transcript(&["call", API, "device.configure", "domain=vm1", "device=0", "config=(vif)"], b""),
        transcript(&["call", API, "domain.define", "config=(vm (name new)\n  (memory 64) (localtime 1))"], b""),
        transcript(&["call", API, "domain.define", "config=(vm (device (vbd (uname phy:/x))))"], b""),
        transcript(&["call", API, "domain.define", "config=(vm (name a)) (vm (name b))"], b""),
        transcript(&["call", "sxp+unix:///nowhere/at/all", "domain.list"], b""),
        transcript(&["call", "http://localhost", "domain.list"], b""),
        transcript(&["call", "--release", "5", "sxp+tcp://localhost", "domain.list"], b""),
    ];
    let ends: Vec<_> =
        all.iter().map(|shown| shown.trim_end_matches("]\n").rsplit(' ').next().expect("an end")).collect();
    assert_eq!(
        ends,
        ["0", "0", "1", "5", "5", "2", "2", "2", "1", "1", "2", "2", "2", "2", "2", "2", "2", "2", "4", "2", "2"]
    );
    let _guard = snapshots();
    insta::assert_snapshot!("call", all.join("\n").trim_end());
}

/// What is no answer is never taken for one, and the status is told: findings of a server that sends the request back, of
/// gateways, of pages and of redirects.
#[test]
fn call_says_what_it_cannot_know() {
    let call = |face: &str, reply: &str, arguments: &[&str]| {
        let port = daemon(reply.to_owned());
        let uri = format!("{face}+tcp://127.0.0.1:{port}");
        let shown = transcript(&[&["call", &uri], arguments].concat(), b"");
        format!("<- {}\n{}", reply.replace("\r\n", "\\r\\n"), shown.replace(&port.to_string(), "PORT"))
    };
    let sent = |status: &str, headers: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let (destroy, list) = (["domain.destroy", "domain=vm1"], ["domain.list"]);
    let names = "<methodResponse><params><param><value><array><data><value>vm1</value></data></array></value></param></params></methodResponse>";
    let echo = "<methodCall><methodName>xend.domain.destroy</methodName><params><param><value>vm1</value></param></params></methodCall>";
    let page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";
    let moved = sent("301 Moved Permanently", "Location: https://127.0.0.1/\r\n", "");
    let all = [
        call("xmlrpc", &sent("200 OK", "", echo), &destroy),
        call("xmlrpc", &sent("200 OK", "", "<methodResponse><params></params></methodResponse>"), &destroy),
        call("xmlrpc", &sent("200 OK", "", names), &destroy),
        call("xmlrpc", &sent("500 Internal Server Error", "", names), &destroy),
        call("xmlrpc", &sent("500 Internal Server Error", "", names), &list),
        call("xmlrpc", &sent("502 Bad Gateway", "", page), &destroy),
        call("xmlrpc", &sent("404 Not Found", "", names), &list),
        call("xmlrpc", &moved, &list),
        call("xmlrpc", &sent("200 OK", "Content-Encoding: gzip\r\n", "?"), &list),
        call("xmlrpc", "HTTP/1.2 200 OK\r\nX-Long: a\r\n b\r\nContent-Length:\r\n 0\r\n\r\n", &list),
        call("sxp", &sent("204 No Content", "", ""), &destroy),
        call("sxp", "HTTP/1.1 200 OK\r\n\r\n", &destroy),
        call("sxp", &sent("503 Service Unavailable", "", "busy"), &destroy),
        call("sxp", &moved, &destroy),
        call("sxp", &sent("404 Not found", "", "No such domain vm1"), &["--json", "domain.destroy", "domain=vm1"]),
    ];
    let ends: Vec<_> =
        all.iter().map(|shown| shown.trim_end_matches("]\n").rsplit(' ').next().expect("an end")).collect();
    assert_eq!(ends, ["5", "5", "5", "5", "5", "5", "1", "1", "5", "5", "5", "5", "5", "1", "1"]);
    let _guard = snapshots();
    insta::assert_snapshot!("call-unknown", all.join("\n").trim_end());
}

/// The name of a domain may be any bytes (a public report has a domain called `Asociaci\xf3n`): it is shown, and can be
/// given.
#[test]
fn a_name_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let record = b"(domain (domid 1) (name 'Asociaci\xf3n') (memory 64))";
    let reply =
        |body: &[u8]| [format!("HTTP/1.1 200 OK\r\nContent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat();
    let shown = |reply: Vec<u8>, arguments: &[&std::ffi::OsStr]| {
        let uri = format!("sxp+tcp://127.0.0.1:{}", daemon(reply));
        let output = run(&[&["call".as_ref(), uri.as_ref()], arguments].concat(), b"");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let all = reply(&[b"(", record.as_slice(), b")"].concat());
    let table = shown(all.clone(), &["domain.records".as_ref()]);
    assert_eq!(table.lines().nth(1).and_then(|line| line.split(' ').next()), Some(r"Asociaci\xf3n"), "{table}");
    let json = shown(all, &["--json".as_ref(), "domain.records".as_ref()]);
    assert_eq!(json, "[{\"domid\":\"1\",\"memory\":\"64\",\"name\":\"Asociaci\\\\xf3n\"}]\n");
    let named = std::ffi::OsStr::from_bytes(b"domain=Asociaci\xf3n");
    let one = shown(reply(record), &["domain.info".as_ref(), named]);
    assert!(one.contains(r"Asociaci\xf3n"), "{one}");
}

/// A sequence whose first line names a world says so; a server in that world answers as recorded, any other does not.
#[test]
fn compare_says_which_world_a_sequence_starts_in() {
    let host = String::from_utf8_lossy(xend_fixtures::file("worlds/hvm-host.toml").expect("it ships").bytes());
    let world = World::parse("hvm-host.toml", &host, Some(Release::V4_1), Duration::ZERO).expect("a world");
    let builder = || MockXend::builder().release(Release::V4_1);
    for (builder, exit) in [(builder().world(world), 0), (builder(), 1)] {
        let mock = builder.listen(Face::Sxp, "tcp:127.0.0.1:0".parse().expect("an address")).start().expect("a mock");
        let shown = transcript(&["compare", "4.1/machine", &mock.uri(Face::Sxp).expect("it listens")], b"");
        assert!(shown.contains("note: 4.1/machine starts in the world of fixtures/worlds/hvm-host.toml\n"), "{shown}");
        assert!(shown.ends_with(&format!("[exit {exit}]\n")), "{shown}");
    }
}

/// Answers each connection with the next reply, and closes it.
fn server(replies: Vec<String>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for reply in replies {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    port
}

/// How much of a reply must be the same: its meaning, its head, or every byte.
#[test]
fn compare_is_as_strict_as_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let reply = |headers: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}");
    let right = reply("Content-length: 14\r\nExpires: -1", "(Domain-0 vm1)");
    // The same; a header's name in other letters; other blanks; one header more; another value; another status.
    let replies = [
        right.clone(),
        reply("Content-Length: 14\r\nExpires: -1", "(Domain-0 vm1)"),
        reply("Content-length: 14\r\nExpires: -1", "(Domain-0\tvm1)"),
        reply("Content-length: 14\r\nExpires: -1\r\nServer: x", "(Domain-0 vm1)"),
        reply("Content-length: 14\r\nExpires: -1", "(Domain-0 vm2)"),
        right.replace("200 OK", "201 OK"),
    ];
    let names = ["same", "letters", "blanks", "header", "value", "status"];
    let lines = names.map(|name| {
        let request = "GET /xend/domain HTTP/1.1\r\n\r\n";
        serde_json::json!({ "case": name, "request": request, "response": right }).to_string()
    });
    let file = folder.path().join("mine.jsonl");
    let head = r#"{"release": "3.0.3", "face": "sxp"}"#;
    std::fs::write(&file, format!("{head}\n{}\n", lines.join("\n"))).expect("it is written");
    let compared = |same: &[&str]| {
        let uri = format!("sxp+tcp://127.0.0.1:{}", server(replies.to_vec()));
        let words = [&["compare", path(&file), &uri, "--report", "jsonl"], same].concat();
        let output = run(&words, b"");
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let verdicts: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let passed = verdicts.iter().filter(|line| line["verdict"] == "pass");
        let mut passed: Vec<_> = passed.filter_map(|line| line["id"].as_str()?.rsplit('/').next()).collect();
        passed.sort_by_key(|name| names.iter().position(|known| known == name));
        passed.join(" ")
    };
    assert_eq!(compared(&["--same", "body"]), "same letters blanks header");
    assert_eq!(compared(&["--same", "head"]), "same letters blanks");
    assert_eq!(compared(&["--same", "bytes"]), "same");
    assert_eq!(compared(&[]), "same");
    // All requests are sent; only the chosen ones are judged.
    assert_eq!(compared(&["--filter", "*/letters", "--same", "head"]), "letters");
}

/// A signal ends a comparison, and what came so far is told.
#[test]
fn compare_tells_what_came_before_a_signal() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("sxp+tcp://{}", listener.local_addr().expect("an address"));
    let words = ["compare", "3.0.3/sxp", &uri, "--timeout", "50", "--no-pauses"];
    let mut child = std::process::Command::new(HARNESS);
    let child = child.args(words).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = child.spawn().expect("the binary is built");
    let (mut first, _) = listener.accept().expect("a client");
    let mut request = [0; 4096];
    assert!(first.read(&mut request).expect("a request") > 0);
    first.write_all(b"HTTP/1.1 200 OK\r\nContent-length: 0\r\n\r\n").expect("it is sent");
    drop(first);
    // The second request has come and gets no reply.
    let (mut second, _) = listener.accept().expect("a client");
    assert!(second.read(&mut request).expect("a request") > 0);
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*said), (Some(3), "error: interrupted\n"));
    assert!(shown.contains(": 1 case: ") && shown.contains(" not asked; "), "{shown}");
}

/// An address at which nothing answers, or another face does, spoils no verdict on the others.
#[test]
fn a_wrong_address_is_told_beside_the_verdicts_on_the_right_one() {
    let builder = MockXend::builder().release(Release::V4_1);
    let builder = builder.listen(Face::Sxp, "tcp:127.0.0.1:0".parse().expect("an address"));
    let mock = builder.start().expect("a mock");
    let right = mock.uri(Face::Sxp).expect("it listens");
    let other_face = right.replacen("sxp", "xmlrpc", 1);
    let tested = |uris: &[&str]| {
        let words = [&["test"], uris, &["--filter", "laws/domain-0-is-there"]].concat();
        let (_, port) = right.rsplit_once(':').expect("a port");
        transcript(&words, b"").replace(port, "PORT")
    };
    let all = [
        tested(&[&right, "xmlrpc+unix:///nowhere"]),
        tested(&["xmlrpc+unix:///nowhere", &right]),
        tested(&[&right, &other_face]),
        tested(&["sxp+unix:///nowhere", "xmlrpc+unix:///nowhere"]),
    ];
    let _guard = snapshots();
    insta::assert_snapshot!("wrong-addresses", all.join("\n").trim_end());
}

/// The release comes from node.info; a server that has no such method is told apart by the option.
#[test]
fn a_release_that_is_not_told_is_asked_for() {
    let body = "<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>1</int>\
        </value></member><member><name>faultString</name><value><string>method &quot;xend.node.info&quot; is not supported\
        </string></value></member></struct></value></fault></methodResponse>";
    let reply = format!("HTTP/1.0 200 OK\r\nContent-length: {}\r\n\r\n{body}", body.len());
    let port = server(vec![reply; 8]).to_string();
    let shown = transcript(&["test", &format!("xmlrpc+tcp://127.0.0.1:{port}")], b"").replace(&port, "PORT");
    let _guard = snapshots();
    insta::assert_snapshot!("untold-release", shown);
}
