//! The path of a request through the face: from its bytes to the answer.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::Face;

use super::perform::{Method, Performed};
use super::route::Routes;
use crate::faces::work::{self, LONG_REQUEST, MANY_RECORDS};
use crate::faces::xmlrpc::{self, Incoming, Reply, Wording};
use crate::fault::Faults;
use crate::http::{Answer, Connection, Then};
use crate::journal::AnsweredBy;
use crate::python;
use crate::scenario::{Decision, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// The longest time that `event.next` waits for an event before it returns an empty list. The daemon waits for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How often the world can perform events that are due while a call waits.
const TICK: Duration = Duration::from_secs(1);

/// Returns the answer to a request. A call of `event.next` waits here for its event.
pub(crate) async fn answer(
    service: &Arc<Service>,
    connection: Connection,
    routes: &'static Routes,
    legacy: &'static xmlrpc::Routes,
    incoming: Incoming,
) -> Answer {
    let mut event = pin!(service.next_event());
    // From here on no event is missed.
    event.as_mut().enable();
    let doing = Arc::clone(service);
    let begun =
        work::run(incoming.len() > LONG_REQUEST, move || begin(&doing, connection, routes, legacy, incoming)).await;
    let Begun { then, has_head, mut decided, answered_by } = match begun {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let give_up = tokio::time::Instant::now() + LONGEST_WAIT;
    while let Decided::World { method, performed: performed @ Performed::Waiting, .. } = &mut decided {
        if tokio::time::Instant::now() >= give_up {
            *performed = Performed::no_event();
            break;
        }
        // The call looks again after an event as well as after the time.
        let _ = tokio::time::timeout(TICK, event.as_mut()).await;
        event.set(service.next_event());
        event.as_mut().enable();
        *performed = service.turn(|turn| method.perform(turn, legacy));
    }
    let printing = Arc::clone(service);
    let answer = work::run(decided.records() > MANY_RECORDS, move || decided.print(&printing, then, has_head)).await;
    Answer { answered_by, ..answer }
}

/// A request that was started: its method and its result so far.
struct Begun {
    then: Then,
    /// Whether the reply has a status line and headers.
    has_head: bool,
    decided: Decided,
    answered_by: AnsweredBy,
}

enum Decided {
    Scripted(Scripted),
    /// The body is not a call.
    Unreadable,
    Refused {
        method: String,
    },
    World {
        method: Method,
        performed: Performed,
        faults: Faults,
    },
}

/// Decodes a request and performs the call. The world is locked once.
fn begin(
    service: &Service,
    connection: Connection,
    routes: &Routes,
    legacy: &xmlrpc::Routes,
    incoming: Incoming,
) -> Result<Begun, Answer> {
    let request = incoming.request(service)?;
    let decoded = xmlrpc::decode(&request.body, service.release());
    let operations = decoded.as_ref().map_or(&[][..], |call| routes.find(call.method()));
    let asked = request.asked(Face::XenApi, connection, &decoded, operations);
    let (decided, answered_by) = service.turn(|turn| {
        let (decision, answered_by) = turn.decide(&asked);
        let decided = match (decision, &decoded) {
            (Decision::Scripted(scripted), _) => Decided::Scripted(scripted),
            (_, Err(_)) => Decided::Unreadable,
            (Decision::Refused, Ok(call)) => Decided::Refused { method: call.method().to_owned() },
            (Decision::World { faults }, Ok(call)) => {
                let params = call.params().map(Datum::from_value).collect();
                let method = Method { name: call.method().to_owned(), params };
                let performed = method.perform(turn, legacy);
                Decided::World { method, performed, faults }
            }
        };
        (decided, answered_by)
    });
    Ok(Begun { then: request.then(), has_head: request.has_head, decided, answered_by })
}

impl Decided {
    /// Returns the approximate number of records to print.
    fn records(&self) -> usize {
        match self {
            Self::World { performed, .. } => performed.records(),
            Self::Scripted(_) | Self::Unreadable | Self::Refused { .. } => 0,
        }
    }

    /// Prints the reply.
    fn print(self, service: &Service, then: Then, has_head: bool) -> Answer {
        let release = service.release();
        let (body, faults) = match self {
            Self::Scripted(scripted) => {
                let answer = xmlrpc::scripted_answer(&scripted.reply, None, &WORDING, service, then);
                // Scenarios with a reply that this face lacks are refused when they are read.
                return answer.unwrap_or_else(|WrongFace| Answer::closed()).with_faults(scripted.faults);
            }
            // The thread dies over a body that is not a call (protocol reference §1.7).
            Self::Unreadable => return Answer::closed(),
            Self::Refused { method } => (unknown_method(release, &method), Faults::none()),
            Self::World { method, performed, faults } => {
                (performed.into_envelope(&method.name, release).response(release), faults)
            }
        };
        let reply = Reply::xml(release, body).with_head(has_head);
        Answer::new(reply.encode(release, service.now()), then).with_faults(faults)
    }
}

/// The wording of this face, for replies that the two XML-RPC faces word differently.
pub(crate) const WORDING: Wording = Wording { unknown_method, failed };

fn unknown_method(release: Release, method: &str) -> Vec<u8> {
    xmlrpc::failure(["MESSAGE_METHOD_UNKNOWN", method], release)
}

fn failed(release: Release, raised: &Failure) -> Vec<u8> {
    // Methods of this face look a domain up by its reference first, so that none hears of it by name.
    if let Failure::UnknownDomain { target } = raised {
        return xmlrpc::failure(["HANDLE_INVALID", "VM", &String::from_utf8_lossy(&python::str(target))], release);
    }
    xmlrpc::failure(["INTERNAL_ERROR", &String::from_utf8_lossy(&raised.str(release))], release)
}
