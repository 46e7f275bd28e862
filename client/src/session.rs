//! Sessions of the Xen-API, and the references that its methods want in place of names.

use std::sync::{Mutex, PoisonError};

use tokio::time::timeout_at;
use xend_wire::answer::Returned;
use xend_wire::failure::ErrorCode;
use xend_wire::http::Request;
use xend_wire::operation::{self, Arguments, Effect, Object, References};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::xenapi;
use xend_wire::xmlrpc::{Value, ValueRef};

use crate::call::Call;
use crate::error::{Awaited, Error, Kind};

/// The session that clones of a client share.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<Option<Session>>,
    /// Held by whoever opens a session.
    logging_in: tokio::sync::Mutex<()>,
}

/// A session that is open, and what is known in it.
#[derive(Clone, Debug)]
struct Session {
    reference: String,
    /// The host's reference, once it was asked for.
    host: Option<String>,
}

impl Sessions {
    /// Whether a session is open.
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

/// A call of the user, in a session. A session that the daemon has forgotten, as it does when it starts again, is replaced
/// by a new one: what it refuses for that reason it has not done, so asking again is safe.
pub(crate) struct InSession<'c> {
    pub(crate) call: Call<'c>,
    sessions: &'c Sessions,
    session: Session,
}

/// Does an operation by one method of the Xen-API: opens a session if there is none, and looks up the reference that is
/// needed.
pub(crate) async fn ask(
    call: Call<'_>,
    sessions: &Sessions,
    arguments: &Arguments,
) -> Result<Document<'static>, Error> {
    let operation = call.operation;
    let (face, release) = (call.settings.uri.face, call.settings.release);
    // What can't be asked opens no session either.
    operation.request(face, release, arguments).map_err(|error| call.invalid(error))?;
    let object = operation.object(release).map_err(|unsupported| call.error(Kind::Unsupported(unsupported)))?;
    if object == Object::Daemon {
        return call.send(arguments, References::default()).await;
    }
    let mut session = InSession::begin(call, sessions).await?;
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

impl<'c> InSession<'c> {
    /// A call in the session that is open, or in a new one.
    pub(crate) async fn begin(call: Call<'c>, sessions: &'c Sessions) -> Result<Self, Error> {
        let session = login(&call, sessions).await?;
        Ok(Self { call, sessions, session })
    }

    async fn end(self, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let references = References { session: &self.session.reference, object: "" };
        let answer = self.call.send(arguments, references).await;
        self.sessions.set(None);
        match answer {
            // One that the daemon has forgotten has ended.
            Err(error) if error.is_session_invalid() => Ok(Document::default()),
            answer => answer,
        }
    }

    /// One request for an operation: that of the call, or one on which it depends.
    async fn send(&mut self, call: Call<'_>, arguments: &Arguments, object: &str) -> Result<Document<'static>, Error> {
        match call.send(arguments, References { session: &self.session.reference, object }).await {
            Err(error) if error.is_session_invalid() => {
                self.login_again().await?;
                call.send(arguments, References { session: &self.session.reference, object }).await
            }
            answer => answer,
        }
    }

    /// One method, as a part of the operation.
    // The same steps as above: an async closure in place of the two makes futures that are not `Send`.
    pub(crate) async fn method(&mut self, method: &str, params: &[Value]) -> Result<Returned, Error> {
        match self.method_once(method, params).await {
            Err(error) if error.is_session_invalid() => {
                self.login_again().await?;
                self.method_once(method, params).await
            }
            answer => answer,
        }
    }

    async fn method_once(&self, method: &str, params: &[Value]) -> Result<Returned, Error> {
        let effect = if xenapi::is_getter(method) { Effect::Reads } else { Effect::Changes };
        let call = self.call.with_effect(effect);
        let params = std::iter::once(Value::from(self.session.reference.as_str())).chain(params.iter().cloned());
        let request = Request::call(method, params).map_err(|error| call.invalid(error))?;
        let reply = call.exchange(request).await?;
        call.operation.read_method(call.settings.release, method, &reply).map_err(|failure| call.failed(failure))
    }

    /// Opens a session in place of one that the daemon has forgotten.
    async fn login_again(&mut self) -> Result<(), Error> {
        {
            let _turn = turn_to_login(&self.call, self.sessions).await?;
            // Another call may have opened one already.
            if self.sessions.has(&self.session) {
                self.sessions.set(None);
            }
        }
        self.session = login(&self.call, self.sessions).await?;
        Ok(())
    }

    /// The reference of the host.
    async fn host(&mut self) -> Result<String, Error> {
        if let Some(host) = &self.session.host {
            return Ok(host.clone());
        }
        let answer = self.send(self.call.step(operation::HOST_REFERENCES), &Arguments::new(), "").await?;
        let host = names(&answer).next().ok_or_else(|| self.lacking("there is no host"))?.to_owned();
        self.session.host = Some(host.clone());
        // Another call may have opened a new session meanwhile.
        if self.sessions.has(&self.session) {
            self.sessions.set(Some(self.session.clone()));
        }
        Ok(host)
    }

    async fn host_metrics(&mut self) -> Result<String, Error> {
        let host = self.host().await?;
        let record = self.send(self.call.step(operation::NODE_INFO), &Arguments::new(), &host).await?;
        let metrics = record.first().and_then(|record| record.text("node/metrics"));
        metrics.map(str::to_owned).ok_or_else(|| self.lacking("the host has no metrics"))
    }

    /// The reference of a domain, which is its uuid, given that, its name or its id.
    pub(crate) async fn vm(&mut self, domain: &[u8]) -> Result<String, Error> {
        let domain = String::from_utf8_lossy(domain);
        if is_uuid(&domain) {
            return Ok(domain.into_owned());
        }
        let arguments = [("name", domain.as_ref())].into_iter().collect();
        let answer = self.send(self.call.step(operation::REFERENCES), &arguments, "").await?;
        let found: Vec<_> = names(&answer).collect();
        match found[..] {
            [reference] => return Ok(reference.to_owned()),
            [] => {}
            _ => return Err(self.no_domain(format!("{} domains have the name", found.len()))),
        }
        if domain.parse::<u32>().is_ok() {
            let all = self.method("VM.get_all_records", &[]).await?;
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

    fn lacking(&self, why: &str) -> Error {
        self.call.error(Kind::Lacking(why.to_owned()))
    }
}

/// The session that is open, or a new one.
async fn login(call: &Call<'_>, sessions: &Sessions) -> Result<Session, Error> {
    if let Some(session) = sessions.get() {
        return Ok(session);
    }
    let Some((user, password)) = &call.settings.credentials else {
        return Err(call.error(Kind::NoCredentials));
    };
    let _turn = turn_to_login(call, sessions).await?;
    if let Some(session) = sessions.get() {
        return Ok(session);
    }
    let arguments = [("user", user.as_str()), ("password", password)].into_iter().collect();
    let answer = call.step(operation::SESSION_LOGIN).send(&arguments, References::default()).await?;
    let reference = answer.first().and_then(Sexpr::as_str).filter(|reference| !reference.is_empty());
    let Some(reference) = reference else {
        return Err(call
            .step(operation::SESSION_LOGIN)
            .error(Kind::Lacking("the session has no reference".to_owned())));
    };
    let session = Session { reference: reference.to_owned(), host: None };
    sessions.set(Some(session.clone()));
    Ok(session)
}

/// Calls open a session one after the other, so that all use the one of the first.
async fn turn_to_login<'s>(call: &Call<'_>, sessions: &'s Sessions) -> Result<tokio::sync::MutexGuard<'s, ()>, Error> {
    let late = |_| call.error(Kind::Timeout { awaited: Awaited::Session, limit: call.end.limit });
    timeout_at(call.end.at, sessions.logging_in.lock()).await.map_err(late)
}

fn names<'a>(answer: &'a Document<'static>) -> impl Iterator<Item = &'a str> {
    answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str)
}

/// `8-4-4-4-12` hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}
