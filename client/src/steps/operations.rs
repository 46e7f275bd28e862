//! Operations that consist of other operations, on the faces `sxp` and `xmlrpc`.

use xend_wire::failure::ErrorCode;
use xend_wire::operation::{self, Arguments, Operation, References, Sequence};
use xend_wire::sexpr::{Builder, Document, Rules, Sexpr, print};

use super::UNDO_TIME;
use crate::call::Call;
use crate::error::{Error, Kind};

/// Does an operation by doing the others of which it consists, one after the other.
pub(crate) async fn follow(
    call: Call<'_>,
    sequence: Sequence,
    arguments: &Arguments,
) -> Result<Document<'static>, Error> {
    call.operation.check(arguments).map_err(|error| call.invalid(error))?;
    match sequence {
        Sequence::CreateAndStart => create_and_start(call, arguments).await,
        Sequence::SetAutostart => set_autostart(call, arguments).await,
    }
}

async fn ask(call: Call<'_>, operation: Operation, arguments: &Arguments) -> Result<Document<'static>, Error> {
    call.step(operation).send(arguments, References::default()).await
}

async fn create_and_start(call: Call<'_>, arguments: &Arguments) -> Result<Document<'static>, Error> {
    let (deadline, undo_deadline) = call.deadline.split_for_undo(UNDO_TIME);
    let call = call.with_deadline(deadline);
    let created = ask(call, operation::CREATE, arguments).await?;
    let field = |name: &str| created.first().and_then(|record| record.text(&format!("domain/{name}")));
    // The domain is given by its id, because another domain may have the same name: 3.1 accepts that.
    let Some(domid) = field("domid") else {
        return Err(
            call.error(Kind::MissingFromReply("the reply does not contain the id of the new domain".to_owned()))
        );
    };
    let domain = Arguments::from_iter([("domain", domid)]);
    let started = async {
        ask(call, operation::WAIT_FOR_DEVICES, &domain).await?;
        ask(call, operation::UNPAUSE, &domain).await?;
        ask(call, operation::INFO, &domain).await
    };
    let error = match started.await {
        Ok(answer) => return Ok(answer),
        Err(error) => error.with_domain(Some(field("name").unwrap_or(domid).as_bytes())),
    };
    match ask(call.with_deadline(undo_deadline), operation::DESTROY, &domain).await {
        Ok(_) => Err(error),
        Err(second) => Err(error.undo_failed(operation::DESTROY.name(), &second).partly_done()),
    }
}

/// Reads a domain's configuration, changes `on_xend_start`, and defines the domain again.
async fn set_autostart(call: Call<'_>, arguments: &Arguments) -> Result<Document<'static>, Error> {
    let domain: Arguments = arguments.iter().filter(|(name, _)| *name == "domain").collect();
    let record = ask(call, operation::INFO, &domain).await?;
    if record.first().is_some_and(|record| record.text("domain/domid").is_some()) {
        // For a running domain 3.1 would answer with success but change nothing, and later releases answer that the
        // domain exists.
        let why = "the configuration can only be changed while the domain is not running".to_owned();
        return Err(call.error(Kind::Impossible { code: ErrorCode::WrongStateForOp, why }));
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
    ask(call, operation::DEFINE, &Arguments::from_iter([("config", config)])).await
}
