//! The places where an S-expression is not the one that was expected.

use xend_wire::sexpr::Sexpr;
use xend_wire::visible;

use super::shown;

/// The most differences that are told.
const MOST: usize = 10;
/// The most levels that are looked into.
const DEEPEST: usize = 50;

/// Returns where one value differs from another: `args.config/vm/memory: 512, expected 256`.
pub(super) fn sexpr(path: &str, given: Option<Sexpr<'_>>, wanted: Option<Sexpr<'_>>) -> Vec<String> {
    let mut found = Vec::new();
    compare(path, given, wanted, DEEPEST, &mut found);
    found.truncate(MOST);
    found
}

fn compare(path: &str, given: Option<Sexpr<'_>>, wanted: Option<Sexpr<'_>>, depth: usize, found: &mut Vec<String>) {
    if found.len() >= MOST || depth == 0 {
        return;
    }
    match (given, wanted) {
        (Some(given), Some(wanted)) if given.is_list() && wanted.is_list() => {
            let name = |value: Sexpr<'_>| value.name().map(<[u8]>::to_vec);
            let path = match wanted.name() {
                Some(name) => format!("{path}/{}", visible(name)),
                None => path.to_owned(),
            };
            let mut left: Vec<_> = given.items().collect();
            for (at, wanted) in wanted.items().enumerate() {
                // A list with a name is looked for by its name, anything else by its place.
                let of = match name(wanted).filter(|_| wanted.is_list()) {
                    Some(known) => {
                        left.iter().position(|given| given.is_list() && name(*given).as_ref() == Some(&known))
                    }
                    None => left.iter().position(|given| !given.is_list() || given.name().is_none()),
                };
                let path = if wanted.is_list() || at <= 1 { path.clone() } else { format!("{path}[{at}]") };
                match of {
                    Some(of) => compare(&path, Some(left.remove(of)), Some(wanted), depth - 1, found),
                    None => compare(&path, None, Some(wanted), depth - 1, found),
                }
            }
            found.extend(
                left.iter().take(MOST).map(|extra| format!("{path}: {}, expected nothing", text(*extra, &path))),
            );
        }
        (Some(given), Some(wanted)) if given.as_atom() == wanted.as_atom() && !wanted.is_list() => {}
        (None, None) => {}
        (given, wanted) => {
            let show = |value: Option<Sexpr<'_>>, none: &str| value.map_or(none.to_owned(), |value| text(value, path));
            found.push(format!("{path}: {}, expected {}", show(given, "missing"), show(wanted, "nothing")));
        }
    }
}

fn text(value: Sexpr<'_>, path: &str) -> String {
    if shown::is_secret(path.as_bytes()) {
        return shown::REDACTED.to_owned();
    }
    match value.as_atom() {
        Some(atom) => shown::text(atom),
        None => match value.name() {
            Some(name) => format!("({} ...)", shown::text(name)),
            None => "a list".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use xend_wire::sexpr::parse;

    use super::*;

    #[test]
    fn differences_are_told_by_their_paths() {
        let check = |given: &str, wanted: &str, expected: &[&str]| {
            let (given, wanted) = (parse(given.as_bytes()).unwrap(), parse(wanted.as_bytes()).unwrap());
            assert_eq!(sexpr("config", given.first(), wanted.first()), expected);
        };
        check("(vm (name a) (memory 64))", "(vm (memory 64) (name a))", &[]);
        check("(vm (name a) (memory 64))", "(vm (name a) (memory 32))", &["config/vm/memory: 64, expected 32"]);
        check("(vm (name a))", "(vm (name a) (memory 32))", &["config/vm: missing, expected (memory ...)"]);
        check("(vm (name a) (cpu 1))", "(vm (name a))", &["config/vm: (cpu ...), expected nothing"]);
        check("(vm (vncpasswd a))", "(vm (vncpasswd b))", &["config/vm/vncpasswd: {redacted}, expected {redacted}"]);
        check("a", "(vm)", &["config: a, expected (vm ...)"]);
    }
}
