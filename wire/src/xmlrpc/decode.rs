//! Decodes calls and responses.

use super::builder::Builder;
use super::content::{Content, Root, unexpected_root};
use super::document::{Call, Document, FaultDocument, Message, Response};
use super::reader::{self, ROOTS};
use super::reading::Reading;
use super::rules::Rules;
use super::source::Source;
use super::tree::{Kind, Node, NodeKind, Rewritten, Tree};
use super::unmarshaller::{Outcome, Unmarshaller};
use crate::{Error, ErrorKind, Limits};

/// Decodes a call or a response, depending on the root element.
///
/// The rules of a release ignore the name of the root. By them, a document with a `methodName` is a call.
///
/// # Errors
/// The first thing in the document that the rules do not allow, or that goes beyond the limits.
pub fn decode<'a>(bytes: &'a [u8], rules: Rules, limits: &Limits) -> Result<Message<'a>, Error> {
    decode_as(bytes, None, rules, limits)
}

/// Decodes a `methodCall`. The rules of a release ignore the name of the root.
///
/// # Errors
/// As [`decode`], and [`ErrorKind::UnexpectedRoot`] for a response.
pub fn decode_call<'a>(bytes: &'a [u8], rules: Rules, limits: &Limits) -> Result<Call<'a>, Error> {
    match decode_as(bytes, Some(Expected::Call), rules, limits)? {
        Message::Call(call) => Ok(call),
        Message::Response(_) => Err(wrong_root(bytes, "a response", "`methodCall`")),
    }
}

/// Decodes a `methodResponse`. The rules of a release ignore the name of the root.
///
/// # Errors
/// As [`decode`], and [`ErrorKind::UnexpectedRoot`] for a call.
pub fn decode_response<'a>(bytes: &'a [u8], rules: Rules, limits: &Limits) -> Result<Response<'a>, Error> {
    match decode_as(bytes, Some(Expected::Response), rules, limits)? {
        Message::Response(response) => Ok(response),
        Message::Call(_) => Err(wrong_root(bytes, "a call", "`methodResponse`")),
    }
}

/// Decodes the reply to a call: a `methodResponse` of exactly one value or one fault.
///
/// By the rules of a release, [`decode_response`] accepts any number of values, and even a call that was sent back, because
/// Python's client does. This function does not, so that a client knows whether the method returned.
///
/// # Errors
/// As [`decode`], [`ErrorKind::UnexpectedRoot`] for a call, and [`ErrorKind::MissingElement`] or
/// [`ErrorKind::UnexpectedElement`] for a response that does not have exactly one value.
pub fn decode_reply<'a>(bytes: &'a [u8], rules: Rules, limits: &Limits) -> Result<Response<'a>, Error> {
    const ROOT: &str = "`methodResponse`";
    let no_call = |error: Error| if error.expectation() == Some(ROOTS) { error.expected(ROOT) } else { error };
    match decode_as(bytes, Some(Expected::Reply), rules, limits).map_err(no_call)? {
        Message::Response(response) => Ok(response),
        Message::Call(_) => Err(wrong_root(bytes, "a call", ROOT)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Call,
    Response,
    /// A response of one value or one fault.
    Reply,
}

fn decode_as<'a>(
    bytes: &'a [u8],
    expected_message: Option<Expected>,
    rules: Rules,
    limits: &Limits,
) -> Result<Message<'a>, Error> {
    // Offsets have 32 bits, and a character of an 8-bit encoding may have three bytes in UTF-8.
    let longest = limits.bytes.min(u32::MAX as usize / 3);
    if bytes.len() > longest {
        return Err(Error::new(ErrorKind::TooLong, longest..bytes.len()).expected(format!("at most {longest} bytes")));
    }
    let source = Source::read(bytes, rules)?;
    let reading = Reading::new(rules, source.is_standalone);
    let builder = Builder::new(&source.text, rules, limits);
    let result = if rules.are_python() {
        by_python(builder, source.start, reading, expected_message)
    } else {
        by_specification(builder, source.start, reading)
    };
    let Parts { nodes, rewritten, root } = result.map_err(|error| {
        let span = source.span(error.span());
        error.at(span)
    })?;
    let tree = Tree { source, nodes, rewritten };
    Ok(match root {
        Root::Call => Message::Call(Call::new(tree)),
        Root::Response => Message::Response(Response::Success(Document::new(tree))),
        Root::Fault => Message::Response(Response::Fault(fault(Document::new(tree), rules)?)),
    })
}

/// The parts of a tree without its source.
struct Parts {
    nodes: Vec<Node>,
    rewritten: Rewritten,
    root: Root,
}

fn by_specification(builder: Builder<'_>, start: usize, reading: Reading) -> Result<Parts, Error> {
    let input = builder.input;
    let mut content = Content::new(builder);
    reader::read(input, start, reading, &mut content)?;
    let Builder { nodes, rewritten, .. } = content.builder;
    Ok(Parts { nodes, rewritten, root: content.root.expect("a document that was read has a root") })
}

/// Reads a document as Python does, and decides what it is as `xmlrpclib.Unmarshaller.close` does.
fn by_python(
    builder: Builder<'_>,
    start: usize,
    reading: Reading,
    expected_message: Option<Expected>,
) -> Result<Parts, Error> {
    let input = builder.input;
    let mut unmarshaller = Unmarshaller::new(builder);
    reader::read(input, start, reading, &mut unmarshaller)?;
    let Unmarshaller { mut builder, method, root, outcome, .. } = unmarshaller;
    // The text after the last value belongs to no element.
    builder.clear_text(input.len());
    let Builder { mut nodes, mut rewritten, .. } = builder;
    let (root, tag) = root.expect("a document that was read has a root");
    if expected_message == Some(Expected::Reply) {
        let is_call = method.is_some() || root == "methodCall";
        if is_call || root != "methodResponse" {
            let error = Error::new(ErrorKind::UnexpectedRoot, tag).expected("`methodResponse`");
            return Err(if is_call {
                error.detail("the document is a call")
            } else {
                error.found(format!("`{root}`"))
            });
        }
        if outcome.is_some() && !is_one_value(&nodes) {
            let error = match nodes.is_empty() {
                true => Error::new(ErrorKind::MissingElement, tag).found("`param`"),
                false => Error::new(ErrorKind::UnexpectedElement, tag).detail("more than one value"),
            };
            return Err(error.expected("one `param`, or one `fault`"));
        }
    }

    match outcome {
        None if root == "methodResponse" => {
            Err(Error::new(ErrorKind::MissingElement, tag).expected("`params` or `fault`"))
        }
        None if root == "methodCall" => Err(Error::new(ErrorKind::MissingElement, tag).expected("`methodName`")),
        None => Err(unexpected_root(&root, tag)),
        // Python calls `Fault(**self._stack[0])`, so other values are ignored.
        Some(Outcome::Fault) => {
            if nodes.first().is_none_or(|node| node.kind != NodeKind::Value(Kind::Struct)) {
                return Err(Error::new(ErrorKind::InvalidFault, tag).expected(FAULT));
            }
            nodes.truncate(nodes[0].link as usize);
            Ok(Parts { nodes, rewritten, root: Root::Fault })
        }
        Some(Outcome::Values)
            if expected_message == Some(Expected::Call)
                || expected_message.is_none() && (method.is_some() || root == "methodCall") =>
        {
            let method = method.unwrap_or_else(|| {
                let link = rewritten.push("None");
                Node { start: tag.start as u32, end: tag.end as u32, link, kind: NodeKind::Name }
            });
            insert_first(&mut nodes, method);
            Ok(Parts { nodes, rewritten, root: Root::Call })
        }
        Some(Outcome::Values) => {
            if !is_one_value(&nodes) {
                let (start, end) = (tag.start as u32, input.len() as u32);
                insert_first(&mut nodes, Node { start, end, link: 0, kind: NodeKind::Value(Kind::Array) });
                nodes[0].link = nodes.len() as u32;
            }
            Ok(Parts { nodes, rewritten, root: Root::Response })
        }
    }
}

fn insert_first(nodes: &mut Vec<Node>, first: Node) {
    for node in nodes.iter_mut() {
        if matches!(node.kind, NodeKind::Value(kind) if kind.is_container()) {
            node.link += 1;
        }
    }
    nodes.insert(0, first);
}

fn is_one_value(nodes: &[Node]) -> bool {
    match nodes.first() {
        Some(Node { kind: NodeKind::Value(kind), link, .. }) if kind.is_container() => *link as usize == nodes.len(),
        _ => nodes.len() == 1,
    }
}

const FAULT: &str = "a struct of exactly `faultCode`, an int, and `faultString`, a string";

fn fault(document: Document<'_>, rules: Rules) -> Result<FaultDocument<'_>, Error> {
    let value = document.value();
    let invalid = |span, detail: String| Err(Error::new(ErrorKind::InvalidFault, span).detail(detail).expected(FAULT));
    if value.kind() != Kind::Struct {
        return invalid(value.span(), format!("a value of type {}", value.type_name()));
    }
    let (mut has_code, mut has_string, mut odd) = (false, false, None);
    for (at, (name, member)) in value.members().enumerate() {
        let is_right = match name {
            "faultCode" => {
                has_code = true;
                member.kind() == Kind::Int
            }
            "faultString" => {
                has_string = true;
                member.kind() == Kind::String
            }
            _ => false,
        };
        if odd.is_none() && (!is_right || at > 1) {
            odd = Some((name, member));
        }
    }
    // Python calls `Fault(**members)`, which fails for a second `self`.
    if rules.are_python() && value.get("self").is_some() {
        return invalid(value.span(), "Python refuses the member `self`".to_owned());
    }
    if !has_code || !has_string {
        let missing = if has_code { "faultString" } else { "faultCode" };
        return invalid(value.span(), format!("`{missing}` is missing"));
    }
    match odd {
        Some((name, member)) if !rules.are_python() => {
            invalid(member.span(), format!("unexpected `{}` of type {}", name.escape_debug(), member.type_name()))
        }
        _ => Ok(FaultDocument::new(document)),
    }
}

fn wrong_root(bytes: &[u8], found: &'static str, expected: &'static str) -> Error {
    let error = Error::new(ErrorKind::UnexpectedRoot, 0..bytes.len().min(1));
    error.detail(format!("the document is {found}")).expected(expected)
}
