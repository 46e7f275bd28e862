//! The admin listener and `mock-xend ctl`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::command::{listening, output, terminate};

const DOCUMENTATION: &str = include_str!("../../../docs/control.md");

const SCENARIO: &str = "state = { daemon = \"up\" }\n\n[[expect]]\noperation = \"domain.pause\"\n\
                        reply = \"close\"\nnext-state = { daemon = \"down\" }\n";

/// A mock with an admin listener.
pub(crate) struct Mock {
    pub(crate) child: Child,
    pub(crate) sxp: String,
    pub(crate) admin: String,
}

impl Mock {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let all = [&["--sxp", "127.0.0.1:0", "--admin", "0"], arguments].concat();
        let faces = arguments.iter().filter(|argument| **argument == "--xmlrpc").count();
        let (child, lines) = listening(&all, 2 + faces);
        let address = |line: &str, face: &str| line.strip_prefix(&format!("LISTENING {face} tcp:")).unwrap().to_owned();
        Self { child, sxp: address(&lines[0], "sxp"), admin: address(lines.last().unwrap(), "admin") }
    }

    /// Makes a call, and returns the status, the head and the body.
    pub(crate) fn call(&self, method: &str, path: &str, body: &[u8]) -> (u16, String, String) {
        self.call_with(method, path, &format!("Host: {}\r\n", self.admin), body)
    }

    fn call_with(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String, String) {
        let head =
            format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        read(stream)
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.call("GET", path, b"").2).unwrap()
    }

    /// Pauses a domain on the face, and returns the reply.
    pub(crate) fn pause(&self, domain: &str) -> String {
        let mut stream = TcpStream::connect(&self.sxp).unwrap();
        stream.write_all(&crate::peer::post(&format!("/xend/domain/{domain}"), "op=pause")).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    fn ctl(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        output(&[&["ctl", "--admin", &self.admin], arguments].concat())
    }

    /// All that a call could change.
    pub(crate) fn everything(&self) -> (String, Value, Value, Value) {
        (self.call("GET", "/world", b"").2, self.json("/state"), self.json("/faults"), self.json("/verify"))
    }
}

/// Reads an answer to its end.
fn read(mut stream: impl Read) -> (u16, String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    // The journal comes in chunks, a line each: the sizes between them are left out.
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = match is_chunked {
        true => body.split("\r\n").filter(|part| part.ends_with('\n')).collect(),
        false => body.to_owned(),
    };
    (status, head.to_owned(), body)
}

/// The rows of the table in the documentation: the method, the path, the command, and the status of a success.
fn documented() -> Vec<(String, String, String, u16)> {
    let rows =
        DOCUMENTATION.lines().filter(|line| ["| `GET ", "| `PUT ", "| `POST "].iter().any(|row| line.starts_with(row)));
    rows.map(|row| {
        let row = row.replace("\\|", "\u{1}");
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
        let (method, path) = cells[1].trim_matches('`').split_once(' ').unwrap();
        let status = cells[4].split([',', ' ']).next().unwrap().parse().unwrap();
        (method.to_owned(), path.to_owned(), cells[2].trim_matches('`').to_owned(), status)
    })
    .collect()
}

#[test]
fn the_documented_calls_are_those_that_there_are() {
    let mock = Mock::start(&[]);
    let rows = documented();
    let listed: Vec<Value> = rows
        .iter()
        .map(|(method, path, command, _)| json!({ "method": method, "path": path, "command": command }))
        .collect();
    assert_eq!(mock.json("/calls"), json!({ "calls": listed }));
    let world = mock.call("GET", "/world", b"").2;
    for (method, path, _, expected) in &rows {
        let body = match (method.as_str(), path.as_str()) {
            ("PUT", "/world") => world.as_str(),
            ("POST", "/scenario") => SCENARIO,
            ("POST", "/faults") => "[]",
            ("POST", "/clock") => "{\"advance\": \"5s\"}",
            ("POST", "/state") => "{\"daemon\": \"down\"}",
            _ => "",
        };
        // The row of the differences stands before that which loads a scenario, so there are none yet.
        let (status, head, answer) = mock.call(method, path, body.as_bytes());
        assert_eq!(status, *expected, "{method} {path}: {head}\n{answer}");
    }
    for path in rows.iter().map(|(_, path, _, _)| path) {
        let allowed: Vec<_> = rows.iter().filter(|row| row.1 == *path).map(|row| row.0.as_str()).collect();
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"] {
            if allowed.contains(&method) {
                continue;
            }
            let (status, head, _) = mock.call(method, path, b"");
            let allow = format!("allow: {}", allowed.join(", "));
            assert!(status == 405 && head.lines().any(|line| line == allow), "{method} {path}: {head}");
        }
    }
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn a_scenario_is_swapped_as_a_whole_and_starts_over() {
    let mock = Mock::start(&[]);
    assert!(mock.pause("vm1").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(mock.call("POST", "/scenario", SCENARIO.as_bytes()).0, 204);
    assert_eq!(mock.json("/state")["state"], json!({ "daemon": "up" }));
    let (status, _, body) = mock.call("GET", "/verify", b"");
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &report["as_expected"]), (409, &json!(false)));
    assert_eq!(report["findings"][0]["kind"], "unused");
    assert_eq!(report["findings"][0]["what"], "line 3: domain.pause: 0 of 1");
    assert_eq!(mock.pause("vm1"), "");
    assert_eq!(mock.json("/state")["state"], json!({ "daemon": "down" }));
    let progress = json!({ "place": "line 3", "what": "domain.pause", "answered": 1, "times": "once", "met": true });
    assert_eq!(mock.json("/state")["expectations"], json!([progress]));
    assert_eq!(mock.call("GET", "/verify", b"").0, 200);
    assert_eq!(mock.call("POST", "/reset", b"").0, 204);
    assert_eq!(mock.json("/state")["state"], json!({ "daemon": "up" }));
    assert_eq!(mock.call("GET", "/verify", b"").0, 409);
    assert_eq!(mock.call("GET", "/journal", b"").2, "");
    assert_eq!(mock.pause("vm1"), "");
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn the_world_the_clock_and_the_faults_change_and_come_back() {
    let mock = Mock::start(&["--fault", "delay = \"1ms\""]);
    let first = mock.call("GET", "/world", b"").2;
    mock.pause("vm1");
    assert_ne!(mock.call("GET", "/world", b"").2, first);
    assert_eq!(mock.call("POST", "/faults", br#"[{"close": "head"}]"#).0, 204);
    assert_eq!(mock.json("/faults"), json!([{ "close": "head" }]));
    assert_eq!(mock.pause("vm1").lines().count(), 1);
    assert_eq!(mock.call("POST", "/faults", b"[]").0, 204);
    assert!(mock.pause("vm1").lines().count() > 1);
    assert_eq!(mock.call("POST", "/reset", b"").0, 204);
    assert_eq!(mock.call("GET", "/world", b"").2, first);
    assert_eq!(mock.json("/faults"), json!([{ "delay": "1ms" }]));
    // A world that is set is the one that a reset brings back.
    assert_eq!(mock.call("PUT", "/world", b"[[domain]]\nname = \"db\"\nmemory = 64\n").0, 204);
    let second = mock.call("GET", "/world", b"").2;
    assert!(second.contains("name = \"db\"") && !second.contains("vm1"), "{second}");
    mock.pause("db");
    assert_eq!(mock.call("POST", "/reset", b"").0, 204);
    assert_eq!(mock.call("GET", "/world", b"").2, second);
    let now = |answer: &Value| answer["now"].as_f64().unwrap();
    let before = now(&mock.json("/health"));
    let after: Value = serde_json::from_str(&mock.call("POST", "/clock", br#"{"advance": "60m"}"#).2).unwrap();
    assert!(now(&after) >= before + 3600.0, "{before} {after}");
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn the_journal_is_that_of_the_log_and_can_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let mock = Mock::start(&["--log", log.to_str().unwrap()]);
    mock.pause("vm1");
    let mut following = TcpStream::connect(&mock.admin).unwrap();
    following.write_all(b"GET /journal?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(following).lines().map(Result::unwrap).filter(|line| line.starts_with('{'));
    let kept = lines.next().unwrap();
    mock.pause("vm2");
    let followed = lines.next().unwrap();
    let journal = mock.call("GET", "/journal", b"").2;
    assert_eq!(journal, format!("{kept}\n{followed}\n"));
    assert_eq!(serde_json::from_str::<Value>(&followed).unwrap()["arguments"], json!({ "domain": "vm2" }));
    assert_eq!(terminate(mock.child).0, Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    let listening: Value = serde_json::from_str(log.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&listening["event"], &listening["face"]), (&json!("listening"), &json!("admin")));
    let exchanges: Vec<_> = log.lines().skip(2).collect();
    assert_eq!(exchanges, [kept, followed]);
}

#[test]
fn a_mistake_is_a_problem_and_changes_nothing() {
    let _snapshots = crate::snapshots();
    let mock = Mock::start(&[]);
    assert_eq!(mock.call("POST", "/scenario", SCENARIO.as_bytes()).0, 204);
    let before = mock.everything();
    let mut shown = String::new();
    for (method, path, body) in [
        ("GET", "/helth", &b""[..]),
        ("GET", "/nothing/of/the/kind", b""),
        ("GET", "/journal?folow=1", b""),
        ("POST", "/reset?hard=1", b""),
        ("POST", "/reset", b"{\"hard\": true}"),
        ("DELETE", "/world", b""),
        ("POST", "/scenario", b"[[expect]]\noperation = \"domain.pause\"\nreply = \"clsoe\"\n"),
        ("POST", "/scenario", b"release = \"3.0.3\"\n"),
        ("POST", "/scenario", b"\xff"),
        ("PUT", "/world", b"[[domain]]\nnmae = \"db\"\n"),
        ("PUT", "/world", b"release = \"3.0.3\"\n"),
        ("POST", "/faults", b"[{\"delay\": \"250\"}]"),
        ("POST", "/faults", b"[{\"close\": \"head\"}, {\"stall\": \"body\"}]"),
        ("POST", "/faults", b"{}"),
        ("POST", "/faults", b"["),
        ("POST", "/faults", b"[1]"),
        ("POST", "/faults", b"[\"dealy\"]"),
        ("POST", "/faults", b"[\"delay\"]"),
        ("POST", "/faults", b"[{\"http-0.9\": true}]"),
        ("POST", "/faults", b"[{\"bandwidth\": 0}]"),
        ("POST", "/faults", b"[{\"delay\": \"0s\"}]"),
        ("POST", "/faults", b"[{\"delay\": \"1s\", \"reset\": \"body\"}]"),
        ("POST", "/faults", b"[\"http-0.9\""),
        ("POST", "/state", b"{\"deamon\": \"down\"}"),
        ("POST", "/state", b"{\"daemon\": \"dwon\"}"),
        ("POST", "/state", b"{\"daemon\": 1}"),
        ("POST", "/clock", b"{\"advance\": \"soon\"}"),
        ("POST", "/clock", b"{\"advnace\": \"1s\"}"),
        ("POST", "/clock", b"{\"advance\": \"1e300m\"}"),
    ] {
        let (status, head, answer) = mock.call(method, path, body);
        assert!(head.lines().any(|line| line == "content-type: application/problem+json"), "{head}");
        let problem: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&problem["type"], &problem["status"]), (&json!("about:blank"), &json!(status)));
        let (title, detail) = (problem["title"].as_str().unwrap(), problem["detail"].as_str().unwrap());
        shown += &format!("{method} {path} {}\n{status} {title}\n{detail}\n\n", String::from_utf8_lossy(body).trim());
        assert!(mock.everything() == before, "{method} {path}");
    }
    insta::assert_snapshot!("admin-mistakes", shown);
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn pages_of_other_origins_can_do_nothing() {
    let mock = Mock::start(&[]);
    let before = mock.everything();
    let own = mock.admin.clone();
    let rebound = own.replace("127.0.0.1", "evil.example");
    for (headers, expected) in [
        (format!("Host: {own}\r\n"), 204),
        (format!("Host: {own}\r\nOrigin: http://{own}\r\n"), 204),
        (format!("Host: {rebound}\r\n"), 403),
        (format!("Host: {rebound}\r\nOrigin: http://{rebound}\r\n"), 403),
        (format!("Host: {own}\r\nOrigin: http://evil.example\r\n"), 403),
        (format!("Host: {own}\r\nOrigin: https://{own}\r\n"), 403),
        (format!("Host: {own}\r\nOrigin: null\r\n"), 403),
        (format!("Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://evil.example\r\n"), 403),
        ("Host: localhost:1\r\nOrigin: http://localhost:2\r\n".to_owned(), 403),
        (format!("Host: {own}\r\nSec-Fetch-Site: same-origin\r\n"), 204),
        (format!("Host: {own}\r\nSec-Fetch-Site: none\r\n"), 204),
        (format!("Host: {own}\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\n"), 403),
        (format!("Host: {own}\r\nSec-Fetch-Site: cross-site\r\n"), 403),
        (String::new(), 400),
        (format!("Host: {own}\r\nHost: evil.example\r\n"), 400),
    ] {
        let fault = if expected == 204 { &b"[]"[..] } else { b"[\"http-0.9\"]" };
        let (status, head, _) = mock.call_with("POST", "/faults", &headers, fault);
        assert_eq!(status, expected, "{headers}");
        assert!(!head.to_ascii_lowercase().contains("access-control-allow"), "{head}");
        if expected != 204 {
            assert_eq!(mock.call_with("GET", "/world", &headers, b"").0, expected, "{headers}");
        }
    }
    assert!(mock.everything() == before);
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let mock = Mock::start(&[]);
    let mut stream = TcpStream::connect(&mock.admin).unwrap();
    write!(stream, "PUT /world HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", (64 << 20) + 1).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 413 Payload Too Large\r\n");
    assert_eq!(mock.call("GET", "/health", b"").0, 200);
    assert_eq!(terminate(mock.child).0, Some(0));
}

#[test]
fn ctl_makes_each_call() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name).display().to_string();
        std::fs::write(&path, text).unwrap();
        path
    };
    let mock = Mock::start(&[]);
    let told = |arguments: &[&str]| -> Value {
        let (status, stdout, stderr) = mock.ctl(arguments);
        assert_eq!((status, stderr.as_str()), (Some(0), ""), "{arguments:?}");
        if stdout.is_empty() { Value::Null } else { serde_json::from_str(&stdout).unwrap() }
    };
    assert_eq!(told(&["calls"]), mock.json("/calls"));
    let health = told(&["health"]);
    assert_eq!(health["listening"][0]["url"], format!("http://{}", mock.sxp));
    assert_eq!((&health["release"], &health["status"]), (&json!("4.1"), &json!("ok")));
    assert_eq!(told(&["verify"])["as_expected"], true);
    assert_eq!(told(&["load", &file("scenario.toml", SCENARIO)]), Value::Null);
    assert_eq!(told(&["state"])["state"]["daemon"], "up");
    assert_eq!(told(&["state", "daemon=down"]), Value::Null);
    assert_eq!(told(&["state"])["state"]["daemon"], "down");
    let (status, stdout, _) = mock.ctl(&["verify"]);
    assert!(status == Some(1) && stdout.contains("0 of 1"), "{stdout}");
    assert_eq!(mock.pause("vm1"), "");
    assert_eq!(told(&["journal"])["expectation"], "line 3");
    assert_eq!(told(&["faults", "delay = \"1ms\"", "http-0.9"]), Value::Null);
    assert_eq!(told(&["faults"]), json!([{ "delay": "1ms" }, "http-0.9"]));
    assert_eq!(told(&["faults", "--off"]), Value::Null);
    assert_eq!(told(&["faults"]), json!([]));
    assert!(told(&["advance", "5s"])["now"].is_f64());
    let domains = told(&["domains"]);
    let vm1 = json!({ "name": "vm1", "id": 1, "uuid": "11111111-1111-1111-1111-111111111111", "state": "blocked", "memory": 64, "max_memory": 128, "vcpus": 1 });
    assert_eq!((&domains["domains"][1], &domains["free_memory"]), (&vm1, &json!(1500)));
    let world = mock.ctl(&["world"]).1;
    assert!(world.contains("name = \"vm1\""), "{world}");
    assert_eq!(told(&["world", &file("world.toml", &world)]), Value::Null);
    assert_eq!(told(&["reset"]), Value::Null);
    for verb in ["load", "world"] {
        let bad = file("bad.toml", "times = 1\n");
        let (status, stdout, stderr) = mock.ctl(&[verb, &bad]);
        assert_eq!((status, stdout.as_str()), (Some(2), ""));
        assert!(stderr.contains("`times`") && stderr.contains(&format!(" --> {bad}:1:1\n")), "{stderr}");
    }

    let mut follower = Command::new(env!("CARGO_BIN_EXE_mock-xend"))
        .args(["ctl", "journal", "--follow"])
        .env("XEND_ADMIN_URL", format!("http://{}", mock.admin))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The follower tells of it whether it is there already or not.
    assert_eq!(mock.pause("vm2"), "");
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(line["arguments"]["domain"], "vm2");
    assert_eq!(terminate(mock.child).0, Some(0));
    assert!(lines.next().is_none());
    assert_eq!(follower.wait().unwrap().code(), Some(0));
}

#[test]
fn it_is_on_loopback_and_where_it_was_asked_for() {
    let (status, _, stderr) = output(&["--admin", "0.0.0.0:8080"]);
    assert_eq!(status, Some(2));
    let why = "0.0.0.0 is not on loopback, and whoever reaches the admin listener can change everything: write \
               localhost:8080 or unix:PATH";
    assert!(stderr.contains(why), "{stderr}");
    let (status, _, stderr) = output(&["ctl", "--admin", "127.0.0.1", "health"]);
    assert_eq!((status, stderr.contains("the port is missing")), (Some(2), true), "{stderr}");

    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let arguments = ["--sxp", "unix:auto", "--admin", "unix:auto", "--ready-file", ready.to_str().unwrap()];
    let (child, lines) = listening(&arguments, 2);
    let address = lines[1].strip_prefix("LISTENING admin ").unwrap();
    let path = address.strip_prefix("unix:").unwrap();
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&ready).unwrap()).unwrap();
    assert_eq!(told["admin"], json!({ "address": address, "url": address }));
    assert_eq!(told["listening"].as_array().unwrap().len(), 1);
    let mut stream = UnixStream::connect(path).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(read(stream).0, 200);
    assert_eq!(output(&["ctl", "--admin", address, "state"]).1, "{\"expectations\":[],\"state\":{}}\n");
    assert_eq!(terminate(child), (Some(0), String::new()));
    assert!(!std::path::Path::new(path).parent().unwrap().exists());
    let (status, _, stderr) = output(&["ctl", "--admin", address, "state"]);
    assert_eq!((status, stderr), (Some(2), format!("error: {address}: No such file or directory (os error 2)\n")));
}

#[test]
fn run_hands_it_to_the_command() {
    let program = env!("CARGO_BIN_EXE_mock-xend");
    let command = format!("{program} ctl faults http-0.9 && {program} ctl faults");
    let ran = output(&["run", "--admin", "0", "--", "sh", "-c", &command]);
    assert_eq!(ran, (Some(0), "[\"http-0.9\"]\n".to_owned(), String::new()));
    let without = output(&["run", "--", "sh", "-c", "echo ${XEND_ADMIN_URL-none}"]);
    assert_eq!(without, (Some(0), "none\n".to_owned(), String::new()));
}

/// What is secret stands neither in the log nor in the journal of the admin listener, unless it is asked for.
#[test]
fn secrets_are_redacted_unless_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl").display().to_string();
    let scenario = folder.path().join("scenario.toml").display().to_string();
    let expectation = "[[expect]]\nface = \"sxp\"\npath = \"/xend/domain/vm1\"\nheaders = { authorization = \"Basic other\" }\nreply = \"close\"\n";
    std::fs::write(&scenario, expectation).unwrap();
    for keeps in [false, true] {
        let options = ["--xmlrpc", "0", "--xenapi", "127.0.0.1:0", "--log", &log, "--scenario", &scenario];
        let all = [
            &["--sxp", "127.0.0.1:0", "--admin", "0"][..],
            &options[..],
            if keeps { &["--keep-secrets"] } else { &[] },
        ]
        .concat();
        let (child, lines) = listening(&all, 4);
        let address = |face: &str| {
            let begin = format!("LISTENING {face} tcp:");
            lines.iter().find_map(|line| line.strip_prefix(&begin)).unwrap().to_owned()
        };
        let ask = |face: &str, request: &[u8]| {
            let mut stream = TcpStream::connect(address(face)).unwrap();
            stream.write_all(request).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            reply
        };
        ask("sxp", b"GET /xend/domain/vm1 HTTP/1.0\r\nAuthorization: Basic s3cret1\r\nCookie: a\r\n s3cret2\r\n\r\n");
        ask(
            "sxp",
            &crate::peer::post("/xend/domain", "op=create&config=(vm+(name+a)+(image+(linux+(vncpasswd+s3cret3))))"),
        );
        let login = ask("xenapi", &crate::peer::call("session.login_with_password", &["s3cret4", "s3cret5"]));
        let session = login.split("<name>Value</name>").nth(1).unwrap().split("<string>").nth(1).unwrap();
        let session = session.split('<').next().unwrap();
        ask("xenapi", &crate::peer::call("session.get_uuid", &[session, session]));
        let admin = address("admin");
        let mut stream = TcpStream::connect(&admin).unwrap();
        write!(stream, "GET /journal HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").unwrap();
        let journal = read(stream).2;
        assert_eq!(terminate(child).0, Some(0));
        let log: String =
            std::fs::read_to_string(&log).unwrap().lines().skip(4).map(|line| format!("{line}\n")).collect();
        assert_eq!(log, journal);
        assert_eq!(log.lines().count(), 4, "{log}");
        for secret in ["s3cret1", "s3cret2", "s3cret3", "s3cret4", "s3cret5", session] {
            assert_eq!(log.contains(secret), keeps, "{secret}: {log}");
        }
        // What tells why no expectation answered has no secret in any case.
        assert!(log.contains("authorization={redacted}\\n"), "{log}");
        assert_eq!(log.matches("{redacted}").count() > 5, !keeps, "{log}");
    }
}
