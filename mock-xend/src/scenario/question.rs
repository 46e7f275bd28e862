//! A request as expectations see it.

use std::cell::OnceCell;
use std::fmt;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Arguments, Face, Operation};
use xend_wire::xmlrpc::Call;

use super::shown;
use crate::fields::Fields;
use crate::path::UrlPath;

/// A request, as far as expectations look at it.
pub(crate) enum Question<'r> {
    /// A request for a resource.
    Sxp {
        /// The HTTP method.
        method: &'r [u8],
        /// The path.
        path: &'r UrlPath,
        /// The fields of query and form together.
        fields: &'r Fields,
        /// The operations that the request may be.
        operations: &'r [Operation],
    },
    /// An XML-RPC call.
    Call {
        /// `xmlrpc` or `xenapi`.
        face: Face,
        /// The call.
        call: &'r Call<'r>,
        /// The operations that the call may be.
        operations: &'r [Operation],
    },
}

impl Question<'_> {
    pub(super) fn face(&self) -> Face {
        match self {
            Self::Sxp { .. } => Face::Sxp,
            Self::Call { face, .. } => *face,
        }
    }

    /// What the request asks for, out of the operations that it may be.
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

/// A request that expectations are held against.
pub(super) struct Asked<'q> {
    pub(super) question: &'q Question<'q>,
    release: Release,
    /// The operations with their arguments, from when an expectation first wants to know them.
    recognised: OnceCell<Vec<(Operation, Arguments)>>,
}

impl<'q> Asked<'q> {
    pub(super) fn new(question: &'q Question<'q>, release: Release) -> Self {
        Self { question, release, recognised: OnceCell::new() }
    }

    /// Whether the request is for an operation, with these arguments among its own.
    pub(super) fn is(&self, operation: Operation, arguments: &Arguments) -> bool {
        let (Question::Sxp { operations, .. } | Question::Call { operations, .. }) = self.question;
        operations.contains(&operation)
            && self.recognised.get_or_init(|| self.question.recognise(self.release)).iter().any(|(asked, given)| {
                *asked == operation && arguments.iter().all(|(name, value)| given.get(name) == Some(value))
            })
    }
}

/// The request on one line, for reports.
impl fmt::Display for Question<'_> {
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
