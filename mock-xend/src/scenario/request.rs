//! Requests in the form that expectations are compared with.

use std::cell::OnceCell;
use std::fmt;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Arguments, Face, Operation};
use xend_wire::xmlrpc::{Call, ValueRef};

use super::shown;
use crate::fields::Fields;
use crate::headers::Headers;
use crate::path::UrlPath;

/// A request as a face has read it.
pub(crate) struct Asked<'r> {
    pub(crate) face: Face,
    /// The number of its connection, counted from 1 over all listeners of the mock.
    pub(crate) connection: u64,
    /// The path of the URL, without the query.
    pub(crate) path: &'r UrlPath,
    pub(crate) headers: &'r Headers,
    pub(crate) body: &'r [u8],
    pub(crate) kind: RequestKind<'r>,
    /// The operations that the request may stand for.
    pub(crate) operations: &'r [Operation],
}

/// What a request asks for.
#[derive(Clone)]
pub(crate) enum RequestKind<'r> {
    /// A resource of the S-expression face.
    Resource {
        /// The HTTP method.
        method: &'r [u8],
        /// The fields of the query and of the form together.
        fields: &'r Fields,
    },
    /// A method of an XML-RPC face.
    Call(&'r Call<'r>),
    /// Nothing: the body is not a call of XML-RPC. Holds the reason.
    NoCall(String),
}

impl Asked<'_> {
    /// Returns the HTTP method on `sxp`, and the name of the XML-RPC method elsewhere.
    pub(super) fn method(&self) -> &[u8] {
        match &self.kind {
            RequestKind::Resource { method, .. } => method,
            RequestKind::Call(call) => call.method().as_bytes(),
            RequestKind::NoCall(_) => b"",
        }
    }

    /// Returns the values of a field.
    pub(super) fn field(&self, name: &str) -> &[Vec<u8>] {
        match &self.kind {
            RequestKind::Resource { fields, .. } => fields.get(name).unwrap_or_default(),
            RequestKind::Call(_) | RequestKind::NoCall(_) => &[],
        }
    }

    /// Returns the parameters of a call.
    pub(super) fn params(&self) -> impl Iterator<Item = ValueRef<'_>> {
        let call = match &self.kind {
            RequestKind::Call(call) => Some(call),
            RequestKind::Resource { .. } | RequestKind::NoCall(_) => None,
        };
        call.into_iter().flat_map(|call| call.params())
    }

    /// Returns the operations that the request stands for, with their arguments.
    pub(super) fn recognise(&self, release: Release) -> Vec<(Operation, Arguments)> {
        match &self.kind {
            RequestKind::Resource { method, fields } => {
                let field = |name: &str| Some(fields.get(name)?.first()?.as_slice());
                let path: Vec<_> = self.path.elements().collect();
                operation::recognise_resource(self.operations, release, method, &path, field)
            }
            RequestKind::Call(call) => {
                let params: Vec<_> = call.params().map(Datum::from_value).collect();
                operation::recognise_call(self.operations, self.face, release, call.method(), &params)
            }
            RequestKind::NoCall(_) => Vec::new(),
        }
    }
}

/// A request that is compared with the expectations.
pub(super) struct RecognisedRequest<'q> {
    pub(super) asked: &'q Asked<'q>,
    pub(super) release: Release,
    /// The operations that the request stands for, with their arguments. They are computed when an expectation first
    /// needs them.
    recognised: OnceCell<Vec<(Operation, Arguments)>>,
}

impl<'q> RecognisedRequest<'q> {
    pub(super) fn new(asked: &'q Asked<'q>, release: Release) -> Self {
        Self { asked, release, recognised: OnceCell::new() }
    }

    pub(super) fn recognised(&self) -> &[(Operation, Arguments)] {
        self.recognised.get_or_init(|| self.asked.recognise(self.release))
    }

    /// Returns whether the request stands for an operation.
    pub(super) fn is(&self, operation: Operation) -> bool {
        self.asked.operations.contains(&operation) && self.recognised().iter().any(|(asked, _)| *asked == operation)
    }

    /// Returns the values that an argument of an operation has in the request, one for each way to read the request. If the
    /// request is another operation, these are the arguments of the same name that it has: they tell how close it is.
    pub(super) fn arguments(&self, operation: Operation, name: &str) -> impl Iterator<Item = Option<&[u8]>> {
        let is_it = self.is(operation);
        let read = self.recognised().iter().filter(move |(asked, _)| !is_it || *asked == operation);
        read.map(move |(_, arguments)| arguments.get(name))
    }

    /// Returns the value of an argument of any operation that the request stands for.
    pub(super) fn argument(&self, name: &str) -> Option<&[u8]> {
        self.recognised().iter().find_map(|(_, arguments)| arguments.get(name))
    }
}

/// The request on one line, as reports show it.
impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RequestKind::Resource { method, fields } => {
                write!(f, "sxp {} /{}", shown::text(method), shown::text(self.path.joined()))?;
                fields.iter().try_for_each(|(name, values)| {
                    values.iter().try_for_each(|value| f.write_str(&shown::field(name, value)))
                })
            }
            RequestKind::Call(call) => {
                let params = call.params().map(Datum::from_value);
                write!(f, "{} {}", self.face, shown::call(self.face, call.method(), params))
            }
            RequestKind::NoCall(_) => {
                write!(f, "{} POST /{}, whose body is no call", self.face, shown::text(self.path.joined()))
            }
        }
    }
}
