//! The adapters of `adapters/`: each that this machine can run reads, writes and calls as its library should.
//!
//! The questions are simple on purpose. What a library makes of a hard one is its own, and stands in `docs/results`;
//! these show that the adapter asks the library and tells what it said.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::run;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const INT: &str = "<?xml version=\"1.0\"?><methodResponse><params><param><value><int>-41</int></value></param></params></methodResponse>";
const FAULT: &str = "<?xml version=\"1.0\"?><methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value>\
    </member><member><name>faultString</name><value><string>no</string></value></member></struct></value></fault>\
    </methodResponse>";
/// How long an answer may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Libraries {
    library: Vec<Library>,
}

#[derive(Deserialize)]
struct Library {
    name: String,
    run: Vec<String>,
}

/// An adapter that was started, and answered hello.
struct Adapter {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<String>,
    hello: Value,
}

impl Adapter {
    /// Starts an adapter. Returns `None` if the machine lacks the language or the library.
    fn start(words: &[String]) -> Option<Self> {
        let out = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(ROOT).join("target"), PathBuf::from);
        let out = out.join("adapters");
        let word = |word: &String| {
            word.replace("{here}", &format!("{ROOT}/adapters")).replace("{out}", &out.display().to_string())
        };
        let words: Vec<_> = words.iter().map(word).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let stdin = child.stdin.take().expect("it is piped");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, answers) = channel();
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut adapter = Self { child, stdin, answers, hello: Value::Null };
        let hello = adapter.answer(&json!({ "hello": { "protocol": 1 } }))?;
        adapter.hello = hello["hello"].clone();
        Some(adapter)
    }

    fn answer(&mut self, question: &Value) -> Option<Value> {
        writeln!(self.stdin, "{question}").ok()?;
        let line = self.answers.recv_timeout(PATIENCE).ok()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    fn ask(&mut self, id: &str, key: &str, content: Value) -> Value {
        let question = json!({ "id": id, "codec": "xmlrpc", "rules": "spec", key: content });
        let answer = self.answer(&question).unwrap_or_else(|| panic!("no answer to {question}"));
        assert_eq!(answer["id"], id, "the answer to {question} is {answer}");
        answer
    }

    fn read(&mut self, id: &str, document: &str) -> Value {
        self.ask(id, "input", json!(BASE64.encode(document.as_bytes())))
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns whether an answer is this value, or says that the value can't be told.
fn is(answer: &Value, value: &Value) -> bool {
    answer["accept"] == true || &answer["values"][0] == value
}

fn reads(adapter: &mut Adapter) {
    let answer = adapter.read("int", INT);
    assert!(is(&answer, &json!({ "response": { "int": "-41" } })), "{answer}");
    let document = INT.replace("<int>-41</int>", "<string>a&lt;é€</string>");
    let answer = adapter.read("string", &document);
    assert!(is(&answer, &json!({ "response": { "string": "a<é€" } })), "{answer}");
    let document = INT.replace("<int>-41</int>", "<array><data><value><int>1</int></value></data></array>");
    let answer = adapter.read("array", &document);
    assert!(is(&answer, &json!({ "response": { "array": [{ "int": "1" }] } })), "{answer}");
    let answer = adapter.read("cut", "<methodResponse>");
    assert!(answer["reject"].is_string(), "{answer}");
}

fn writes(adapter: &mut Adapter) {
    let call = json!({ "call": { "method": "a.b", "params": [{ "int": "-41" }, { "string": "hi" }] } });
    let answer = adapter.ask("write", "value", call.clone());
    let document = BASE64.decode(answer["document"].as_str().expect("a document").as_bytes()).expect("base64");
    let output = run(&["decode", "--codec", "xmlrpc"], &document);
    let read: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{}: {}", String::from_utf8_lossy(&document), String::from_utf8_lossy(&output.stderr))
    });
    assert_eq!(read, call);
}

/// Takes one request whole, replies with a document, and returns the request.
fn serve(listener: &TcpListener, document: &str) -> String {
    let (stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        assert!(reader.read_line(&mut head).expect("a line") > 0, "the request ends in its head: {head}");
        let line = head[start..].to_ascii_lowercase();
        length = line.strip_prefix("content-length:").map_or(length, |it| it.trim().parse().expect("a length"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let mut stream: TcpStream = reader.into_inner();
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{document}",
        document.len()
    );
    stream.write_all(reply.as_bytes()).expect("it listens");
    head + &String::from_utf8_lossy(&body)
}

fn calls(adapter: &mut Adapter) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("http://{}/RPC2", listener.local_addr().expect("an address"));
    let call = json!({ "uri": uri, "method": "a.b", "params": [{ "int": "-41" }], "deadline_ms": 4000 });
    let server = std::thread::spawn(move || [INT, FAULT].map(|document| serve(&listener, document)));
    let value = adapter.ask("call", "call", call.clone());
    let fault = adapter.ask("fault", "call", call);
    assert!(is(&value, &json!({ "response": { "int": "-41" } })), "{value}");
    let is_told = fault["values"][0]["fault"]["code"]["int"] == "4" || fault["error"].is_string();
    assert!(is_told || fault["accept"] == true || fault.to_string().contains("\"odd\""), "{fault}");
    for request in server.join().expect("two requests") {
        assert!(request.starts_with("POST /RPC2 ") && request.contains("<methodName>a.b</methodName>"), "{request}");
    }
    let nobody = json!({ "uri": "http://127.0.0.1:1/RPC2", "method": "a.b", "params": [], "deadline_ms": 4000 });
    let answer = adapter.ask("nobody", "call", nobody);
    assert!(answer["error"].is_string(), "{answer}");
}

#[test]
fn adapters_read_write_and_call() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("adapters/libraries.toml")).expect("the list");
    let Libraries { library: libraries } = toml::from_str(&text).expect("it is well-formed");
    let mut left_out = Vec::new();
    for library in &libraries {
        let Some(mut adapter) = Adapter::start(&library.run) else {
            left_out.push(&*library.name);
            continue;
        };
        let can = ["decodes", "encodes", "calls_over"].map(|key| adapter.hello.get(key).is_some());
        assert!(can.contains(&true), "{} declares nothing: {}", library.name, adapter.hello);
        let abilities: [fn(&mut Adapter); 3] = [reads, writes, calls];
        for (can, ability) in can.into_iter().zip(abilities) {
            if can {
                ability(&mut adapter);
            }
        }
    }
    let all = libraries.len();
    eprintln!("adapters: {} of {all} run, left out: {}", all - left_out.len(), left_out.join(", "));
    assert!(all >= 23, "the list has only {all} libraries");
}
