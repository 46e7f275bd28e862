//! Every message of `tables/failure-messages.jsonl`, sent through a Unix socket, ends in its code.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;
use xend_client::{Arguments, Client, ErrorCode, Face, Fate, Release, Uri};
use xend_wire::operation::{Operation, find};
use xend_wire::xmlrpc::{self, Fault};
use xend_wire::{sexpr, xenapi};

use crate::faces::failures::value;

/// Operations that the table of messages calls by the daemon's names.
const NAMES: [(&str, &str); 12] = [
    ("domain.new", "domain.define"),
    ("domain.delete", "domain.undefine"),
    ("domain.mem_target_set", "domain.set_memory"),
    ("domain.memory", "domain.set_memory"),
    ("domain.vcpu_info", "domain.vcpus"),
    ("domain.pincpu", "domain.pin_vcpu"),
    ("domain.credit_set", "domain.set_credit"),
    ("domain.devices", "device.list"),
    ("domain.device_create", "device.attach"),
    ("domain.device_configure", "device.configure"),
    ("domain.device_destroy", "device.detach"),
    ("device.create", "device.attach"),
];

/// What is to be answered.
#[derive(Clone, Default)]
struct Next {
    reply: Vec<u8>,
    /// Whether the opening of a session is what is asked.
    is_to_login: bool,
}

/// A server that gives every request the same reply, but for a session that is to be opened.
fn serve(listener: UnixListener, next: Arc<Mutex<Next>>) {
    let session = http(200, "OK", &xenapi::success("session").response(Release::V4_1));
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        while !is_whole(&request) {
            let length = stream.read(&mut piece).expect("a request");
            assert!(length > 0, "the request ends early");
            request.extend_from_slice(&piece[..length]);
        }
        let next = next.lock().unwrap().clone();
        let opens_session = !next.is_to_login && request.windows(13).any(|window| window == b"session.login");
        let reply = if opens_session { session.clone() } else { next.reply };
        stream.write_all(&reply).expect("sent");
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn http(status: u64, reason: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} {reason}\r\nContent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The reply in which a daemon says so.
fn reply(row: &Json, face: Face, release: Release, operation: Operation) -> Vec<u8> {
    let (status, text) = (row["status"].as_u64().unwrap(), row["text"].as_str().unwrap());
    match (face, row["mark"].as_str()) {
        (Face::Sxp, _) if text.is_empty() => http(status, "Internal server error", b""),
        // What is said of a request, not by an operation, is plain text.
        (Face::Sxp, _) if [400, 404, 406, 413, 501].contains(&status) => http(status, text, text.as_bytes()),
        (Face::Sxp, _) => {
            let mut builder = sexpr::Builder::new();
            builder.list(["xend.err", text]);
            let body = sexpr::print(&builder.finish(), sexpr::Rules::xend(release));
            http(status, &format!("Request failed: {}", operation.name()), &body)
        }
        (_, Some(code)) if code.parse::<i32>().is_ok() => {
            let fault = Fault { code: code.parse().unwrap(), string: text.to_owned() };
            http(status, "OK", &xmlrpc::encode_fault(&fault).expect("text"))
        }
        (_, Some(code)) => {
            let arguments = text.strip_prefix(code).unwrap_or(text).trim();
            let words = std::iter::once(code).chain((!arguments.is_empty()).then_some(arguments));
            http(status, "OK", &xenapi::failure(words).response(release))
        }
        (_, None) => http(status, text, b""),
    }
}

#[test]
fn every_message_of_the_daemon_has_its_code() {
    let file = xend_fixtures::file("tables/failure-messages.jsonl").expect("the table is there");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let next = Arc::new(Mutex::new(Next::default()));
    let served = Arc::clone(&next);
    std::thread::spawn(move || serve(listener, served));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut asked, mut elsewhere, mut wrong) = (0, 0, Vec::new());
    for line in str::from_utf8(file.bytes()).unwrap().lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        let (face, release): (Face, Release) =
            (row["face"].as_str().unwrap().parse().unwrap(), row["release"].as_str().unwrap().parse().unwrap());
        let name = row["operation"].as_str().unwrap();
        let name = NAMES.iter().find(|(daemons, _)| *daemons == name).map_or(name, |(_, ours)| ours);
        let Some(operation) = find(name).filter(|operation| operation.is_supported(face, release)) else {
            elsewhere += 1;
            continue;
        };
        let is_to_login = operation.name() == "session.login";
        *next.lock().unwrap() = Next { reply: reply(&row, face, release, operation), is_to_login };
        let required = operation.arguments().iter().filter(|argument| argument.is_required);
        let value = |argument| match value(argument) {
            "(vm (name new))" if operation.name().starts_with("device.") => "(vif)",
            value => value,
        };
        let arguments: Arguments = required.map(|argument| (argument.name, value(argument))).collect();
        let client = Client::new(Uri::unix(face, &path)).release(release).credentials("root", "");
        match runtime.block_on(client.call(operation, &arguments)) {
            // Of a state that can't be told nobody knows what came.
            Err(error) if error.code() == ErrorCode::UnableToVerifyState && error.fate() != Fate::Unknown => {
                wrong.push(format!("{row}: {error}"));
            }
            Err(error) if error.code().as_str() == row["code"] && error.fate() != Fate::Sent => asked += 1,
            Err(error) => wrong.push(format!("{row}: {error}")),
            Ok(_) => wrong.push(format!("{row}: done")),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // A few were captured with a method that has no operation on its face; the codecs' own tests have them.
    assert_eq!((asked, elsewhere), (231, 10));
}
