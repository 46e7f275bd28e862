//! A caller of XML-RPC over plain sockets, which has the faults that it is given. Without faults it passes every case.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Fault, Question, Reply, Subject};
use xend_harness::{Codec, Error, Rules, Tagged};

use crate::writer::{self, find};

/// A caller with one thing broken, by the id of the mutant; none is broken if it is empty.
pub(crate) struct Caller {
    fault: String,
    declaration: Declaration,
}

/// How long a caller without a deadline is waited for: longer than the cases that it should give up.
const PATIENCE: Duration = Duration::from_millis(900);

impl Caller {
    pub(crate) fn new(fault: &str) -> Self {
        let declaration =
            Declaration { name: "caller".to_owned(), calls_over: vec!["tcp".to_owned()], ..Declaration::default() };
        Self { fault: fault.to_owned(), declaration }
    }

    fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn call(&self, uri: &str, method: &str, params: &str, deadline: Duration) -> Result<Tagged, Failed> {
        let (authority, path) =
            uri.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or("no address")?;
        let rules = Codec::Xmlrpc.default_rules();
        let method = if self.is("method-last-part") { method.rsplit('.').next().unwrap_or(method) } else { method };
        let body = self.body(method, params, rules)?;
        let request = self.request(authority, &format!("/{path}"), &body);
        let until = Instant::now() + if self.is("no-deadline") { PATIENCE } else { deadline };
        for attempt in 0..4 {
            let outcome = self.exchange(authority, &request, until);
            let again = match &outcome {
                Err(Failed::Io(kind)) => {
                    (self.is("retries-on-reset") && *kind == ErrorKind::ConnectionReset)
                        || (self.is("retries-on-close") && *kind == ErrorKind::UnexpectedEof)
                }
                Ok(reply) => {
                    (self.is("retries-on-503") && reply.status == 503)
                        || (self.is("retries-on-401") && reply.status == 401)
                        || (self.is("sends-twice") && attempt == 0)
                        || (self.is("retries-on-500") && reply.status == 500)
                }
                Err(_) => false,
            };
            if !again || attempt == 3 {
                return match outcome {
                    Ok(reply) => self.learn(&reply, rules),
                    Err(Failed::Io(ErrorKind::UnexpectedEof)) if self.is("close-is-an-empty-string") => Ok(string("")),
                    Err(Failed::Late) if self.is("timeout-is-an-empty-string") => Ok(string("")),
                    Err(failed) => Err(failed),
                };
            }
        }
        Err("not reached".into())
    }

    fn body(&self, method: &str, params: &str, rules: Rules) -> Result<Vec<u8>, Failed> {
        let value =
            |method: &str, params: &str| format!(r#"{{"call":{{"method":{},"params":{params}}}}}"#, json(method));
        let written = match BuiltIn::answer(&Ask::Write { rules, value: &value(method, params) }) {
            Answer::Document(document) => document,
            Answer::Reject { message, .. } => match &*self.fault {
                "sends-any-method" => match BuiltIn::answer(&Ask::Write { rules, value: &value("m", params) }) {
                    Answer::Document(document) => {
                        replaced(&document, "<methodName>m<", &format!("<methodName>{method}<"))
                    }
                    _ => return Err(message.into()),
                },
                "sends-no-control-characters" => {
                    let printable = params.replace("\\u0001", "").replace("\\u0000", "");
                    return if printable == params {
                        Err(message.into())
                    } else {
                        self.body(method, &printable, rules)
                    };
                }
                "sends-wrapped-ints" if !params.contains("-2147483648") && params.contains("2147483648") => {
                    return self.body(method, &params.replace("2147483648", "-2147483648"), rules);
                }
                "sends-nan" => match BuiltIn::answer(&Ask::Write {
                    rules,
                    value: &value(method, &params.replace("nan", "1.25").replace("inf", "1.25")),
                }) {
                    Answer::Document(document) => replaced(&document, "1.25", "nan"),
                    _ => return Err(message.into()),
                },
                _ => return Err(message.into()),
            },
            _ => return Err("no document".into()),
        };
        Ok(match &*self.fault {
            "markup-unescaped" => replaced(&written, "&lt;", "<"),
            "markup-escaped-twice" => replaced(&written, "&lt;", "&amp;lt;"),
            "carriage-return-raw" => replaced(&written, "&#13;", "\r"),
            "strings-trimmed" => replaced(&replaced(&written, "<string>  ", "<string>"), "  </string>", "</string>"),
            "numbers-by-look" => replaced(&written, "<string>42</string>", "<int>42</int>"),
            "params-missing-if-empty-string" => {
                replaced(&written, "<param>\n<value><string></string></value>\n</param>\n", "")
            }
            "latin-1" => String::from_utf8_lossy(&written).chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            "astral-as-surrogates" => {
                let pair = [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80];
                let text: Vec<u8> = "\u{1F600}".into();
                match find(&written, &text) {
                    Some(at) => [&written[..at], &pair[..], &written[at + 4..]].concat(),
                    None => written,
                }
            }
            "double-with-exponent" => replaced(&written, "<double>0.1<", "<double>1e-1<"),
            "date-with-hyphens" => replaced(&written, "19980717T", "1998-07-17T"),
            "bytes-as-text" => replaced(&replaced(&written, "<base64>", "<string>"), "</base64>", "</string>"),
            "empty-array-lost" => {
                replaced(&written, "<param>\n<value><array><data>\n</data></array></value>\n</param>\n", "")
            }
            "no-declaration" => replaced(&written, "<?xml version='1.0'?>\n", ""),
            "first-param-only" => match find(&written, b"</param>\n") {
                Some(at) => [&written[..at + 9], b"</params>\n</methodCall>\n"].concat(),
                None => written,
            },
            _ => written,
        })
    }

    fn request(&self, authority: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let fault = &*self.fault;
        let method = match fault {
            "get" => "GET",
            "put" => "PUT",
            "post-in-lower-case" => "post",
            _ => "POST",
        };
        let path = match fault {
            "path-fixed" => "/RPC2".to_owned(),
            "path-without-query" => path.split('?').next().unwrap_or_default().to_owned(),
            "path-unescaped" => path.replace("%20", "+"),
            "path-with-host" => format!("http://{authority}{path}"),
            _ => path.to_owned(),
        };
        let version = match fault {
            "version-2" => "HTTP/2.0",
            "version-missing" => "",
            _ => "HTTP/1.1",
        };
        let end = if fault == "bare-line-feeds" { "\n" } else { "\r\n" };
        let mut head = format!("{method} {path} {version}").trim_end().to_owned() + end;
        let mut header = |name: &str, value: &str| head += &format!("{name}: {value}{end}");
        match fault {
            "no-host" => {}
            "host-without-port" => header("Host", authority.split(':').next().unwrap_or_default()),
            "host-twice" => {
                header("Host", authority);
                header("Host", authority);
            }
            _ => header("Host", authority),
        }
        if fault != "no-user-agent" {
            header("User-Agent", if fault == "empty-user-agent" { "" } else { "caller/1" });
        }
        match fault {
            "no-content-type" => {}
            "content-type-form" => header("Content-Type", "application/x-www-form-urlencoded"),
            "content-type-application" => header("Content-Type", "application/xml"),
            _ => header("Content-Type", "text/xml"),
        }
        let characters = String::from_utf8_lossy(body).chars().count();
        match fault {
            "request-chunked" => header("Transfer-Encoding", "chunked"),
            "no-content-length" => {}
            "length-of-characters" => header("Content-Length", &characters.to_string()),
            "length-one-less" => header("Content-Length", &(body.len() - 1).to_string()),
            "length-twice" => {
                header("Content-Length", &body.len().to_string());
                header("Content-Length", &body.len().to_string());
            }
            _ => header("Content-Length", &body.len().to_string()),
        }
        match fault {
            "header-space-before-colon" => header("X-Caller ", "x"),
            "asks-for-gzip" => header("Accept-Encoding", "gzip"),
            _ => {}
        }
        header("Connection", "close");
        head += end;
        let mut request = head.into_bytes();
        if fault == "request-chunked" {
            request.extend(format!("{:x}\r\n", body.len()).bytes().chain(body.iter().copied()));
            request.extend(b"\r\n0\r\n\r\n");
        } else {
            request.extend(body);
        }
        if fault == "line-end-after-body" {
            request.extend(b"\r\n");
        }
        request
    }

    fn exchange(&self, authority: &str, request: &[u8], until: Instant) -> Result<Http, Failed> {
        let stream = TcpStream::connect(authority)?;
        let mut wire = Wire { stream, buffer: Vec::new(), until, has_ended: false, caller: self };
        // A server may reply before it has read everything, and close.
        drop(wire.stream.write_all(request));
        if self.is("reads-once") {
            wire.read()?;
            wire.has_ended = true;
        }
        loop {
            let reply = wire.reply()?;
            let is_interim = (100..200).contains(&reply.status) && reply.status != 101;
            if !is_interim || self.is("interim-is-the-reply") {
                return Ok(reply);
            }
            if self.is("one-interim-only") {
                return wire.reply();
            }
        }
    }

    /// What the caller makes of a reply.
    fn learn(&self, reply: &Http, rules: Rules) -> Result<Tagged, Failed> {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let takes_status = match &*self.fault {
            "any-status" => true,
            "any-status-with-document" => reply.status == 200 || text.contains("<methodResponse>"),
            "status-below-400" => reply.status < 400,
            "status-4xx-is-a-reply" => reply.status == 200 || (400..500).contains(&reply.status),
            "status-2xx-without-body" if (200..300).contains(&reply.status) && text.is_empty() => {
                return Ok(string(""));
            }
            "redirect-body" => reply.status == 200 || (300..400).contains(&reply.status),
            _ => reply.status == 200,
        };
        if !takes_status {
            return Err(format!("status {}", reply.status).into());
        }
        if self.is("content-type-must-be-exact") && reply.header("content-type").as_deref() != Some("text/xml") {
            return Err("another Content-Type".into());
        }
        if reply.header("content-encoding").is_some_and(|coding| coding != "identity") {
            return Err("compressed".into());
        }
        let body = match &*self.fault {
            "skips-to-the-declaration" => text[text.find("<?xml").unwrap_or(0)..].to_owned().into_bytes(),
            "cuts-behind-the-root" => match text.find("</methodResponse>") {
                Some(at) => text.as_bytes()[..at + 17].to_vec(),
                None => reply.body.clone(),
            },
            "mends-the-end" if text.contains("</value>") && !text.contains("</methodResponse>") => {
                let end = text.find("</value>").unwrap_or_default();
                format!("{}</value></param></params></methodResponse>", &text[..end]).into_bytes()
            }
            "lossy-utf-8" => text.clone().into_bytes(),
            "byte-order-mark-refused" if text.starts_with('\u{FEFF}') => return Err("a byte order mark".into()),
            "any-root" => text
                .replace("methodCall>", "methodResponse>")
                .replace("<methodName>m</methodName>", "")
                .replace("reply>", "methodResponse>")
                .into_bytes(),
            _ => reply.body.clone(),
        };
        if self.is("value-by-search") {
            let start = text.find("<string>").ok_or("no value")? + 8;
            return Ok(string(text[start..].split('<').next().unwrap_or_default()));
        }
        if self.is("fault-by-search") && text.contains("<fault>") {
            return Ok(tagged(r#"[{"fault":{"code":{"int":"0"},"string":{"string":""}}}]"#));
        }
        if self.is("empty-document-is-an-empty-string") && text.trim().is_empty() {
            return Ok(string(""));
        }
        if self.is("not-xml-is-a-string") && !text.trim_start().starts_with("<?xml") {
            return Ok(string(text.trim()));
        }
        let values = rules.decode(&body).map_err(|error| Failed::Other(error.to_string()))?;
        let json = values.to_json();
        if json.starts_with(r#"[{"call""#) {
            return Err("a call".into());
        }
        match &*self.fault {
            "fault-is-an-error" if values.is_fault() => Err("the server failed".into()),
            "fault-is-a-struct" if values.is_fault() => {
                let inside = json.trim_start_matches(r#"[{"fault":{"code":"#).trim_end_matches("}}]");
                let (code, text) = inside.split_once(r#","string":"#).unwrap_or((inside, ""));
                Ok(tagged(&format!(r#"[{{"response":{{"struct":[["faultCode",{code}],["faultString",{text}]]}}}}]"#)))
            }
            "fault-code-zero-is-success" if json.contains(r#""code":{"int":"0"}"#) => Ok(string("")),
            "fault-code-lost" if values.is_fault() => {
                let string = json.split_once(r#","string":"#).map_or("", |(_, rest)| rest.trim_end_matches("}}]"));
                Ok(tagged(&format!(r#"[{{"fault":{{"code":{{"int":"1"}},"string":{string}}}}}]"#)))
            }
            "struct-like-a-fault-is-one" if json.contains("faultCode") && !values.is_fault() => {
                Ok(tagged(r#"[{"fault":{"code":{"int":"4"},"string":{"string":"x"}}}]"#))
            }
            _ => Ok(values),
        }
    }
}

impl Subject for Caller {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let answer = match question.ask {
            Ask::Call { uri, method, params, deadline, .. } => match self.call(uri, method, params, deadline) {
                Ok(values) => Ok(Answer::Values(values)),
                Err(Failed::Late) if self.is("no-deadline") => Err(Fault::Timeout(PATIENCE)),
                Err(failed) => Ok(Answer::Error(format!("{failed:?}"))),
            },
            _ => Ok(Answer::Unsupported("only calls".to_owned())),
        };
        Ok(Reply { answer, stderr: String::new(), previous_fault: None })
    }
}

/// Why a call has no reply.
#[derive(Debug)]
enum Failed {
    Late,
    Io(ErrorKind),
    #[expect(dead_code, reason = "it is shown by Debug")]
    Other(String),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Late,
            kind => Self::Io(kind),
        }
    }
}

impl From<&str> for Failed {
    fn from(message: &str) -> Self {
        Self::Other(message.to_owned())
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self::Other(message)
    }
}

/// A reply of HTTP.
struct Http {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Http {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

struct Wire<'c> {
    stream: TcpStream,
    buffer: Vec<u8>,
    until: Instant,
    has_ended: bool,
    caller: &'c Caller,
}

impl Wire<'_> {
    fn is(&self, fault: &str) -> bool {
        self.caller.is(fault)
    }

    /// Reads more. Returns whether anything came.
    fn read(&mut self) -> Result<bool, Failed> {
        if self.has_ended {
            return Ok(false);
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failed::Late);
        }
        self.stream.set_read_timeout(Some(left))?;
        let mut bytes = [0; 1 << 16];
        let count = self.stream.read(&mut bytes)?;
        self.has_ended = count == 0;
        self.buffer.extend_from_slice(&bytes[..count]);
        Ok(count > 0)
    }

    fn line(&mut self) -> Result<String, Failed> {
        loop {
            if let Some(at) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=at).collect();
                if self.is("head-must-be-utf-8") && str::from_utf8(&line).is_err() {
                    return Err("a head that is no UTF-8".into());
                }
                let line: String = line.into_iter().map(char::from).collect();
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.buffer.len() > 1 << 16 {
                return Err("an endless line".into());
            }
            if !self.read()? {
                return Err(Failed::Io(ErrorKind::UnexpectedEof));
            }
        }
    }

    fn reply(&mut self) -> Result<Http, Failed> {
        let status_line = self.line()?;
        let mut parts = status_line.splitn(3, ' ');
        let (version, status) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let knows = match &*self.caller.fault {
            "any-version" => true,
            "version-1-1-only" => version == "HTTP/1.1",
            "version-1-0-and-1-1-only" => matches!(version, "HTTP/1.0" | "HTTP/1.1"),
            _ => version
                .strip_prefix("HTTP/1.")
                .is_some_and(|minor| minor.len() == 1 && minor.bytes().all(|b| b.is_ascii_digit())),
        };
        if !knows {
            return Err("no HTTP".into());
        }
        let status = match &*self.caller.fault {
            "status-not-checked" => 200,
            "status-by-digits" => {
                let digits: String = status.chars().filter(char::is_ascii_digit).collect();
                match digits.get(..digits.len().min(3)).unwrap_or_default() {
                    "20" | "" => 200,
                    digits => digits.parse().unwrap_or(200),
                }
            }
            "reason-needed" if parts.next().is_none_or(str::is_empty) => return Err("no reason".into()),
            "status-anywhere" if status_line.contains("200") => 200,
            "errors-by-reason" if status_line.contains("404") || status_line.contains("Error") => 500,
            _ if status.len() == 3 => status.parse().map_err(|_| "no status")?,
            _ => return Err("no status".into()),
        };
        let mut headers: Vec<(String, String)> = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if self.is("folded-header-refused") {
                    return Err("a folded header".into());
                }
                if let Some((_, value)) = headers.last_mut() {
                    *value += &format!(" {}", line.trim());
                }
                continue;
            }
            let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
            if self.is("header-needs-a-space") && !value.is_empty() && !value.starts_with(' ') {
                return Err("no space".into());
            }
            if self.is("header-names-are-words") && !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err("a strange name".into());
            }
            let name = match &*self.caller.fault {
                "header-names-have-a-case" => name.to_owned(),
                _ => name.to_ascii_lowercase(),
            };
            let value =
                if self.is("header-value-untrimmed") { value.strip_prefix(' ').unwrap_or(value) } else { value.trim() };
            if headers.len() > 400
                || (self.is("header-limit-50") && headers.len() > 50)
                || (self.is("header-limit-1000") && value.len() > 1000)
            {
                return Err("too many headers".into());
            }
            headers.push((name, value.to_owned()));
        }
        if self.is("header-names-have-a-case") {
            let wanted = ["Content-Length", "Transfer-Encoding", "Content-Type"];
            headers.retain(|(name, _)| wanted.contains(&&**name));
            headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_lowercase());
        }
        let mut reply = Http { status, headers, body: Vec::new() };
        if (100..200).contains(&status) || status == 204 || status == 304 {
            return Ok(reply);
        }
        reply.body = self.body(&reply)?;
        Ok(reply)
    }

    fn body(&mut self, reply: &Http) -> Result<Vec<u8>, Failed> {
        let coding = reply.header("transfer-encoding");
        let coding =
            if self.is("chunked-has-a-case") { coding } else { coding.map(|coding| coding.to_ascii_lowercase()) };
        if coding.as_deref() == Some("chunked") && !self.is("chunks-not-understood") {
            return self.chunks();
        }
        let lengths: Vec<_> =
            reply.headers.iter().filter(|(name, _)| name == "content-length").map(|(_, value)| value.clone()).collect();
        if self.is("length-ignored")
            || (lengths.is_empty() && !self.is("length-needed") && !self.is("no-length-is-empty"))
        {
            return self.rest();
        }
        if lengths.is_empty() {
            return if self.is("length-needed") { Err("no length".into()) } else { Ok(Vec::new()) };
        }
        let counting = if self.is("last-length-wins") { lengths.last() } else { lengths.first() };
        let value = counting.cloned().unwrap_or_default();
        let one_wins = self.is("first-length-wins") || self.is("last-length-wins");
        if lengths.iter().any(|other| *other != lengths[0]) && !one_wins {
            return Err("two lengths".into());
        }
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let length = match (value.parse::<usize>(), &*self.caller.fault) {
            (Ok(length), _) if is_number => length,
            (_, "length-by-leading-digits") => {
                let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().unwrap_or(0)
            }
            (_, "bad-length-is-none") => return self.rest(),
            (_, "length-hexadecimal") if value.starts_with("0x") => {
                usize::from_str_radix(&value[2..], 16).map_err(|_| "no length")?
            }
            (_, "length-absolute") if value.starts_with('-') => return self.rest(),
            _ => return Err("no length".into()),
        };
        while self.buffer.len() < length {
            if !self.read()? {
                if self.is("short-body-is-whole") {
                    return Ok(std::mem::take(&mut self.buffer));
                }
                return Err(Failed::Io(ErrorKind::UnexpectedEof));
            }
        }
        if self.is("waits-for-the-end") {
            self.rest()?;
        }
        if self.is("reads-more-than-the-length") {
            return Ok(std::mem::take(&mut self.buffer));
        }
        Ok(self.buffer.drain(..length.min(self.buffer.len())).collect())
    }

    /// Reads to the end of the connection.
    fn rest(&mut self) -> Result<Vec<u8>, Failed> {
        while self.read()? {
            if self.is("reads-64-kib") && self.buffer.len() >= 1 << 16 {
                break;
            }
        }
        Ok(if self.is("waits-for-the-end") { Vec::new() } else { std::mem::take(&mut self.buffer) })
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        loop {
            let line = match self.line() {
                Err(Failed::Io(ErrorKind::UnexpectedEof)) if self.is("last-chunk-not-needed") => return Ok(body),
                line => line?,
            };
            let size = match &*self.caller.fault {
                "chunk-extension-refused" => &*line,
                _ => line.split(';').next().unwrap_or_default().trim(),
            };
            let is_number = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
            let size = match &*self.caller.fault {
                "chunk-size-lower-case" if size.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                    return Err("an upper case size".into());
                }
                "chunk-size-by-leading-digits" => {
                    let size = size.trim_start_matches("0x");
                    let digits: String = size.chars().take_while(char::is_ascii_hexdigit).collect();
                    usize::from_str_radix(&digits, 16).unwrap_or(0)
                }
                "chunk-size-decimal" => size.parse().unwrap_or(0),
                "chunk-size-of-three-digits" if size.len() > 3 => return Err("a long size".into()),
                _ if is_number => usize::from_str_radix(size, 16).map_err(|_| "no size")?,
                _ => return Err("no size".into()),
            };
            if size == 0 {
                break;
            }
            while self.buffer.len() < size.saturating_add(2) {
                if !self.read()? {
                    if self.is("short-chunk-is-whole") {
                        body.append(&mut self.buffer);
                        return Ok(body);
                    }
                    return Err(Failed::Io(ErrorKind::UnexpectedEof));
                }
            }
            let chunk: Vec<u8> = self.buffer.drain(..size).collect();
            match self.is("chunks-decoded-one-by-one") {
                true => body.extend(String::from_utf8_lossy(&chunk).bytes()),
                false => body.extend(chunk),
            }
            if self.is("first-chunk-only") {
                return Ok(body);
            }
            let end = self.line()?;
            if !end.is_empty() {
                return Err("no end of a chunk".into());
            }
        }
        if self.is("chunks-wait-for-the-end") {
            while self.read()? {}
        }
        loop {
            let trailer = self.line()?;
            if trailer.is_empty() {
                return Ok(body);
            }
            if self.is("trailer-refused") {
                return Err("a trailer".into());
            }
        }
    }
}

fn string(text: &str) -> Tagged {
    tagged(&format!(r#"[{{"response":{{"string":{}}}}}]"#, json(text)))
}

fn tagged(json: &str) -> Tagged {
    Tagged::from_json(json.as_bytes(), Codec::Xmlrpc).expect("it is well-formed")
}

fn json(text: &str) -> String {
    serde_json::json!(text).to_string()
}

fn replaced(document: &[u8], from: &str, to: &str) -> Vec<u8> {
    writer::replaced(document, from.as_bytes(), to.as_bytes())
}
