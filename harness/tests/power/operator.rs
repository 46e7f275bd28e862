//! Our own client as an operator with one thing broken: what it is asked, what goes over the wire and what it tells are
//! changed, as a row of data says.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use regex::bytes::Regex;
use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Fault, Operated, Question, Reply, Told};
use xend_harness::{Error, Subject};
use xend_wire::operation::{self, Effect, Operation};

use crate::daemon::{changed, is_whole};
use crate::mutants::OperatorMutant;

/// How long the relay waits for a server that stalls: longer than the client does.
const PATIENCE: Duration = Duration::from_secs(1);

/// Our own client with a fault. Between it and the mock stands a relay.
pub(crate) struct Operator<'m> {
    declaration: Declaration,
    mutant: &'m OperatorMutant,
    wire: Wire,
}

/// What the relay changes.
struct Wire {
    request: Vec<(Regex, Vec<u8>)>,
    reply: Vec<(Regex, Vec<u8>)>,
    reads_once: bool,
}

fn pair([from, to]: &[String; 2]) -> (Regex, Vec<u8>) {
    (Regex::new(from).expect("a pattern"), to.clone().into_bytes())
}

/// Applies changes of pieces to a text.
fn altered(text: &str, from: &str, to: &str) -> String {
    let pattern = Regex::new(from).expect("a pattern");
    String::from_utf8_lossy(&pattern.replace_all(text.as_bytes(), to.as_bytes())).into_owned()
}

impl<'m> Operator<'m> {
    pub(crate) fn new(mutant: &'m OperatorMutant) -> Self {
        let mut declaration = BuiltIn::new().declaration().clone();
        // The relay takes TCP.
        let operates = declaration.operates.as_mut().expect("our own client operates");
        operates.schemes.retain(|scheme| scheme.ends_with("+tcp"));
        let pairs = |changes: &[[String; 2]]| changes.iter().map(pair).collect();
        let wire = Wire { request: pairs(&mutant.request), reply: pairs(&mutant.reply), reads_once: mutant.reads_once };
        Self { declaration, mutant, wire }
    }

    /// Asks our own client, through the relay.
    fn operate(&self, operation: Operation, arguments: &[(String, String)], question: &Question<'_>) -> Answer {
        let Ask::Operate { xend: Some((uri, release)), deadline, .. } = question.ask else {
            return BuiltIn::answer(&question.ask);
        };
        let release = self.mutant.release.as_ref().map_or(release, |name| name.parse().expect("a release"));
        let (scheme, authority) = uri.split_once("://").expect("a URI");
        let server: SocketAddr = authority.parse().expect("an address of TCP");
        self.wire.between(server, |relay| {
            let uri = format!("{scheme}://{relay}");
            BuiltIn::answer(&Ask::Operate { xend: Some((&uri, release)), operation, arguments, deadline })
        })
    }

    fn broken(&self, operation: Operation, arguments: &[(String, String)], question: &Question<'_>) -> Answer {
        let mutant = self.mutant;
        let is_hit = mutant.operations.is_empty() || mutant.operations.iter().any(|name| name == operation.name());
        if !is_hit {
            return self.operate(operation, arguments, question);
        }
        if mutant.skip {
            return Answer::Operated(Operated::Done(Told::default()));
        }
        let alter = |(name, value): &(String, String)| {
            let changes = mutant.args.iter().filter(|[of, ..]| of == name);
            (name.clone(), changes.fold(value.clone(), |value, [_, from, to]| altered(&value, from, to)))
        };
        let arguments: Vec<_> = arguments.iter().map(alter).collect();
        let further = |name: &Option<String>| {
            let name = name.as_ref()?;
            let domain = domain_of(&arguments)?;
            Some(self.operate(operation::find(name).expect("an operation"), &domain, question))
        };
        further(&mutant.before);
        let asked = mutant.instead.as_ref().map_or(operation, |name| operation::find(name).expect("an operation"));
        let mut answer = self.operate(asked, &arguments, question);
        let is_again =
            |what: &String| operation.effect() == Effect::Changes && (what == "always" || *what == word(&answer));
        if mutant.again.as_ref().is_some_and(is_again) {
            answer = self.operate(asked, &arguments, question);
        }
        further(&mutant.then);
        answer
    }

    /// What the operator makes of what became of an operation.
    fn told(&self, answer: Answer) -> Result<Answer, Fault> {
        let mutant = self.mutant;
        let Answer::Operated(mut operated) = answer else { return Ok(answer) };
        if let Operated::Done(told) = &mut operated {
            for [from, to] in &mutant.names {
                let names = told.names.as_ref().map(|names| altered(&names.join("\n"), from, to));
                told.names = names.map(|names| names.lines().map(str::to_owned).collect());
            }
            for [field, from, to] in &mutant.record {
                let value = told.record.as_mut().and_then(|record| record.get_mut(field));
                value.into_iter().for_each(|value| *value = altered(value, from, to));
            }
        }
        let code = match &operated {
            Operated::Failed { code, .. } => code.map(|code| code.to_string()),
            _ => None,
        };
        let outcome = word(&Answer::Operated(operated.clone()));
        let is_meant = |[from, _]: &&[String; 2]| *from == outcome || code.as_ref() == Some(from);
        let Some([_, to]) = mutant.learns.iter().find(is_meant) else { return Ok(Answer::Operated(operated)) };
        let message = "broken".to_owned();
        Ok(Answer::Operated(match &**to {
            "done" => Operated::Done(Told::default()),
            "error" => Operated::Failed { code: None, message },
            "unknown" => Operated::Unknown(message),
            "time-out" => return Err(Fault::Timeout(PATIENCE)),
            "crash" => return Err(Fault::Crash("killed by a signal".to_owned())),
            code => Operated::Failed { code: Some(code.parse().expect("a code")), message },
        }))
    }
}

/// The domain that an operation is about, as the arguments of another one.
fn domain_of(arguments: &[(String, String)]) -> Option<Vec<(String, String)>> {
    let value = |name: &str| arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let name = || value("config")?.split_once("(name ")?.1.split(')').next();
    Some(vec![("domain".to_owned(), value("domain").or_else(name)?.to_owned())])
}

/// The word for what became of an operation.
fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Operated(Operated::Done(_)) => "done",
        Answer::Operated(Operated::Failed { .. }) => "error",
        Answer::Operated(Operated::Unknown(_)) => "unknown",
        _ => "nothing",
    }
}

impl Subject for Operator<'_> {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let answer = match question.ask {
            Ask::Operate { operation, arguments, .. } => self.told(self.broken(operation, arguments, question)),
            _ => Ok(BuiltIn::answer(&question.ask)),
        };
        Ok(Reply { answer, stderr: String::new(), previous_fault: None })
    }
}

impl Wire {
    /// Does something while a relay stands before a server.
    fn between<T>(&self, server: SocketAddr, what: impl FnOnce(SocketAddr) -> T) -> T {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_over = AtomicBool::new(false);
        // Where nobody listens, there is no relay either.
        if TcpStream::connect(server).is_err() {
            return what(server);
        }
        thread::scope(|scope| {
            scope.spawn(|| {
                while let Ok((client, _)) = listener.accept() {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    // What fails on one side fails on the other.
                    drop(self.relay(client, server));
                }
            });
            let result = what(address);
            is_over.store(true, Ordering::Relaxed);
            drop(TcpStream::connect(address));
            result
        })
    }

    /// Passes on one request and its reply, both changed.
    fn relay(&self, mut client: TcpStream, server: SocketAddr) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !is_whole(&request) {
            let mut bytes = [0; 4096];
            match client.read(&mut bytes)? {
                0 => return Ok(()),
                count => request.extend_from_slice(&bytes[..count]),
            }
        }
        let mut server = TcpStream::connect(server)?;
        server.set_read_timeout(Some(PATIENCE))?;
        server.write_all(&changed(&request, &self.request))?;
        let mut reply = vec![0; 4096];
        if self.reads_once {
            let count = server.read(&mut reply)?;
            reply.truncate(count);
        } else {
            reply.clear();
            // A reset ends a reply, too.
            drop(server.read_to_end(&mut reply));
        }
        client.write_all(&changed(&reply, &self.reply))
    }
}
