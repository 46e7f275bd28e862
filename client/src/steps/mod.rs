//! What takes several requests (`Operation::way`): calls of other operations, or methods of the Xen-API.

mod xenapi;

use std::pin::Pin;

use tokio::time::Instant;
use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{self, Arguments, Effect, Operation, Sequence, Way};
use xend_wire::sexpr::{Builder, Document, Rules, Sexpr, print};

use crate::{Client, Error};

pub(crate) use xenapi::Methods;
use xenapi::UNMAKING;

/// An answer that is on its way. Calls that make calls have no other name for it.
type Answering<'a> = Pin<Box<dyn Future<Output = Result<Document<'static>, Error>> + Send + 'a>>;

impl Client {
    /// Finds the daemon's release by the description of its host: the number of the configuration format, which 3.0.2
    /// lacks, and the hypervisor's version. One that is not known counts as the nearest that is not newer.
    ///
    /// # Errors
    /// The host can't be described.
    pub async fn detect(self) -> Result<Self, Error> {
        let node = self.node().await?;
        let release = match (node.config_format(), node.xen_version()) {
            (_, Some((4.., _))) => Release::V4_1,
            (_, Some((3, minor))) if minor >= 3 => Release::V3_4,
            (Some(3..), _) => Release::V3_1,
            (Some(2), _) => Release::V3_0_3,
            (_, Some((3, 1..))) => Release::V3_1,
            _ => Release::V3_0_2,
        };
        Ok(self.release(release))
    }

    /// Does an operation by calls of others, if that is how the face does it.
    pub(crate) fn in_calls<'a>(
        &'a self,
        operation: Operation,
        arguments: &'a Arguments,
        until: Instant,
    ) -> Option<Answering<'a>> {
        let (face, release) = (self.uri.face, self.release);
        let Ok(Way::Operations { sequence, .. }) = operation.way(face, release) else { return None };
        Some(Box::pin(async move {
            let checked = operation.check(arguments);
            checked.map_err(|error| Error::invalid(operation, face, release, error))?;
            match sequence {
                Sequence::CreateAndStart => self.create_in_calls(operation, arguments, until).await,
                Sequence::SetAutostart => self.define_anew(operation, arguments, until).await,
            }
        }))
    }

    async fn create_in_calls(
        &self,
        operation: Operation,
        arguments: &Arguments,
        until: Instant,
    ) -> Result<Document<'static>, Error> {
        let created = self.call_until(operation::CREATE, arguments, until).await?;
        let field = |name: &str| created.first().and_then(|record| record.text(&format!("domain/{name}")));
        // Another domain may have its name: 3.1 takes a second one.
        let Some(domid) = field("domid") else {
            let message = "the reply does not tell which domain was made".to_owned();
            return Err(Error::no_reply(operation, Effect::Changes, message, None));
        };
        let domain = Arguments::from_iter([("domain", domid)]);
        let name = field("name").map(str::as_bytes);
        let started = async {
            self.call_until(operation::WAIT_FOR_DEVICES, &domain, until).await?;
            self.call_until(operation::UNPAUSE, &domain, until).await?;
            self.call_until(operation::INFO, &domain, until).await
        };
        let error = match started.await {
            Ok(answer) => return Ok(answer),
            Err(error) => error.named(name),
        };
        match self.call_until(operation::DESTROY, &domain, Instant::now() + UNMAKING).await {
            Ok(_) => Err(error),
            Err(second) => Err(error.and_then(format_args!("domain.destroy: {}", second.message())).in_part()),
        }
    }

    /// Reads a domain's configuration, changes `on_xend_start`, and defines it anew.
    async fn define_anew(
        &self,
        operation: Operation,
        arguments: &Arguments,
        until: Instant,
    ) -> Result<Document<'static>, Error> {
        let domain: Arguments = arguments.iter().filter(|(name, _)| *name == "domain").collect();
        let record = self.call_until(operation::INFO, &domain, until).await?;
        if record.first().is_some_and(|record| record.text("domain/domid").is_some()) {
            // 3.1 would say that it was done, and not do it; later ones say that there is such a domain.
            let message = "its configuration can be changed only while it does not run".to_owned();
            return Err(Error::seen(operation, ErrorCode::WrongStateForOp, message));
        }
        let is_wanted = matches!(arguments.get("autostart"), Some(b"1" | b"true"));
        let wanted = if is_wanted { "start" } else { "ignore" };
        let mut builder = Builder::new();
        builder.open();
        let mut is_set = false;
        for field in record.first().into_iter().flat_map(Sexpr::items) {
            if field.name() == Some(b"on_xend_start") {
                builder.list(["on_xend_start", wanted]);
                is_set = true;
            } else {
                builder.value(field);
            }
        }
        if !is_set {
            builder.list(["on_xend_start", wanted]);
        }
        builder.close();
        let config = print(&builder.finish(), Rules::strict());
        self.call_until(operation::DEFINE, &Arguments::from_iter([("config", config)]), until).await
    }
}
