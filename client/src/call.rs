//! One operation that the user asked for, and the requests that it takes.

use xend_wire::ErrorKind;
use xend_wire::failure::Failure;
use xend_wire::http::{Reply, Request};
use xend_wire::operation::{Arguments, Effect, Operation, References, Unsupported};
use xend_wire::sexpr::Document;

use crate::connection::{Connection, Kept, Unanswered, http_request};
use crate::error::{Error, Kind};
use crate::settings::{End, Settings};

/// One call of the user, which may take several requests.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) settings: &'c Settings,
    pub(crate) kept: &'c Kept,
    pub(crate) operation: Operation,
    /// What the next request does to the daemon's state, which may be less than the operation does.
    pub(crate) effect: Effect,
    /// When the whole of it must be over.
    pub(crate) end: End,
}

impl Call<'_> {
    /// The same for another operation, on which this one depends.
    pub(crate) fn step(&self, operation: Operation) -> Self {
        Self { operation, effect: operation.effect(), ..*self }
    }

    /// The same for a request of this effect.
    pub(crate) fn with_effect(&self, effect: Effect) -> Self {
        Self { effect, ..*self }
    }

    /// The same with another end.
    pub(crate) fn with_end(&self, end: End) -> Self {
        Self { end, ..*self }
    }

    /// That the next request came to nothing.
    pub(crate) fn error(&self, kind: Kind) -> Error {
        Error::new(self.operation, self.effect, kind)
    }

    /// That the reply to a request which only reads lacks what is needed.
    pub(crate) fn lacking(&self, why: impl Into<String>) -> Error {
        self.with_effect(Effect::Reads).error(Kind::Lacking(why.into()))
    }

    /// That the daemon can't be asked so, for which nothing was sent.
    pub(crate) fn invalid(&self, error: xend_wire::Error) -> Error {
        if error.kind() == ErrorKind::UnsupportedOperation {
            let Settings { uri, release, .. } = self.settings;
            let operation = self.operation.name();
            self.error(Kind::Unsupported(Unsupported { face: uri.face, release: *release, operation }))
        } else {
            self.error(Kind::Arguments(error))
        }
    }

    /// That the daemon replied with a failure.
    pub(crate) fn failed(&self, failure: Failure) -> Error {
        self.error(Kind::Reply(Box::new(failure)))
    }

    /// One request, and what its reply means.
    pub(crate) async fn send(
        &self,
        arguments: &Arguments,
        references: References<'_>,
    ) -> Result<Document<'static>, Error> {
        let (face, release) = (self.settings.uri.face, self.settings.release);
        let request = self.operation.request_with(face, release, arguments, references);
        let reply = self.exchange(request.map_err(|error| self.invalid(error))?).await?;
        self.operation.read(face, release, &reply).map_err(|failure| self.failed(failure))
    }

    /// Sends a request and reads all of the reply: on the connection that is kept, if there is one, or on a new one.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Reply, Error> {
        let Self { settings, end, .. } = *self;
        let request = http_request(settings, request).map_err(|kind| self.error(kind))?;
        if let Some(connection) = self.kept.take() {
            match connection.exchange(settings, request.clone(), end).await {
                Ok(answered) => return Ok(self.answered(answered)),
                // The daemon had closed the connection, and has done nothing; or nothing that matters.
                Err(Unanswered::Unsent(_)) => {}
                Err(Unanswered::Closed(_)) if self.effect == Effect::Reads => {}
                Err(Unanswered::Closed(kind) | Unanswered::Other(kind)) => return Err(self.error(kind)),
            }
        }
        let connection = Connection::open(settings, end).await.map_err(|kind| self.error(kind))?;
        let answered = connection.exchange(settings, request, end).await;
        answered.map(|answered| self.answered(answered)).map_err(|unanswered| self.error(unanswered.into_kind()))
    }

    fn answered(&self, (reply, connection): (Reply, Connection)) -> Reply {
        if self.settings.keep_alive {
            self.kept.keep(connection);
        }
        reply
    }
}
