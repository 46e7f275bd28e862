//! A small server of plain XML-RPC that can have one thing broken, for the cases of the suite `serving`.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use xend_harness::{Codec, Rules, Tagged};

/// A server on a port of its own. It ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server with this fault; the empty word is none.
    pub(crate) fn start(fault: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let fault = fault.to_owned();
        std::thread::spawn(move || {
            let is_dead = Arc::new(AtomicBool::new(false));
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) || is_dead.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), is_dead) = (stream, Arc::clone(&is_dead)) else { continue };
                let connection = Connection { stream, buffer: Vec::new(), fault: fault.clone(), is_dead };
                std::thread::spawn(move || connection.serve());
            }
        });
        Self { address, is_over }
    }

    pub(crate) fn uri(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The thread waits for a connection.
        drop(TcpStream::connect(self.address));
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    fault: String,
    /// Whether the server serves nobody any more.
    is_dead: Arc<AtomicBool>,
}

/// What a request comes to.
enum Reply {
    Document(Vec<u8>),
    Status(u16),
}

impl Connection {
    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn more(&mut self) -> bool {
        let mut bytes = [0; 1 << 16];
        match self.stream.read(&mut bytes) {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.buffer.extend(&bytes[..count]);
                true
            }
        }
    }

    fn serve(mut self) {
        self.stream.set_nodelay(true).expect("a socket");
        while let Some(closes) = self.request() {
            if closes {
                break;
            }
        }
        let _ = self.stream.shutdown(Shutdown::Write);
        // What still comes is read, so that no reset overtakes the reply.
        let _ = self.stream.set_read_timeout(Some(Duration::from_millis(200)));
        while self.more() {}
    }

    /// Answers one request. Returns whether the connection closes behind it, or none at its end.
    fn request(&mut self) -> Option<bool> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more() || self.is("reads-once") && !self.buffer.ends_with(b"\n") {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end);
        let header = |name: &str| {
            let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
            let is_it = |known: &str| match self.fault == "head-with-case" {
                true => known == name,
                false => known.eq_ignore_ascii_case(name),
            };
            lines.filter(|(known, _)| is_it(known)).map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>()
        };
        let words: Vec<_> = head.lines().next().unwrap_or_default().split(' ').map(str::to_owned).collect();
        let (lengths, chunked) = (header("Content-Length"), !header("Transfer-Encoding").is_empty());
        let connection = header("Connection").join(",").to_ascii_lowercase();
        let kind = header("Content-Type").join(",");
        let expects = !header("Expect").is_empty();
        let is_old = words.last().is_some_and(|version| version == "HTTP/1.0");
        let closes = connection.contains("close") || is_old && !connection.contains("keep-alive");
        let refused = match &words[..] {
            [_, _, version] if version != "HTTP/1.0" && version != "HTTP/1.1" => Some(505),
            [verb, ..] if verb != "POST" && words.len() == 3 && !self.is("any-verb") => Some(405),
            [_, path, _] if path != "/RPC2" => Some(404),
            [_, _, _] => None,
            _ => Some(400),
        };
        let hosts = header("Host").len();
        let is_homeless = hosts == 0 && !is_old && !self.is("no-host") || hosts > 1 && !self.is("first-host");
        let refused = refused.or_else(|| is_homeless.then_some(400));
        let refused = refused.or_else(|| (self.is("charset-refused") && kind.contains(';')).then_some(415));
        let same = lengths.windows(2).all(|pair| pair[0] == pair[1]) || self.is("lengths-differ");
        let length = lengths.first().filter(|_| same).and_then(|text| text.parse::<usize>().ok());
        let refused = refused.or(match (chunked, length) {
            (true, _) if self.is("no-chunks") => Some(501),
            (false, None) if lengths.is_empty() && !self.is("length-guessed") => Some(411),
            (false, None) if !lengths.is_empty() => Some(400),
            _ => None,
        });
        if let Some(status) = refused {
            self.send(&Reply::Status(status), true);
            return Some(true);
        }
        if expects {
            let _ = self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        let body = if chunked { self.chunks()? } else { self.body(length.unwrap_or(self.buffer.len()))? };
        let reply = self.answer(&body)?;
        let closes = closes || matches!(reply, Reply::Status(_)) || self.is("length-unsaid");
        self.send(&reply, closes);
        Some(closes || self.is("closes-unsaid"))
    }

    fn body(&mut self, length: usize) -> Option<Vec<u8>> {
        let length = if self.is("body-64k") { length.min(1 << 16) } else { length };
        while self.buffer.len() < length && !self.is("reads-once") {
            if !self.more() {
                return None;
            }
        }
        let length = length.min(self.buffer.len());
        Some(self.buffer.drain(..length).collect())
    }

    fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = loop {
                if let Some(at) = self.buffer.windows(2).position(|it| it == b"\r\n") {
                    break at;
                }
                if !self.more() {
                    return None;
                }
            };
            let size = usize::from_str_radix(std::str::from_utf8(&self.buffer[..line]).ok()?, 16).ok()?;
            while self.buffer.len() < line + 2 + size + 2 {
                if !self.more() {
                    return None;
                }
            }
            body.extend(&self.buffer[line + 2..line + 2 + size]);
            self.buffer.drain(..line + 2 + size + 2);
            if size == 0 {
                return Some(body);
            }
        }
    }

    /// Answers a call; none if the server gives up.
    fn answer(&mut self, body: &[u8]) -> Option<Reply> {
        let rules = Rules::Xmlrpc(xend_wire::xmlrpc::Rules::spec());
        let fault = |code: i32, string: &str| json!({ "fault": { "code": { "int": code.to_string() }, "string": { "string": string } } });
        let decoded = rules.decode(body).map(|tagged| tagged.to_json());
        let answer = match decoded {
            Err(_) if self.is("dies-of-bad-xml") => {
                self.is_dead.store(true, Ordering::Relaxed);
                drop(TcpStream::connect(self.stream.local_addr().ok()?));
                return None;
            }
            Err(_) if self.is("hangs-on-bad-xml") => loop {
                std::thread::park();
            },
            Err(_) if self.is("bad-xml-is-nothing") => json!({ "response": { "string": "" } }),
            Err(error) => fault(1, &error.to_string()),
            Ok(json) => {
                let document: Value = serde_json::from_str(&json).expect("it is JSON");
                match document[0]["call"].clone() {
                    Value::Null if self.is("response-is-a-call") => json!({ "response": { "int": "1" } }),
                    Value::Null => fault(1, "this is no call"),
                    call => {
                        let params = call["params"].as_array().cloned().unwrap_or_default();
                        match self.method(call["method"].as_str().unwrap_or_default(), &params) {
                            Ok(value) => json!({ "response": value }),
                            Err(_) if self.is("fault-500") => return Some(Reply::Status(500)),
                            Err(why) if self.is("fault-as-value") => json!({ "response": { "string": why } }),
                            Err(why) => fault(4, &why),
                        }
                    }
                }
            }
        };
        let tagged = Tagged::from_json(json!([answer]).to_string().as_bytes(), Codec::Xmlrpc).expect("a document");
        let document = tagged.encode(rules).expect("the specification can write it");
        let text = || String::from_utf8(document.clone()).expect("UTF-8");
        Some(Reply::Document(match &*self.fault {
            "markup-unescaped" => text().replace("&lt;", "<").into_bytes(),
            "latin-1" => text().chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
            "date-with-dashes" => text().replace("19980717T", "1998-07-17T").into_bytes(),
            "cut" => document[..document.len() - 10].to_vec(),
            "two-documents" => document.repeat(2),
            "i8" => text().replace("<int>", "<i8>").replace("</int>", "</i8>").into_bytes(),
            "boolean-word" => {
                text().replace("<boolean>1<", "<boolean>true<").replace("<boolean>0<", "<boolean>false<").into_bytes()
            }
            _ => document,
        }))
    }

    fn method(&self, name: &str, params: &[Value]) -> Result<Value, String> {
        let int =
            |value: &Value| value["int"].as_str().and_then(|it| it.parse::<i64>().ok()).ok_or("no int".to_owned());
        let member = |value: &Value, name: &str| {
            let members = value["struct"].as_array().cloned().ok_or("no struct")?;
            let found = members.iter().find(|member| member[0] == name).map(|member| member[1].clone());
            found.ok_or(format!("no member {name}"))
        };
        let number = |number: i64| json!({ "int": number.to_string() });
        let one = || match params {
            [value] => Ok(value),
            [value, ..] if self.is("more-parameters") => Ok(value),
            _ => Err("Too many parameters.".to_owned()),
        };
        let stooges = |value: &Value| {
            ["moe", "larry", "curly"].iter().map(|name| int(&member(value, name)?)).sum::<Result<i64, String>>()
        };
        Ok(match name {
            "echo" if self.is("without-echo") => return Err(format!("there is no method {name}")),
            "echo" | "validator1.echoStructTest" => self.echoed(one()?),
            "validator1.arrayOfStructsTest" => {
                let structs = one()?["array"].as_array().cloned().ok_or("no array")?;
                number(structs.iter().map(|it| int(&member(it, "curly")?)).sum::<Result<i64, String>>()?)
            }
            "validator1.countTheEntities" => {
                let text = one()?["string"].as_str().ok_or("no string")?;
                let names = [
                    ("ctLeftAngleBrackets", '<'),
                    ("ctRightAngleBrackets", '>'),
                    ("ctAmpersands", '&'),
                    ("ctApostrophes", '\''),
                    ("ctQuotes", '"'),
                ];
                let count = |letter| i64::try_from(text.matches(letter).count()).expect("it is small");
                json!({ "struct": names.map(|(name, letter)| json!([name, number(count(letter))])) })
            }
            "validator1.easyStructTest" => number(stooges(one()?)?),
            "validator1.manyTypesTest" if params.len() == 6 => json!({ "array": params }),
            "validator1.moderateSizeArrayCheck" => {
                let strings = one()?["array"].as_array().cloned().ok_or("no array")?;
                let text =
                    |value: Option<&Value>| value.and_then(|it| it["string"].as_str()).unwrap_or_default().to_owned();
                json!({ "string": text(strings.first()) + &text(strings.last()) })
            }
            "validator1.nestedStructTest" => {
                let (year, month, day) = ("2000", if self.is("month-wrong") { "03" } else { "04" }, "01");
                number(stooges(&member(&member(&member(one()?, year)?, month)?, day)?)?)
            }
            "validator1.simpleStructReturnTest" => {
                let given = int(one()?)?;
                let members = [10, 100, 1000].map(|by| json!([format!("times{by}"), number(given * by)]));
                json!({ "struct": members })
            }
            "system.listMethods" => {
                let names = ["echo", "system.multicall"].map(|name| json!({ "string": name }));
                json!({ "array": names })
            }
            "system.methodHelp" => json!({ "string": "" }),
            "system.multicall" => {
                let calls = one()?["array"].as_array().cloned().ok_or("no array")?;
                let answer = |call: &Value| {
                    let name =
                        member(call, "methodName").map(|it| it["string"].as_str().unwrap_or_default().to_owned());
                    let params = member(call, "params").map(|it| it["array"].as_array().cloned().unwrap_or_default());
                    match name.and_then(|name| self.method(&name, &params?)) {
                        Ok(value) if self.is("multicall-bare") => value,
                        Ok(value) => json!({ "array": [value] }),
                        Err(why) => {
                            json!({ "struct": [["faultCode", { "int": "4" }], ["faultString", { "string": why }]] })
                        }
                    }
                };
                json!({ "array": calls.iter().map(answer).collect::<Vec<_>>() })
            }
            "__init__" if self.is("insides") => json!({ "string": "<method>" }),
            _ => return Err(format!("there is no method {name}")),
        })
    }

    /// Gives a value back.
    fn echoed(&self, value: &Value) -> Value {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        match &*self.fault {
            "int-as-string" if value["int"].is_string() => json!({ "string": value["int"] }),
            "boolean-as-int" if value["boolean"].is_string() => json!({ "int": value["boolean"] }),
            "double-cut" if value["double"].is_string() => {
                json!({ "int": text("double").expect("text").split('.').next() })
            }
            "base64-as-string" if value["base64"].is_string() => json!({ "string": value["base64"] }),
            "string-trimmed" if value["string"].is_string() => {
                json!({ "string": text("string").expect("text").trim() })
            }
            "digits-as-int" if text("string").is_some_and(|it| it.parse::<i32>().is_ok()) => {
                json!({ "int": text("string").expect("text").parse::<i32>().expect("it is one").to_string() })
            }
            "array-reversed" if value["array"].is_array() => {
                json!({ "array": value["array"].as_array().expect("it is one").iter().rev().collect::<Vec<_>>() })
            }
            "first-member-only" if value["struct"].is_array() => {
                json!({ "struct": value["struct"].as_array().expect("it is one").iter().take(1).collect::<Vec<_>>() })
            }
            "empty-array-as-nothing" if value["array"] == json!([]) => json!({ "string": "" }),
            _ => value.clone(),
        }
    }

    fn send(&mut self, reply: &Reply, closes: bool) {
        let (status, body) = match reply {
            Reply::Document(document) => (200, document.clone()),
            Reply::Status(status) => (*status, b"no".to_vec()),
        };
        let is_fault = body.windows(7).any(|it| it == b"<fault>");
        let kind = match &*self.fault {
            "text-html" => "Content-Type: text/html\r\n",
            "text-plain-fault" if is_fault => "Content-Type: text/plain\r\n",
            "type-unsaid" => "",
            _ => "Content-Type: text/xml\r\n",
        };
        let length = match &*self.fault {
            "length-less" => body.len() - 1,
            "length-more" => body.len() + 1,
            _ => body.len(),
        };
        let length = if self.is("length-unsaid") { String::new() } else { format!("Content-Length: {length}\r\n") };
        let connection = if closes { "close" } else { "keep-alive" };
        let head = format!("HTTP/1.1 {status} Said\r\n{kind}{length}Connection: {connection}\r\n\r\n");
        // Whoever asked may have gone.
        let _ = self.stream.write_all(&[head.as_bytes(), &body].concat());
    }
}
