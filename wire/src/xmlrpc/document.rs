//! The contents of a body that was read: a call, or a response with its value or fault.

use super::cursor::{Siblings, ValueRef};
use super::tree::Tree;
use super::value::Fault;

/// A `methodCall` or a `methodResponse`.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// A `methodCall`.
    Call(Call<'a>),
    /// A `methodResponse`.
    Response(Response<'a>),
}

/// A `methodCall`: a method and its parameters.
#[derive(Clone, Debug)]
pub struct Call<'a>(
    /// The parameters. The first node is the name of the method.
    Tree<'a>,
);

/// A `methodResponse`: the value that the method returned, or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Response<'a> {
    /// The value that the method returned.
    ///
    /// By the rules of a release, a response that does not have exactly one value is read as an array of its values, because
    /// Python's client returns such a list.
    Success(Document<'a>),
    /// The method failed.
    Fault(FaultDocument<'a>),
}

/// A value that was read, with all values in it. Its texts are borrowed from the input where that is possible.
///
/// All values are in one flat list, so cloning, comparing and dropping a document do not recurse.
#[derive(Clone, Debug)]
pub struct Document<'a>(Tree<'a>);

/// A fault that was read, with the place of its struct in the document.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultDocument<'a>(Document<'a>);

impl<'a> Call<'a> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self(tree)
    }

    /// The name of the method, such as `xend.domain.pause`.
    ///
    /// By the rules of a release the name may be missing. Then it is the text `None`, as in the daemon's reply
    /// `method "None" is not supported` (capture `xml-response@3.0.3`).
    pub fn method(&self) -> &str {
        self.0.text(0)
    }

    /// The parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = ValueRef<'_>> {
        Siblings::new(&self.0, 1..self.0.nodes.len() as u32)
    }

    /// Makes it independent of the input that it was read from.
    pub fn into_owned(self) -> Call<'static> {
        Call(self.0.into_owned())
    }
}

impl PartialEq for Call<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.method() == other.method() && self.params().eq(other.params())
    }
}

impl<'a> Response<'a> {
    /// The value, or the fault as an error.
    ///
    /// # Errors
    /// The fault, if the response is one; see [`FaultDocument::to_fault`].
    pub fn into_result(self) -> Result<Document<'a>, Fault> {
        match self {
            Self::Success(value) => Ok(value),
            Self::Fault(fault) => Err(fault.to_fault()),
        }
    }

    /// Makes it independent of the input that it was read from.
    pub fn into_owned(self) -> Response<'static> {
        match self {
            Self::Success(value) => Response::Success(value.into_owned()),
            Self::Fault(FaultDocument(fault)) => Response::Fault(FaultDocument(fault.into_owned())),
        }
    }
}

impl<'a> Document<'a> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self(tree)
    }

    /// The value.
    pub fn value(&self) -> ValueRef<'_> {
        ValueRef::new(&self.0, 0)
    }

    /// Makes it independent of the input that it was read from.
    pub fn into_owned(self) -> Document<'static> {
        Document(self.0.into_owned())
    }
}

impl PartialEq for Document<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl<'a> FaultDocument<'a> {
    /// The document must be a struct with a `faultCode` and a `faultString`.
    pub(super) fn new(document: Document<'a>) -> Self {
        Self(document)
    }

    /// The struct of the fault.
    pub fn value(&self) -> ValueRef<'_> {
        self.0.value()
    }

    /// The `faultCode`, which is an `int`. By the rules of a release it may have any type.
    pub fn code(&self) -> ValueRef<'_> {
        self.value().get("faultCode").expect("a fault has it")
    }

    /// The `faultString`, which is a `string`. By the rules of a release it may have any type.
    pub fn string(&self) -> ValueRef<'_> {
        self.value().get("faultString").expect("a fault has it")
    }

    /// Copies the fault.
    ///
    /// If the code is not an `int`, its text is parsed as a number, and it is 0 if that fails. If the string has another
    /// type, its text is used.
    pub fn to_fault(&self) -> Fault {
        let text = |value: ValueRef<'_>| value.text().unwrap_or_default().into_owned();
        let code = self.code().as_i32().unwrap_or_else(|| text(self.code()).parse().unwrap_or(0));
        Fault { code, string: text(self.string()) }
    }
}
