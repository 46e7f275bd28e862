//! From a request back to the operation that it asks for.

use super::table::Source;
use super::{Arguments, OPERATIONS, Operation};
use crate::Release;
use crate::datum::Datum;

/// The operation behind a request on the S-expression face, with its arguments.
///
/// `path` are the elements of the path, decoded and without empty ones; `fields` those of query and form together.
/// Fields that the operation does not know are passed over, as the daemon does.
pub fn recognise_sxp(
    release: Release,
    method: &str,
    path: &[impl AsRef<[u8]>],
    fields: &[(impl AsRef<str>, impl AsRef<[u8]>)],
) -> Option<(&'static Operation, Arguments)> {
    OPERATIONS.iter().find_map(|operation| {
        let form = operation.sxp_form(release).filter(|form| form.method == method)?;
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
            let (_, value) = fields.iter().find(|(known, _)| known.as_ref() == *name)?;
            take(source, value.as_ref(), &mut arguments)?;
        }
        Some((operation, arguments))
    })
}

/// The operation behind an XML-RPC call, with its arguments.
pub fn recognise_xmlrpc(release: Release, method: &str, params: &[Datum]) -> Option<(&'static Operation, Arguments)> {
    OPERATIONS.iter().find_map(|operation| {
        let form = operation.xmlrpc_form(release)?;
        if form.method != method || form.params.len() != params.len() {
            return None;
        }
        let mut arguments = Arguments::new();
        for (source, param) in form.params.iter().zip(params) {
            let text = param.as_bytes().map_or_else(|| param.show(release), <[u8]>::to_vec);
            take(source, &text, &mut arguments)?;
        }
        Some((operation, arguments))
    })
}

/// Notes an argument, or checks that a constant is the one of the form.
fn take(source: &Source, value: &[u8], arguments: &mut Arguments) -> Option<()> {
    match *source {
        Source::Argument(name) => arguments.push(name, value),
        Source::Text(text) if text.as_bytes() == value => {}
        Source::Int(number) if number.to_string().as_bytes() == value => {}
        Source::Text(_) | Source::Int(_) => return None,
    }
    Some(())
}
