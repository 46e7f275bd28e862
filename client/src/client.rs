//! The client itself: a method for each operation, and one for all.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::Release;
use xend_wire::operation::{self, Arguments, Operation};
use xend_wire::sexpr::{Document, Sexpr};

use crate::connection::{connect, exchange};
use crate::{Domain, Error, Node, Uri};

/// Talks to one daemon, on a connection of its own for each request, as Xend's own clients do.
///
/// The release matters where the daemon's forms differ by it; it is [`Release::V4_1`] unless given.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) uri: Uri,
    pub(crate) release: Release,
    pub(crate) deadlines: Deadlines,
    pub(crate) reply_limit: usize,
}

/// How long the parts of a call may take. The daemon itself knows no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To find the host and connect: 10 seconds.
    pub connect: Duration,
    /// From there to the head of the reply: 2 minutes, for an operation that waits for devices waits up to 100 seconds.
    pub first_byte: Duration,
    /// For the whole call: 5 minutes.
    pub whole: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_secs(120), whole: Duration::from_secs(300) }
    }
}

impl Client {
    /// A client of the daemon at `uri`. Nothing is sent yet.
    pub fn new(uri: Uri) -> Self {
        Self { uri, release: Release::default(), deadlines: Deadlines::default(), reply_limit: 256 << 20 }
    }

    /// The daemon's release.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// How long a call may take.
    #[must_use]
    pub fn deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }

    /// The longest body of a reply that is read, in bytes: 256 MiB unless given.
    #[must_use]
    pub fn reply_limit(self, bytes: usize) -> Self {
        Self { reply_limit: bytes, ..self }
    }

    /// Describes the host.
    pub async fn node(&self) -> Result<Node, Error> {
        self.named("node.info", Arguments::new()).await.map(Node::new)
    }

    /// Names of the domains; from 3.1 on only of those that run.
    pub async fn domains(&self) -> Result<Vec<String>, Error> {
        let names = self.named("domain.list", Arguments::new()).await?;
        let atoms = names.values().flat_map(Sexpr::items).filter_map(Sexpr::as_atom);
        Ok(atoms.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    }

    /// Describes a domain, given its name or id, or from 3.1 on its uuid.
    pub async fn domain(&self, domain: &str) -> Result<Domain, Error> {
        self.named("domain.info", [("domain", domain)].into_iter().collect()).await.map(Domain::new)
    }

    /// Makes a domain from a configuration `(vm (name ...) ...)` and leaves it paused.
    pub async fn create(&self, config: &str) -> Result<Domain, Error> {
        self.named("domain.create", [("config", config)].into_iter().collect()).await.map(Domain::new)
    }

    /// Stops a domain where it is. Pausing a paused one succeeds.
    pub async fn pause(&self, domain: &str) -> Result<(), Error> {
        self.control("domain.pause", domain).await
    }

    /// Lets a paused domain go on. A running one stays as it is.
    pub async fn unpause(&self, domain: &str) -> Result<(), Error> {
        self.control("domain.unpause", domain).await
    }

    /// Asks a domain's system to shut down, for a reason: `poweroff`, `halt`, `suspend` or `crash`. Success means that it
    /// was asked.
    pub async fn shutdown(&self, domain: &str, reason: &str) -> Result<(), Error> {
        self.named("domain.shutdown", [("domain", domain), ("reason", reason)].into_iter().collect()).await.map(drop)
    }

    /// Asks a domain's system to reboot. Success means that it was asked.
    pub async fn reboot(&self, domain: &str) -> Result<(), Error> {
        self.control("domain.reboot", domain).await
    }

    /// Ends a domain at once.
    pub async fn destroy(&self, domain: &str) -> Result<(), Error> {
        self.control("domain.destroy", domain).await
    }

    /// Does any operation of the table. The answer is what the operation's [`operation::Answer`] says: the same
    /// S-expressions on every face.
    pub async fn call(&self, operation: &'static Operation, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let request = operation
            .request(self.uri.face, self.release, arguments)
            .map_err(|error| Error::invalid(operation, error))?;
        let stream = connect(self, operation).await?;
        let reply = exchange(self, operation, stream, request).await?;
        self.read(operation, &reply)
    }

    /// As [`Client::call`], over a stream that is connected already: a tunnel, or one in memory.
    pub async fn call_over<S>(
        &self,
        stream: S,
        operation: &'static Operation,
        arguments: &Arguments,
    ) -> Result<Document<'static>, Error>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let request = operation
            .request(self.uri.face, self.release, arguments)
            .map_err(|error| Error::invalid(operation, error))?;
        let reply = exchange(self, operation, stream, request).await?;
        self.read(operation, &reply)
    }

    fn read(&self, operation: &'static Operation, reply: &operation::Reply) -> Result<Document<'static>, Error> {
        operation.read(self.uri.face, self.release, reply).map_err(|failure| Error::failed(operation, failure))
    }

    async fn control(&self, operation: &str, domain: &str) -> Result<(), Error> {
        self.named(operation, [("domain", domain)].into_iter().collect()).await.map(drop)
    }

    async fn named(&self, operation: &str, arguments: Arguments) -> Result<Document<'static>, Error> {
        self.call(operation::find(operation).expect("an operation of the table"), &arguments).await
    }
}
