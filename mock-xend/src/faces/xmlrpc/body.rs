//! Bodies of XML-RPC responses other than results of methods.

use xend_wire::Release;
use xend_wire::datum::{self, Datum};

use crate::world::Failure;

/// The wording of an XML-RPC face, for replies that the two XML-RPC faces word differently.
pub(crate) struct Wording {
    /// Returns the body for an unknown method.
    pub(crate) unknown_method: fn(Release, &str) -> Vec<u8>,
    /// Returns the body for a method that has failed.
    pub(crate) failed: fn(Release, &Failure) -> Vec<u8>,
}

/// The wording of Xend's own XML-RPC face.
pub(crate) const WORDING: Wording = Wording { unknown_method, failed };

/// Returns the body for an unknown method. Up to 3.0.3 it is a fault, and later the failure of the Xen-API, because the
/// daemon's proxy for asynchronous calls accepts all unknown names (protocol reference §4.4).
fn unknown_method(release: Release, method: &str) -> Vec<u8> {
    if release < Release::V3_1 {
        return datum::fault(1, format!("method \"{method}\" is not supported").as_bytes());
    }
    match method {
        // The name of a call that has none (capture `xml-nomethod@3.1`).
        "None" => datum::fault(1, b"'NoneType' object has no attribute 'startswith'"),
        _ => failure(["MESSAGE_METHOD_UNKNOWN", method], release),
    }
}

/// Returns the fault for a method that raises an exception.
fn failed(release: Release, raised: &Failure) -> Vec<u8> {
    datum::fault_with_value(raised.code(), &raised.fault_string(release))
}

/// Returns a success that says `Failure`, with a code and its arguments (protocol reference §5.1).
pub(crate) fn failure<'w>(description: impl IntoIterator<Item = &'w str>, release: Release) -> Vec<u8> {
    let description: Vec<Datum> = description.into_iter().map(Datum::from).collect();
    Datum::Dict(vec![("Status".into(), "Failure".into()), ("ErrorDescription".into(), description.into())])
        .response(release)
}
