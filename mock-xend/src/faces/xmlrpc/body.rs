//! Bodies of responses that are no value of a method.

use xend_wire::Release;
use xend_wire::datum::{self, Datum};

use crate::world::Failure;

/// How an XML-RPC face words the replies that the two of them word differently.
pub(crate) struct Wording {
    /// The body that says that there is no such method.
    pub(crate) unknown_method: fn(Release, &str) -> Vec<u8>,
    /// The body that says that a method has failed.
    pub(crate) failed: fn(Release, &Failure) -> Vec<u8>,
}

/// How the legacy face words them.
pub(crate) const WORDING: Wording = Wording { unknown_method, failed };

/// What the daemon answers to a method that it does not have: up to 3.0.3 a fault, later the failure of the Xen-API,
/// since the proxy for its asynchronous calls takes all unknown names (protocol reference §4.4).
fn unknown_method(release: Release, method: &str) -> Vec<u8> {
    if release < Release::V3_1 {
        return datum::fault(1, format!("method \"{method}\" is not supported").as_bytes());
    }
    match method {
        // A call without a name (capture `xml-nomethod@3.1`).
        "None" => datum::fault(1, b"'NoneType' object has no attribute 'startswith'"),
        _ => failure(["MESSAGE_METHOD_UNKNOWN", method], release),
    }
}

/// A method that raises.
fn failed(release: Release, raised: &Failure) -> Vec<u8> {
    datum::fault_of(raised.code(), &raised.fault_string(release))
}

/// A success that says `Failure`, with a code and its arguments (protocol reference §5.1).
pub(crate) fn failure<'w>(description: impl IntoIterator<Item = &'w str>, release: Release) -> Vec<u8> {
    let description: Vec<Datum> = description.into_iter().map(Datum::from).collect();
    Datum::Dict(vec![("Status".into(), "Failure".into()), ("ErrorDescription".into(), description.into())])
        .response(release)
}
