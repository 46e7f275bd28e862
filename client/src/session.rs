//! Sessions of the Xen-API, and the references that its methods want in place of names.

use std::sync::PoisonError;

use xend_wire::failure::ErrorCode;
use xend_wire::operation::{self, Arguments, Face, Object, Plan, References};
use xend_wire::sexpr::{Document, Sexpr};

use crate::client::Call;
use crate::steps::Steps;
use crate::{Client, Error, Fate};

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
        self.call(find("session.logout"), &Arguments::new()).await.map(drop)
    }

    fn open_session(&self) -> Option<Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
        let plan = match operation.steps(face, client.release) {
            Some(_) => operation.plan(client.release, arguments).map(Some),
            None => operation.request(face, client.release, arguments).map(|_| None),
        };
        let plan = plan.map_err(|error| Error::invalid(operation, face, client.release, error))?;
        match self.once(arguments, plan.as_ref()).await {
            // The daemon forgets its sessions when it starts again. It has done nothing, so asking again is safe.
            Err(error) if error.code() == ErrorCode::AccessDenied && error.fate() == Fate::Refused => {
                client.set_session(None);
                self.once(arguments, plan.as_ref()).await
            }
            answer => answer,
        }
    }

    async fn once(&self, arguments: &Arguments, plan: Option<&Plan>) -> Result<Document<'static>, Error> {
        if let Some(plan) = plan {
            let session = self.login().await?;
            let vm = match arguments.get("domain") {
                Some(domain) => self.vm(&session, domain).await?,
                None => String::new(),
            };
            return Steps::new(*self, &session.reference, vm).take(plan).await;
        }
        let object = self.operation.object(self.client.release).expect("the request was made once already");
        if object == Object::Daemon {
            return self.send(arguments, References::default()).await;
        }
        let mut session = self.login().await?;
        let object = match object {
            Object::Daemon | Object::Session => String::new(),
            Object::Vm => self.vm(&session, arguments.get("domain").unwrap_or_default()).await?,
            Object::Host => self.host(&mut session).await?,
            Object::HostMetrics => {
                let host = self.host(&mut session).await?;
                let references = References { session: &session.reference, object: &host };
                let record = self.step(find("node.info")).send(&Arguments::new(), references).await?;
                let metrics = record.first().and_then(|record| record.text("node/metrics"));
                metrics.ok_or_else(|| self.no_reply("the host has no metrics", None))?.to_owned()
            }
        };
        let references = References { session: &session.reference, object: &object };
        let answer = self.send(arguments, references).await;
        if self.operation.name == "session.logout" {
            self.client.set_session(None);
        }
        answer
    }

    /// The session that is open, or a new one.
    async fn login(&self) -> Result<Session, Error> {
        if let Some(session) = self.client.open_session() {
            return Ok(session);
        }
        let Some((user, password)) = &self.client.credentials else {
            return Err(Error::without_credentials(self.operation));
        };
        let arguments = [("user", user.as_str()), ("password", password)].into_iter().collect();
        let answer = self.step(find("session.login")).send(&arguments, References::default()).await?;
        let reference = answer.first().and_then(Sexpr::as_str).unwrap_or_default().to_owned();
        let session = Session { reference, host: None };
        self.client.set_session(Some(session.clone()));
        Ok(session)
    }

    async fn host(&self, session: &mut Session) -> Result<String, Error> {
        if let Some(host) = &session.host {
            return Ok(host.clone());
        }
        let references = References { session: &session.reference, object: "" };
        let answer = self.step(find("host.references")).send(&Arguments::new(), references).await?;
        let host = names(&answer).next().ok_or_else(|| self.no_reply("there is no host", None))?.to_owned();
        session.host = Some(host.clone());
        self.client.set_session(Some(session.clone()));
        Ok(host)
    }

    /// The reference of a domain, which is its uuid, given that, its name or its id.
    async fn vm(&self, session: &Session, domain: &[u8]) -> Result<String, Error> {
        let domain = String::from_utf8_lossy(domain);
        if is_uuid(&domain) {
            return Ok(domain.into_owned());
        }
        let references = References { session: &session.reference, object: "" };
        let arguments = [("name", domain.as_ref())].into_iter().collect();
        let answer = self.step(find("domain.references")).send(&arguments, references).await?;
        let found: Vec<_> = names(&answer).collect();
        match found[..] {
            [reference] => return Ok(reference.to_owned()),
            [] => {}
            _ => return Err(self.no_domain(format!("{} domains have the name", found.len()))),
        }
        if domain.parse::<u32>().is_ok() {
            let answer = self.step(find("domain.records")).send(&Arguments::new(), references).await?;
            let mut records = answer.values().flat_map(Sexpr::items);
            let record = records.find(|record| record.text("domain/domid") == Some(&domain));
            if let Some(uuid) = record.and_then(|record| record.text("domain/uuid")) {
                return Ok(uuid.to_owned());
            }
        }
        Err(self.no_domain(format!("no domain has the name or id {domain}")))
    }

    fn no_domain(&self, message: String) -> Error {
        Error::not_found(self.operation, ErrorCode::VmNotFound, message)
    }
}

fn find(name: &str) -> &'static operation::Operation {
    operation::find(name).expect("an operation of the table")
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
