//! Finds the operation, and its arguments, that a request stands for.
//!
//! A server already knows from the resource or the method which operations a request may stand for. It passes these
//! candidates, or [`ALL`](super::ALL), to the functions here, which return those that match. An optional argument that the
//! request leaves out, or for which it has the default value, is not among the arguments.

use super::arguments::Arguments;
use super::face::Face;
use super::form::{Object, Representation, Source};
use super::row::Operation;
use crate::Release;
use crate::datum::Datum;

/// The operations that a request on the S-expression face stands for, each with its arguments. There are several if their
/// requests are the same.
///
/// `path` has the decoded elements of the path. Empty elements are ignored, as the daemon ignores them. `field` returns the
/// value of a field of the query or the form by its name. Fields that an operation does not know are ignored, as by the
/// daemon. Only the operations with the most fields are returned, so `GET /xend/domain?detail=1` does not also stand for
/// `GET /xend/domain`.
pub fn recognise_resource<'f>(
    candidates: &[Operation],
    release: Release,
    method: &[u8],
    path: &[impl AsRef<[u8]>],
    field: impl Fn(&str) -> Option<&'f [u8]>,
) -> Vec<(Operation, Arguments)> {
    let recognised = candidates.iter().filter_map(|operation| {
        let form = operation.sxp_form(release).ok().filter(|form| form.method.as_bytes() == method)?;
        let mut arguments = Arguments::new();
        let mut elements = path.iter().map(AsRef::as_ref).filter(|element| !element.is_empty());
        for pattern in form.path.split('/').filter(|pattern| !pattern.is_empty()) {
            let element = elements.next()?;
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
            let given = field(name).map(|value| Datum::Bytes(value.to_vec()));
            read_argument(*operation, source, given.as_ref(), release, &mut arguments)?;
        }
        Some((form.fields.len(), (*operation, arguments)))
    });
    let recognised: Vec<_> = recognised.collect();
    let most = recognised.iter().map(|(length, _)| *length).max();
    recognised.into_iter().filter(|(length, _)| Some(*length) == most).map(|(_, recognised)| recognised).collect()
}

/// The operations that a call on one of the two XML-RPC faces stands for, each with its arguments. There are several if
/// their calls are the same, and none for the face `sxp`.
///
/// On the Xen-API the session is ignored, and the argument `domain` is the reference of the domain as it was sent.
pub fn recognise_call(
    candidates: &[Operation],
    face: Face,
    release: Release,
    method: &str,
    params: &[Datum],
) -> Vec<(Operation, Arguments)> {
    let recognised = candidates.iter().flat_map(|operation| {
        let all = match face {
            Face::Sxp => None,
            Face::XmlRpc => xmlrpc_arguments(*operation, release, method, params).map(|arguments| vec![arguments]),
            Face::XenApi => xenapi_arguments(*operation, release, method, params),
        };
        all.into_iter().flatten().map(|arguments| (*operation, arguments))
    });
    recognised.collect()
}

fn xmlrpc_arguments(operation: Operation, release: Release, method: &str, params: &[Datum]) -> Option<Arguments> {
    let form = operation.xmlrpc_form(release).ok().filter(|form| form.method == method)?;
    read_arguments(operation, form.params, params, release)
}

fn xenapi_arguments(operation: Operation, release: Release, method: &str, params: &[Datum]) -> Option<Vec<Arguments>> {
    let forms = operation.xenapi_forms(release).ok()?;
    let form = forms.iter().rfind(|form| form.releases.contains(release) && form.method == method)?;
    let (before, params) = params.split_at_checked(match form.object {
        Object::Daemon => 0,
        Object::Session => 1,
        Object::Vm | Object::Host | Object::HostMetrics => 2,
    })?;
    let mut arguments = read_arguments(operation, form.params, params, release)?;
    if form.object == Object::Vm {
        arguments.push("domain", before[1].as_bytes()?);
    }
    let Some((name, values)) = form.only else { return Some(vec![arguments]) };
    // The method is the same for all these values of the argument.
    let with = |value: &&str| {
        let mut arguments = arguments.clone();
        arguments.push(name, *value);
        arguments
    };
    Some(values.iter().map(with).collect())
}

fn read_arguments(operation: Operation, sources: &[Source], params: &[Datum], release: Release) -> Option<Arguments> {
    let mut arguments = Arguments::new();
    for (at, source) in sources.iter().enumerate() {
        read_argument(operation, source, params.get(at), release, &mut arguments)?;
    }
    (params.len() <= sources.len()).then_some(arguments)
}

/// Reads the value of one field or parameter: adds an argument, or checks a constant. `None` if the value does not match.
fn read_argument(
    operation: Operation,
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
    match source {
        Source::Arg(name) => arguments.push(*name, shown(given?)),
        Source::Or(name, literal) => match given.map(shown) {
            Some(value) if value != literal.text() => arguments.push(*name, value),
            _ => {}
        },
        Source::As(name, representation) => {
            let value = shown(given?);
            let value = match representation {
                Representation::Number if value == b"0" && !operation.argument(name)?.is_required => return Some(()),
                Representation::CharacterCode => {
                    char::from_u32(str::from_utf8(&value).ok()?.parse().ok()?)?.to_string().into_bytes()
                }
                Representation::Array => given?.items().iter().map(shown).collect::<Vec<_>>().join(&b','),
                Representation::Brackets => {
                    value.strip_prefix(b"[").and_then(|value| value.strip_suffix(b"]")).unwrap_or(&value).to_vec()
                }
                Representation::Bytes => {
                    (str::from_utf8(&value).ok()?.parse::<i64>().ok()? >> 20).to_string().into_bytes()
                }
                Representation::CpuMap => value.strip_prefix(b"cpumap")?.to_vec(),
                Representation::Number | Representation::Text | Representation::Whole | Representation::BlockNumber => {
                    value
                }
            };
            arguments.push(*name, value);
        }
        Source::Always(literal) => (shown(given?) == literal.text()).then_some(())?,
        Source::Usually(_) | Source::Unsent => {}
        Source::Struct(members) => {
            let Some(Datum::Dict(given)) = given else { return Some(()) };
            for (name, source) in *members {
                let value = given.iter().find(|(known, _)| known == name).map(|(_, value)| value);
                if value.is_some() {
                    read_argument(operation, source, value, release, arguments)?;
                }
            }
        }
    }
    Some(())
}
