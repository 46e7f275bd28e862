//! From a request back to the operation that it asks for.

use super::form::{Object, Shape, Source};
use super::{Arguments, OPERATIONS, Operation};
use crate::Release;
use crate::datum::Datum;

/// An operation, and what it is to be done with.
type Recognised = (&'static Operation, Arguments);

/// The operations that a request on the S-expression face may be, with their arguments: several where one request stands
/// for them all.
///
/// `path` are the elements of the path, decoded and without empty ones; `fields` those of query and form together.
/// Fields that the operation does not know are passed over, as the daemon does. An optional argument that is not given,
/// or has the value that it would have then, is not among the arguments.
pub fn recognise_sxp(
    release: Release,
    method: &str,
    path: &[impl AsRef<[u8]>],
    fields: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Vec<Recognised> {
    let recognised = OPERATIONS.iter().filter_map(|operation| {
        let form = operation.sxp_form(release).ok().filter(|form| form.method == method)?;
        let mut arguments = Arguments::new();
        let mut elements = path.iter();
        for pattern in form.path.split('/').filter(|pattern| !pattern.is_empty()) {
            let element = elements.next()?.as_ref();
            match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => arguments.push(name, element),
                None if pattern.as_bytes() == element => {}
                None => return None,
            }
        }
        if elements.next().is_some() {
            return None;
        }
        for (name, source) in form.fields {
            let given =
                fields.iter().find(|(known, _)| known.as_ref() == *name).map(|(_, value)| value.as_ref().to_vec());
            take(operation, source, given.map(Datum::Bytes).as_ref(), release, &mut arguments)?;
        }
        Some((form.fields.len(), (operation, arguments)))
    });
    let recognised: Vec<_> = recognised.collect();
    // `GET /xend/domain?detail=1` is more than `GET /xend/domain`.
    let most = recognised.iter().map(|(length, _)| *length).max();
    recognised.into_iter().filter(|(length, _)| Some(*length) == most).map(|(_, recognised)| recognised).collect()
}

/// The operations that an XML-RPC call may be, with their arguments; optional ones as [`recognise_sxp`] gives them.
pub fn recognise_xmlrpc(release: Release, method: &str, params: &[Datum]) -> Vec<Recognised> {
    let recognised = OPERATIONS.iter().filter_map(|operation| {
        let form = operation.xmlrpc_form(release).ok().filter(|form| form.method == method)?;
        Some((operation, take_all(operation, form.params, params, release)?))
    });
    recognised.collect()
}

/// The operations that a call of the Xen-API may be, with their arguments. The session is passed over; the argument
/// `domain` is the domain's reference, as it was sent.
pub fn recognise_xenapi(release: Release, method: &str, params: &[Datum]) -> Vec<Recognised> {
    let recognised = OPERATIONS.iter().filter_map(|operation| {
        let forms = operation.xenapi_forms(release).ok()?;
        let form = forms.iter().rfind(|form| form.since <= release && form.method == method)?;
        let (before, params) = params.split_at_checked(match form.object {
            Object::Daemon => 0,
            Object::Session => 1,
            Object::Vm | Object::Host | Object::HostMetrics => 2,
        })?;
        let mut arguments = take_all(operation, form.params, params, release)?;
        if form.object == Object::Vm {
            arguments.push("domain", before[1].as_bytes()?);
        }
        let Some((name, values)) = form.only else { return Some(vec![(operation, arguments)]) };
        // The method stands for any of these.
        let with = |value: &&str| {
            let mut arguments = arguments.clone();
            arguments.push(name, *value);
            (operation, arguments)
        };
        Some(values.iter().map(with).collect())
    });
    recognised.flatten().collect()
}

fn take_all(operation: &Operation, sources: &[Source], params: &[Datum], release: Release) -> Option<Arguments> {
    let mut arguments = Arguments::new();
    for (at, source) in sources.iter().enumerate() {
        take(operation, source, params.get(at), release, &mut arguments)?;
    }
    (params.len() <= sources.len()).then_some(arguments)
}

/// Notes an argument, or checks that a constant is the one of the form.
fn take(
    operation: &Operation,
    source: &Source,
    given: Option<&Datum>,
    release: Release,
    arguments: &mut Arguments,
) -> Option<()> {
    let shown = |datum: &Datum| match datum {
        Datum::Bool(flag) => u8::from(*flag).to_string().into_bytes(),
        Datum::Bytes(bytes) => bytes.clone(),
        Datum::Text(text) => text.clone().into_bytes(),
        Datum::None => Vec::new(),
        other => other.show(release),
    };
    let kind = |name: &str| operation.arguments.iter().find(|argument| argument.name == name);
    match source {
        Source::Arg(name) => arguments.push(*name, shown(given?)),
        Source::Or(name, literal) => match given.map(shown) {
            Some(value) if value != literal.text() => arguments.push(*name, value),
            _ => {}
        },
        Source::As(name, shape) => {
            let value = shown(given?);
            let value = match shape {
                Shape::Number if value == b"0" && !kind(name)?.is_required => return Some(()),
                Shape::CharacterCode => {
                    char::from_u32(str::from_utf8(&value).ok()?.parse().ok()?)?.to_string().into_bytes()
                }
                Shape::Array => given?.items().iter().map(shown).collect::<Vec<_>>().join(&b','),
                Shape::Brackets => {
                    value.strip_prefix(b"[").and_then(|value| value.strip_suffix(b"]")).unwrap_or(&value).to_vec()
                }
                Shape::Bytes => (str::from_utf8(&value).ok()?.parse::<i64>().ok()? >> 20).to_string().into_bytes(),
                Shape::CpuMap => value.strip_prefix(b"cpumap")?.to_vec(),
                Shape::Number | Shape::Text => value,
            };
            arguments.push(*name, value);
        }
        Source::Always(literal) => (shown(given?) == literal.text()).then_some(())?,
        Source::Usually(_) | Source::Unsent => {}
        Source::Struct(members) => {
            let Some(Datum::Dict(given)) = given else { return Some(()) };
            for (name, source) in *members {
                let value = given.iter().find(|(known, _)| known == name).map(|(_, value)| value);
                take(operation, source, value, release, arguments)?;
            }
        }
    }
    Some(())
}
