//! Sessions of the Xen-API, and the object references that its methods take in place of names.

use std::sync::{Mutex, PoisonError};

use tokio::time::timeout_at;
use xend_wire::answer::MethodResult;
use xend_wire::failure::ErrorCode;
use xend_wire::http::Request;
use xend_wire::operation::{self, Arguments, Effect, Object, References};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::xenapi;
use xend_wire::xmlrpc::{Value, ValueRef};

use crate::call::Call;
use crate::error::{Awaited, Error, Kind};

/// The session that a client and its clones share.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<Option<Session>>,
    /// Locked while a session is being opened.
    logging_in: tokio::sync::Mutex<()>,
}

/// An open session, with the reference that was looked up in it.
#[derive(Clone, Debug)]
struct Session {
    reference: String,
    /// The reference of the host, if it was looked up already.
    host: Option<String>,
}

impl Sessions {
    /// Returns whether a session is open.
    pub(crate) fn is_open(&self) -> bool {
        self.get().is_some()
    }

    fn get(&self) -> Option<Session> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, session: Option<Session>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }

    fn has(&self, session: &Session) -> bool {
        self.get().is_some_and(|open| open.reference == session.reference)
    }
}

/// A call of the user in a session.
///
/// The daemon forgets its sessions when it restarts. A request that it refuses for this reason was not done, so the
/// call opens a new session and sends the request again.
pub(crate) struct SessionCall<'c> {
    pub(crate) call: Call<'c>,
    sessions: &'c Sessions,
    session: Session,
}

/// Does an operation by one method of the Xen-API. Opens a session if none is open, and looks up the reference that the
/// method needs.
pub(crate) async fn ask(
    call: Call<'_>,
    sessions: &Sessions,
    arguments: &Arguments,
) -> Result<Document<'static>, Error> {
    let operation = call.operation;
    let (face, release) = (call.settings.uri.face, call.settings.release);
    // An operation with invalid arguments must not open a session.
    operation.request(face, release, arguments).map_err(|error| call.invalid(error))?;
    check_domain(call, arguments)?;
    let object = operation.object(release).map_err(|unsupported| call.error(Kind::Unsupported(unsupported)))?;
    if object == Object::Daemon {
        return call.send(arguments, References::default()).await;
    }
    let mut session = SessionCall::begin(call, sessions).await?;
    if operation == operation::SESSION_LOGOUT {
        return session.end(arguments).await;
    }
    let object = match object {
        Object::Daemon | Object::Session => String::new(),
        Object::Vm => session.vm(arguments.get("domain").unwrap_or_default()).await?,
        Object::Host => session.host().await?,
        Object::HostMetrics => session.host_metrics().await?,
    };
    session.send(call, arguments, &object).await
}

impl<'c> SessionCall<'c> {
    /// Starts a call in the open session. If none is open, opens one.
    pub(crate) async fn begin(call: Call<'c>, sessions: &'c Sessions) -> Result<Self, Error> {
        let session = login(&call, sessions).await?;
        Ok(Self { call, sessions, session })
    }

    async fn end(self, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let references = References { session: &self.session.reference, object: "" };
        let answer = self.call.send(arguments, references).await;
        self.sessions.set(None);
        match answer {
            // If the daemon has forgotten the session, the session has ended.
            Err(error) if error.is_session_invalid() => Ok(Document::default()),
            answer => answer,
        }
    }

    /// Sends the request of an operation: the operation of the call, or one whose result it needs.
    async fn send(&mut self, call: Call<'_>, arguments: &Arguments, object: &str) -> Result<Document<'static>, Error> {
        match call.send(arguments, References { session: &self.session.reference, object }).await {
            Err(error) if error.is_session_invalid() => {
                self.login_again().await?;
                call.send(arguments, References { session: &self.session.reference, object }).await
            }
            answer => answer,
        }
    }

    /// Calls one method of the Xen-API as a part of the operation.
    // The steps are the same as in `send`. An async closure shared by both would make futures that are not `Send`.
    pub(crate) async fn method(&mut self, method: &str, params: &[Value]) -> Result<MethodResult, Error> {
        match self.method_once(method, params).await {
            Err(error) if error.is_session_invalid() => {
                self.login_again().await?;
                self.method_once(method, params).await
            }
            answer => answer,
        }
    }

    async fn method_once(&self, method: &str, params: &[Value]) -> Result<MethodResult, Error> {
        ask_method(&self.call, &self.session.reference, method, params).await
    }

    /// Opens a new session in place of one that the daemon has forgotten.
    async fn login_again(&mut self) -> Result<(), Error> {
        {
            let _turn = lock_login(&self.call, self.sessions).await?;
            // Another call may have opened a new session already, which must not be dropped.
            if self.sessions.has(&self.session) {
                self.sessions.set(None);
            }
        }
        self.session = login(&self.call, self.sessions).await?;
        Ok(())
    }

    /// Returns the reference of the host.
    async fn host(&mut self) -> Result<String, Error> {
        if let Some(host) = &self.session.host {
            return Ok(host.clone());
        }
        let answer = self.send(self.call.step(operation::HOST_REFERENCES), &Arguments::new(), "").await?;
        let host = names(&answer).next().ok_or_else(|| self.missing_from_reply("there is no host"))?.to_owned();
        self.session.host = Some(host.clone());
        // Another call may have opened a new session in the meantime, which must not be replaced.
        if self.sessions.has(&self.session) {
            self.sessions.set(Some(self.session.clone()));
        }
        Ok(host)
    }

    async fn host_metrics(&mut self) -> Result<String, Error> {
        let host = self.host().await?;
        let record = self.send(self.call.step(operation::NODE_INFO), &Arguments::new(), &host).await?;
        let metrics = record.first().and_then(|record| record.text("node/metrics"));
        metrics.map(str::to_owned).ok_or_else(|| self.missing_from_reply("the host has no metrics"))
    }

    /// Returns the reference of a domain, which is its uuid. The domain is given by its uuid, name or id.
    pub(crate) async fn vm(&mut self, domain: &[u8]) -> Result<String, Error> {
        if let Some(uuid) = uuid(domain) {
            return Ok(uuid.to_owned());
        }
        let arguments = [("name", domain)].into_iter().collect();
        let answer = self.send(self.call.step(operation::REFERENCES), &arguments, "").await?;
        let domain = String::from_utf8_lossy(domain);
        let found: Vec<_> = names(&answer).collect();
        match found[..] {
            [reference] => return Ok(reference.to_owned()),
            [] => {}
            _ => return Err(self.no_domain(format!("{} domains have the name", found.len()))),
        }
        if domain.parse::<u32>().is_ok() {
            let all = self.method("VM.get_all_records", &[]).await?;
            if !xenapi::are_records(all.value(), xenapi::is_vm_record) {
                return Err(self.call.missing_from_reply("`VM.get_all_records` returned no records of domains"));
            }
            let of_id = |record: ValueRef<'_>| record.get("domid").and_then(ValueRef::text).as_deref() == Some(&domain);
            if let Some((reference, _)) = all.value().members().find(|(_, record)| of_id(*record)) {
                return Ok(reference.to_owned());
            }
        }
        Err(self.no_domain(format!("no domain has the name or id {domain}")))
    }

    fn no_domain(&self, why: String) -> Error {
        self.call.error(Kind::Impossible { code: ErrorCode::VmNotFound, why })
    }

    fn missing_from_reply(&self, why: &str) -> Error {
        self.call.error(Kind::MissingFromReply(why.to_owned()))
    }
}

/// Calls one method of the Xen-API in a session.
pub(crate) async fn ask_method(
    call: &Call<'_>,
    session: &str,
    method: &str,
    params: &[Value],
) -> Result<MethodResult, Error> {
    let effect = if xenapi::is_getter(method) { Effect::Reads } else { Effect::Changes };
    let call = call.with_effect(effect);
    let params = std::iter::once(Value::from(session)).chain(params.iter().cloned());
    let request = Request::call(method, params).map_err(|error| call.invalid(error))?;
    let reply = call.exchange(request).await?;
    call.operation.read_method(call.settings.release, method, &reply).map_err(|failure| call.failed(failure))
}

/// Returns the open session. If none is open, opens one.
async fn login(call: &Call<'_>, sessions: &Sessions) -> Result<Session, Error> {
    if let Some(session) = sessions.get() {
        return Ok(session);
    }
    let Some((user, password)) = &call.settings.credentials else {
        return Err(call.error(Kind::NoCredentials));
    };
    let _turn = lock_login(call, sessions).await?;
    if let Some(session) = sessions.get() {
        return Ok(session);
    }
    let arguments = [("user", user.as_str()), ("password", password)].into_iter().collect();
    let opening = call.step(operation::SESSION_LOGIN);
    // Nothing has been done yet of another operation that needs the session.
    let opening = if call.operation == operation::SESSION_LOGIN { opening } else { opening.with_effect(Effect::Reads) };
    let answer = opening.send(&arguments, References::default()).await?;
    let reference = answer.first().and_then(Sexpr::as_str).filter(|reference| !reference.is_empty());
    let Some(reference) = reference else {
        return Err(opening.error(Kind::MissingFromReply("the session has no reference".to_owned())));
    };
    let session = Session { reference: reference.to_owned(), host: None };
    sessions.set(Some(session.clone()));
    Ok(session)
}

/// Locks the opening of sessions, so that calls at the same time share the first one's session.
async fn lock_login<'s>(call: &Call<'_>, sessions: &'s Sessions) -> Result<tokio::sync::MutexGuard<'s, ()>, Error> {
    let late = |_| call.error(Kind::Timeout { awaited: Awaited::Session, limit: call.deadline.limit });
    timeout_at(call.deadline.at, sessions.logging_in.lock()).await.map_err(late)
}

fn names<'a>(answer: &'a Document<'static>) -> impl Iterator<Item = &'a str> {
    answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str)
}

/// Checks that the daemon can be asked for a domain of the given name, before anything is sent.
pub(crate) fn check_domain(call: Call<'_>, arguments: &Arguments) -> Result<(), Error> {
    let Some(domain) = arguments.get("domain").filter(|domain| uuid(domain).is_none()) else { return Ok(()) };
    let (face, release) = (call.settings.uri.face, call.settings.release);
    let asked = operation::REFERENCES.request(face, release, &[("name", domain)].into_iter().collect());
    asked.map(drop).map_err(|error| call.invalid(error))
}

/// Returns the text if it is a uuid: hexadecimal digits in groups of 8, 4, 4, 4 and 12.
fn uuid(text: &[u8]) -> Option<&str> {
    let text = str::from_utf8(text).ok()?;
    let groups: Vec<_> = text.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
    is_uuid.then_some(text)
}
