//! A call of the user, and the requests that it sends.

use xend_wire::ErrorKind;
use xend_wire::failure::{Failure, RequestContext};
use xend_wire::http::{Reply, Request};
use xend_wire::operation::{Arguments, Effect, Operation, References, Unsupported};
use xend_wire::sexpr::Document;

use crate::connection::{Connection, IdleConnection, Unanswered, http_request};
use crate::error::{Error, Kind};
use crate::settings::{Deadline, Settings};

/// A call of the user, which may send several requests.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) settings: &'c Settings,
    pub(crate) idle: &'c IdleConnection,
    pub(crate) operation: Operation,
    /// What the next request does to the daemon's state. It may only read although the operation changes something.
    pub(crate) effect: Effect,
    /// The deadline of the whole call.
    pub(crate) deadline: Deadline,
}

impl Call<'_> {
    /// Returns the same call for another operation, whose result this one needs.
    pub(crate) fn step(&self, operation: Operation) -> Self {
        Self { operation, effect: operation.effect(), ..*self }
    }

    /// Returns the same call for a request with another effect.
    pub(crate) fn with_effect(&self, effect: Effect) -> Self {
        Self { effect, ..*self }
    }

    /// Returns the same call with another deadline.
    pub(crate) fn with_deadline(&self, deadline: Deadline) -> Self {
        Self { deadline, ..*self }
    }

    /// Returns the error for a failure of the next request.
    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(self.operation, self.effect, kind)
    }

    /// Returns the error for a reply to a reading request that lacks something the operation needs.
    pub(crate) fn missing_from_reply(&self, why: impl Into<String>) -> Error {
        self.with_effect(Effect::Reads).error(Kind::MissingFromReply(why.into()))
    }

    /// Returns the error for a request that can't be built from the arguments. Nothing was sent in this case.
    pub(crate) fn invalid(&self, error: xend_wire::Error) -> Error {
        if error.kind() == ErrorKind::UnsupportedOperation {
            let Settings { uri, release, .. } = self.settings;
            let operation = self.operation.name();
            self.error(Kind::Unsupported(Unsupported { face: uri.face, release: *release, operation }))
        } else {
            self.error(Kind::Arguments(error))
        }
    }

    /// Returns the error for a failure that the daemon reported.
    pub(crate) fn failed(&self, failure: Failure) -> Error {
        self.error(Kind::Reply(Box::new(failure)))
    }

    /// Sends the one request of the operation, and returns what the reply means.
    pub(crate) async fn send(
        &self,
        arguments: &Arguments,
        references: References<'_>,
    ) -> Result<Document<'static>, Error> {
        let (face, release) = (self.settings.uri.face, self.settings.release);
        let request = self.operation.request_with(face, release, arguments, references);
        let reply = self.exchange(request.map_err(|error| self.invalid(error))?).await?;
        let context = RequestContext { effect: self.effect, ..RequestContext::new(self.operation, face, release) };
        context.read(&reply).map_err(|failure| self.failed(failure))
    }

    /// Sends a request and reads the whole reply. Uses the idle connection if there is one, otherwise a new one.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Reply, Error> {
        let Self { settings, deadline, .. } = *self;
        let request = http_request(settings, request).map_err(|kind| self.error(kind))?;
        if let Some(connection) = self.idle.take() {
            match connection.exchange(settings, request.clone(), deadline).await {
                Ok(answered) => return Ok(self.answered(answered)),
                // The daemon had closed the idle connection. The request was not sent, or only reads, so it can be sent
                // again on a new connection.
                Err(Unanswered::Unsent(_)) => {}
                Err(Unanswered::Closed(_)) if self.effect == Effect::Reads => {}
                Err(Unanswered::Closed(kind) | Unanswered::Other(kind)) => return Err(self.error(kind)),
            }
        }
        let connection = Connection::open(settings, deadline).await.map_err(|kind| self.error(kind))?;
        let answered = connection.exchange(settings, request, deadline).await;
        answered.map(|answered| self.answered(answered)).map_err(|unanswered| self.error(unanswered.into_kind()))
    }

    fn answered(&self, (reply, connection): (Reply, Connection)) -> Reply {
        if self.settings.keep_alive {
            self.idle.keep(connection);
        }
        reply
    }
}
