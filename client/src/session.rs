//! Sessions of the Xen-API, and the references that its methods want in place of names.

use std::sync::PoisonError;

use tokio::time::timeout_at;
use xend_wire::answer::Returned;
use xend_wire::failure::ErrorCode;
use xend_wire::http::Request;
use xend_wire::operation::{self, Arguments, Effect, Face, Object, References, Way};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::xmlrpc::{Value, ValueRef};

use crate::client::Call;
use crate::steps::Methods;
use crate::{Client, Error};

/// A session that is open, and what is known in it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    reference: String,
    /// The host's reference, once it was asked for.
    host: Option<String>,
}

impl Client {
    /// Ends the session of the Xen-API, if one is open.
    ///
    /// # Errors
    /// As every call.
    pub async fn logout(&self) -> Result<(), Error> {
        if self.open_session().is_none() {
            return Ok(());
        }
        self.call(operation::SESSION_LOGOUT, &Arguments::new()).await.map(drop)
    }

    fn open_session(&self) -> Option<Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn has_open(&self, session: &Session) -> bool {
        self.open_session().is_some_and(|open| open.reference == session.reference)
    }

    fn set_session(&self, session: Option<Session>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

impl Call<'_> {
    /// Does an operation of the Xen-API: opens a session if there is none, and looks up the reference that is needed.
    pub(crate) async fn in_session(&self, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let (operation, client) = (self.operation, self.client);
        let face = Face::XenApi;
        // What can't be asked opens no session either.
        let plan = match operation.way(face, client.release) {
            Ok(Way::Methods { .. }) => operation.plan(client.release, arguments).map(Some),
            Ok(Way::Request | Way::Operations { .. }) | Err(_) => {
                operation.request(face, client.release, arguments).map(|_| None)
            }
        };
        let plan = plan.map_err(|error| Error::invalid(operation, face, client.release, error))?;
        if let Some(plan) = plan {
            let mut session = self.login().await?;
            let vm = match arguments.get("domain") {
                Some(domain) => self.vm(&mut session, domain).await?,
                None => String::new(),
            };
            return Methods::new(*self, session, vm).follow(&plan).await;
        }
        let object = operation.object(client.release).expect("the request was made once already");
        if object == Object::Daemon {
            return self.send(arguments, References::default()).await;
        }
        let mut session = self.login().await?;
        if self.operation == operation::SESSION_LOGOUT {
            let answer = self.send(arguments, References { session: &session.reference, object: "" }).await;
            client.set_session(None);
            return match answer {
                // One that the daemon has forgotten has ended.
                Err(error) if error.is_for_want_of_session() => Ok(Document::default()),
                answer => answer,
            };
        }
        let object = match object {
            Object::Daemon | Object::Session => String::new(),
            Object::Vm => self.vm(&mut session, arguments.get("domain").unwrap_or_default()).await?,
            Object::Host => self.host(&mut session).await?,
            Object::HostMetrics => {
                let host = self.host(&mut session).await?;
                let record = self.step(operation::NODE_INFO).send_in(&mut session, &Arguments::new(), &host).await?;
                let metrics = record.first().and_then(|record| record.text("node/metrics"));
                metrics.ok_or_else(|| self.no_reply("the host has no metrics", None))?.to_owned()
            }
        };
        self.send_in(&mut session, arguments, &object).await
    }

    /// One request in a session.
    async fn send_in(
        &self,
        session: &mut Session,
        arguments: &Arguments,
        object: &str,
    ) -> Result<Document<'static>, Error> {
        match self.send(arguments, References { session: &session.reference, object }).await {
            Err(error) if error.is_for_want_of_session() => {
                *session = self.login_again(session).await?;
                self.send(arguments, References { session: &session.reference, object }).await
            }
            answer => answer,
        }
    }

    /// One method in a session, as a part of the operation.
    // The same steps as above: an async closure in place of the two makes futures that are not `Send`.
    pub(crate) async fn method_in(
        &self,
        session: &mut Session,
        method: &str,
        params: &[Value],
    ) -> Result<Returned, Error> {
        match self.method(&session.reference, method, params).await {
            Err(error) if error.is_for_want_of_session() => {
                *session = self.login_again(session).await?;
                self.method(&session.reference, method, params).await
            }
            answer => answer,
        }
    }

    async fn method(&self, session: &str, method: &str, params: &[Value]) -> Result<Returned, Error> {
        let reads = method.contains(".get_");
        let effect = if reads { Effect::Reads } else { Effect::Changes };
        let (operation, release) = (self.operation, self.client.release);
        let params = std::iter::once(Value::from(session)).chain(params.iter().cloned());
        let request = Request::call(method, params);
        let request = request.map_err(|error| Error::invalid(operation, Face::XenApi, release, error))?;
        let reply = Call { effect, ..*self }.exchange(request).await?;
        operation.read_method(release, &reply).map_err(|failure| {
            let error = Error::failed(operation, failure);
            if reads { error.of_reading() } else { error }
        })
    }

    /// Opens a session in place of one that the daemon has forgotten, as it does when it starts again. What it refuses for
    /// that reason it has not done, so asking again is safe.
    async fn login_again(&self, refused: &Session) -> Result<Session, Error> {
        {
            let _turn = self.turn_to_login().await?;
            // Another call may have opened one already.
            if self.client.has_open(refused) {
                self.client.set_session(None);
            }
        }
        self.login().await
    }

    /// Calls open a session one after the other, so that all use the one of the first.
    async fn turn_to_login(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Error> {
        let late = |_| self.no_reply(format!("no session within {:?}", self.client.deadlines.whole), None);
        timeout_at(self.until, self.client.logging_in.lock()).await.map_err(late)
    }

    /// The session that is open, or a new one.
    async fn login(&self) -> Result<Session, Error> {
        if let Some(session) = self.client.open_session() {
            return Ok(session);
        }
        let Some((user, password)) = &self.client.credentials else {
            return Err(Error::without_credentials(self.operation));
        };
        let _turn = self.turn_to_login().await?;
        if let Some(session) = self.client.open_session() {
            return Ok(session);
        }
        let arguments = [("user", user.as_str()), ("password", password)].into_iter().collect();
        let answer = self.step(operation::SESSION_LOGIN).send(&arguments, References::default()).await?;
        let reference = answer.first().and_then(Sexpr::as_str).unwrap_or_default().to_owned();
        let session = Session { reference, host: None };
        self.client.set_session(Some(session.clone()));
        Ok(session)
    }

    async fn host(&self, session: &mut Session) -> Result<String, Error> {
        if let Some(host) = &session.host {
            return Ok(host.clone());
        }
        let answer = self.step(operation::HOST_REFERENCES).send_in(session, &Arguments::new(), "").await?;
        let host = names(&answer).next().ok_or_else(|| self.no_reply("there is no host", None))?.to_owned();
        session.host = Some(host.clone());
        // Another call may have opened a new one meanwhile.
        if self.client.has_open(session) {
            self.client.set_session(Some(session.clone()));
        }
        Ok(host)
    }

    /// The reference of a domain, which is its uuid, given that, its name or its id.
    async fn vm(&self, session: &mut Session, domain: &[u8]) -> Result<String, Error> {
        let domain = String::from_utf8_lossy(domain);
        if is_uuid(&domain) {
            return Ok(domain.into_owned());
        }
        let arguments = [("name", domain.as_ref())].into_iter().collect();
        let answer = self.step(operation::REFERENCES).send_in(session, &arguments, "").await?;
        let found: Vec<_> = names(&answer).collect();
        match found[..] {
            [reference] => return Ok(reference.to_owned()),
            [] => {}
            _ => return Err(self.no_domain(format!("{} domains have the name", found.len()))),
        }
        if domain.parse::<u32>().is_ok() {
            let all = self.method_in(session, "VM.get_all_records", &[]).await?;
            let of_id = |record: ValueRef<'_>| record.get("domid").and_then(ValueRef::text).as_deref() == Some(&domain);
            if let Some((reference, _)) = all.value().members().find(|(_, record)| of_id(*record)) {
                return Ok(reference.to_owned());
            }
        }
        Err(self.no_domain(format!("no domain has the name or id {domain}")))
    }

    fn no_domain(&self, message: String) -> Error {
        Error::seen(self.operation, ErrorCode::VmNotFound, message)
    }
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
