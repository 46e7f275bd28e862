//! RequestPattern in the form that expectations are compared with.

use std::cell::OnceCell;
use std::fmt;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Arguments, Face, Operation};
use xend_wire::xmlrpc::Call;

use super::shown;
use crate::fields::Fields;
use crate::path::UrlPath;

/// The parts of a request that expectations can match.
pub(crate) enum MatchableRequest<'r> {
    /// An HTTP request for a resource of the S-expression face.
    Sxp {
        /// The HTTP method.
        method: &'r [u8],
        /// The path of the URL, without the query.
        path: &'r UrlPath,
        /// The fields of the query and of the form together.
        fields: &'r Fields,
        /// The operations that the request may stand for.
        operations: &'r [Operation],
    },
    /// An XML-RPC call.
    Call {
        /// The face: `xmlrpc` or `xenapi`.
        face: Face,
        /// The method with its parameters.
        call: &'r Call<'r>,
        /// The operations that the call may stand for.
        operations: &'r [Operation],
    },
}

impl MatchableRequest<'_> {
    pub(super) fn face(&self) -> Face {
        match self {
            Self::Sxp { .. } => Face::Sxp,
            Self::Call { face, .. } => *face,
        }
    }

    /// Returns the operations that the request stands for, with their arguments.
    fn recognise(&self, release: Release) -> Vec<(Operation, Arguments)> {
        match self {
            Self::Sxp { method, path, fields, operations } => {
                let field = |name: &str| Some(fields.get(name)?.first()?.as_slice());
                let path: Vec<_> = path.elements().collect();
                operation::recognise_resource(operations, release, method, &path, field)
            }
            Self::Call { face, call, operations } => {
                let params: Vec<_> = call.params().map(Datum::from_value).collect();
                operation::recognise_call(operations, *face, release, call.method(), &params)
            }
        }
    }
}

/// A request that is compared with the expectations.
pub(super) struct RecognisedRequest<'q> {
    pub(super) matchable: &'q MatchableRequest<'q>,
    release: Release,
    /// The operations that the request stands for, with their arguments. They are computed when an expectation first
    /// needs them.
    recognised: OnceCell<Vec<(Operation, Arguments)>>,
}

impl<'q> RecognisedRequest<'q> {
    pub(super) fn new(matchable: &'q MatchableRequest<'q>, release: Release) -> Self {
        Self { matchable, release, recognised: OnceCell::new() }
    }

    /// Returns whether the request stands for an operation with at least these arguments.
    pub(super) fn is(&self, operation: Operation, arguments: &Arguments) -> bool {
        let (MatchableRequest::Sxp { operations, .. } | MatchableRequest::Call { operations, .. }) = self.matchable;
        operations.contains(&operation)
            && self.recognised.get_or_init(|| self.matchable.recognise(self.release)).iter().any(|(asked, given)| {
                *asked == operation && arguments.iter().all(|(name, value)| given.get(name) == Some(value))
            })
    }
}

/// The request on one line, as reports show it.
impl fmt::Display for MatchableRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sxp { method, path, fields, .. } => {
                write!(f, "sxp {} /{}", shown::text(method), shown::text(&path.joined()))?;
                fields.iter().try_for_each(|(name, values)| {
                    values.iter().try_for_each(|value| f.write_str(&shown::field(name, value)))
                })
            }
            Self::Call { face, call, .. } => {
                write!(f, "{face} {}", shown::call(call.method(), call.params().map(Datum::from_value)))
            }
        }
    }
}
