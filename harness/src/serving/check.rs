//! Asks a server of plain XML-RPC the cases.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::case::{Answer, Need, ServingCase};
use super::file::call;
use super::judgement::{got, judge};
use super::peer::{NoReply, Peer, Reply};
use crate::Error;
use crate::run::{self, Book, Examined, Examiner, Item, Plan, Run, Scope, Unasked, Watch, conduct};
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict};

/// How many bytes of requests and of replies a report shows.
const MOST: usize = 2_048;

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The address as the user gave it.
    pub uri: String,
    /// `HOST:PORT`.
    pub host: String,
    /// The path with its query.
    pub path: String,
    /// How long a reply may take.
    pub deadline: Duration,
}

impl Site {
    /// Parses `http://HOST:PORT/PATH`.
    ///
    /// # Errors
    /// Returns [`Error::Usage`] if it is no such address.
    pub fn parse(uri: &str, deadline: Duration) -> Result<Self, Error> {
        let wrong = || Error::Usage(format!("`{uri}` is no address, expected http://HOST:PORT/PATH"));
        let rest = uri.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || path.contains([' ', '\r', '\n']) {
            return Err(wrong());
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let host = if has_port { host.to_owned() } else { format!("{host}:80") };
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { uri: uri.to_owned(), host, path: path.to_owned(), deadline })
    }
}

/// Asks a server all cases that the options choose.
///
/// # Errors
/// Returns [`Error::Usage`] if the server can't be reached, or if a pattern of the filter matches no case.
pub fn check(site: &Site, cases: &[ServingCase], options: &run::Options, watch: &mut dyn Watch) -> Result<Run, Error> {
    let has = site.introspected().map_err(|why| Error::Usage(format!("{}: {why}", site.uri)))?;
    let has_echo = matches!(site.echo(), Ok(Some(_)));
    let items = cases.iter().map(|case| {
        let request = case.request(&site.host, &site.path);
        let unasked = case.needs.filter(|need| !has.contains(need)).map(|need| {
            let why = format!("`system.listMethods` does not tell of {}", need.name());
            Unasked { status: Status::Unsupported, why }
        });
        Item {
            suite: Suite::Serving,
            about: Arc::new(About {
                id: case.id.clone(),
                title: case.title.clone(),
                rule: Some(case.rule.clone()),
                source: case.source.clone(),
                input: request[..request.len().min(About::MAX_INPUT)].to_vec(),
                length: request.len(),
                holds: Vec::new(),
            }),
            variant: String::new(),
            level: Some(case.level),
            tags: ["http".to_owned(), case.rule.clone()].into(),
            release: None,
            face: None,
            since: Some(case.since),
            task: unasked.map_or(Ok(case), Err),
        }
    });
    let lacking = "the server has no method `echo`, which most cases call: it takes one value, and returns it";
    let notes = if has_echo { Vec::new() } else { vec![lacking.to_owned()] };
    let plan = Plan::new(items.collect(), Scope { notes, ..Scope::of("case") }, options)?;
    let mut book = Book::new(&plan, options, watch);
    let mut asking = Asking { site, options, has_echo };
    conduct(&plan, options, &mut [&mut asking], &mut book)?;
    Ok(book.close(site.uri.clone()))
}

impl Site {
    /// Calls a method, and returns the text of the reply's document if there is a value.
    fn ask(&self, method: &str, params: &str) -> Result<Option<String>, NoReply> {
        let body = call(method, params).map_err(|(_, why)| NoReply::Broken(why))?;
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: xend-harness\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            self.path,
            self.host,
            body.len()
        );
        let mut peer = Peer::connect(&self.host, self.deadline)?;
        peer.send(&[head.as_bytes(), &body].concat(), 1);
        let reply = peer.reply(false)?;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        Ok((reply.status == 200 && !text.contains("<fault>")).then_some(text))
    }

    /// Returns what the server has of what not every server has.
    fn introspected(&self) -> Result<Vec<Need>, String> {
        match self.ask("system.listMethods", "[]") {
            Ok(Some(methods)) if methods.contains("system.multicall") => Ok(Need::ALL.to_vec()),
            Ok(Some(_)) => Ok(vec![Need::Introspection]),
            Err(NoReply::Unreachable(why)) => Err(why),
            _ => Ok(Vec::new()),
        }
    }

    /// Makes a good call, as [`ask`](Self::ask) does.
    fn echo(&self) -> Result<Option<String>, NoReply> {
        self.ask("echo", r#"[{"int":"1"}]"#)
    }
}

struct Asking<'s> {
    site: &'s Site,
    options: &'s run::Options,
    /// Whether the server answered a good call with a value before all cases.
    has_echo: bool,
}

impl Asking<'_> {
    /// Returns whether the server still answers a good call, as it did before.
    fn lives(&self) -> bool {
        self.site.echo().is_ok_and(|value| value.is_some() || !self.has_echo)
    }
}

impl<'c> Examiner<&'c ServingCase> for Asking<'_> {
    fn examine(&mut self, item: &Item<&'c ServingCase>, case: &&'c ServingCase) -> Result<Examined, Error> {
        let begin = Instant::now();
        let mut spoken = Spoken::default();
        let (mut status, mut why, last) = self.requests(case, &mut spoken);
        let is_good = case.answers.iter().all(|answer| matches!(answer, Answer::Value(_)));
        if status == Status::Pass && !is_good && !self.lives() {
            (status, why) = (Status::Crash, "the server does not answer a good call any more".to_owned());
        }
        let wanted: Vec<_> = case.answers.iter().map(ToString::to_string).collect();
        let cut = |bytes: &[u8]| bytes[..bytes.len().min(MOST)].to_vec();
        let evidence = || {
            Box::new(Evidence {
                input: format!("  | {} at {}\n", case.line.replace("{path}", &self.site.path), self.site.uri),
                got: got(&last),
                wanted: wanted.join(", or "),
                exchange: vec![(Direction::Sent, cut(&spoken.sent)), (Direction::Received, cut(&spoken.received))],
                repeat: self.options.repeat(Some(&case.id)),
                ..Evidence::default()
            })
        };
        let verdict = Verdict {
            evidence: status.is_failure().then(evidence),
            is_unexpected: status.counts(case.level, self.options.is_strict),
            why,
            elapsed: begin.elapsed(),
            ..item.verdict(status)
        };
        Ok(Examined { verdict, previous: None })
    }
}

/// What went over the connections of a case.
#[derive(Debug, Default)]
struct Spoken {
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Spoken {
    fn add(&mut self, peer: &Peer) {
        self.sent.extend(&peer.sent);
        self.received.extend(&peer.received);
    }
}

impl Asking<'_> {
    /// Sends the requests of a case, and judges the replies up to the first that is wrong.
    fn requests(&self, case: &ServingCase, spoken: &mut Spoken) -> (Status, String, Result<Reply, NoReply>) {
        let Site { host, path, deadline, .. } = self.site;
        let request = case.request(host, path);
        let to_head = case.line.starts_with("HEAD ");
        let mut peer = match Peer::connect(host, *deadline) {
            Ok(peer) => peer,
            Err(none) => {
                let reply = Err(none);
                let (status, why) = judge(case, &reply);
                return (status, why, reply);
            }
        };
        if case.is_pipelined {
            peer.send(&request.repeat(case.times), case.pieces);
        }
        let mut last = Err(NoReply::Closed);
        for number in 1..=case.times {
            if !case.is_pipelined {
                peer.send(&request, case.pieces);
            }
            last = peer.reply(to_head);
            let (status, why) = judge(case, &last);
            let why = if case.times > 1 { format!("reply {number}: {why}") } else { why };
            if status != Status::Pass {
                spoken.add(&peer);
                return (status, why, last);
            }
            let closes = last.as_ref().map_or(true, |reply| reply.closes);
            let is_last = number == case.times;
            let has_more = match is_last {
                true => !peer.rest().is_empty(),
                false => !case.is_pipelined && !peer.extra().is_empty(),
            };
            if has_more && !to_head {
                spoken.add(&peer);
                return (Status::Fail, "more bytes come than the reply says that it has".to_owned(), last);
            }
            // A server that says so may close the connection; the next request goes over another.
            if closes && !is_last {
                spoken.add(&peer);
                match Peer::connect(host, *deadline) {
                    Ok(other) => peer = other,
                    Err(none) => return (Status::Crash, "the server can't be reached any more".to_owned(), Err(none)),
                }
                if case.is_pipelined {
                    peer.send(&request.repeat(case.times - number), 1);
                }
            }
        }
        spoken.add(&peer);
        (Status::Pass, String::new(), last)
    }
}
