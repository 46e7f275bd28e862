//! XML-RPC values that are S-expressions at heart, and back.
//!
//! The daemon sends its nested lists as arrays whose first element is a name. As S-expressions they lose what an
//! S-expression can't say: a number, a boolean, nil and a string all become atoms, in the form in which the
//! S-expression face prints them (`1`, `1.5`, `True`, `None`), and a struct becomes a list of pairs `(name value)`.
//! Before 4.1 that face prints an empty string as nothing, so that there is none in the list either.
//! The way back gives arrays of strings.

use crate::Release;
use crate::datum::Datum;
use crate::sexpr::{Builder, Document, Sexpr};
use crate::xmlrpc::{Value, ValueRef};

/// The S-expression that an XML-RPC value stands for.
///
/// ```
/// use xend_wire::{Limits, Release, sexpr, tuples, xmlrpc};
///
/// let reply = b"<methodResponse><params><param><value><array><data><value>domid</value><value><int>5</int></value>\
///     </data></array></value></param></params></methodResponse>";
/// let response = xmlrpc::decode_response(reply, xmlrpc::Rules::spec(), &Limits::default())?;
/// let xmlrpc::Response::Success(document) = response else { panic!("a fault") };
/// let domid = tuples::to_sexpr(document.value(), Release::V4_1);
/// assert_eq!(sexpr::print(&domid, sexpr::Rules::strict()), b"(domid 5)");
/// # Ok::<(), xend_wire::Error>(())
/// ```
pub fn to_sexpr(value: ValueRef<'_>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    write(&mut builder, &Datum::from_value(value), release);
    builder.finish()
}

fn write(builder: &mut Builder, datum: &Datum, release: Release) {
    match datum {
        Datum::List(items) | Datum::Tuple(items) => {
            builder.open();
            // Protocol reference §2.3: `(features )` before 4.1, `(features '')` since.
            let is_shown = |item: &&Datum| release >= Release::V4_1 || item.as_bytes() != Some(b"");
            for item in items.iter().filter(is_shown) {
                write(builder, item, release);
            }
            builder.close();
        }
        Datum::Dict(members) => {
            builder.open();
            for (name, value) in members {
                builder.open().atom(name);
                write(builder, value, release);
                builder.close();
            }
            builder.close();
        }
        Datum::Bytes(bytes) => drop(builder.atom(bytes)),
        Datum::Text(text) => drop(builder.atom(text)),
        Datum::Long(value) => drop(builder.atom(value.to_string())),
        Datum::None => drop(builder.atom("None")),
        Datum::DateTime(text) => drop(builder.atom(text)),
        Datum::Bool(_) | Datum::Int(_) | Datum::Float(_) => drop(builder.atom(datum.show(release))),
    }
}

/// The arrays of strings by which an S-expression is sent, as `xend.domain.create` takes it.
///
/// # Errors
/// [`NotRepresentable`](crate::ErrorKind::NotRepresentable) for an atom that is not UTF-8.
pub fn to_value(sexpr: Sexpr<'_>) -> Result<Value, crate::Error> {
    let atom = |part: Sexpr<'_>| {
        part.as_str().map(Value::from).ok_or_else(|| {
            crate::Error::new(crate::ErrorKind::NotRepresentable, part.span()).found("atom").expected("UTF-8")
        })
    };
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    for (depth, part) in sexpr.walk() {
        close_to(&mut open, depth + 1);
        if part.is_list() {
            open.push(Vec::new());
        } else {
            open[depth].push(atom(part)?);
        }
    }
    close_to(&mut open, 1);
    Ok(open.remove(0).remove(0))
}

fn close_to(open: &mut Vec<Vec<Value>>, depth: usize) {
    while open.len() > depth {
        let list = Value::Array(open.pop().expect("more than one is open"));
        open.last_mut().expect("the root is open").push(list);
    }
}
