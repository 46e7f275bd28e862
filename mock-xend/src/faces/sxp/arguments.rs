//! The arguments of operations, as `xend/Args.py` takes them from a form (protocol reference §3.3).

use xend_wire::datum::Datum;
use xend_wire::sexpr::{self, Rules};
use xend_wire::{Error, ErrorKind, Limits, Release};

use super::resources::Handler;
use crate::python;
use crate::world::Failure;

impl Handler<'_> {
    /// `req.args[name][0]`.
    pub(super) fn first(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let first = self.request.fields.get(name).and_then(<[_]>::first);
        first.cloned().ok_or_else(|| Failure::key_error(name))
    }

    /// An argument as `Args.py` takes it: exactly once.
    pub(super) fn text(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.request.fields.get(name) {
            Some([value]) => Ok(value.clone()),
            Some(_) => Err(Failure::argument(format!("Too many values for {name}"))),
            None => Err(Failure::argument(format!("Missing parameter: {name}"))),
        }
    }

    pub(super) fn int(&self, name: &str) -> Result<Datum, Failure> {
        python::int(&self.text(name)?).map(Datum::Int).map_err(Failure::Argument)
    }

    pub(super) fn sxpr(&self, name: &str) -> Result<Datum, Failure> {
        let text = self.text(name)?;
        let failed = |_| Failure::argument("Coercion to sxpr failed");
        parse(&text, self.release).map_err(failed)?.ok_or_else(|| Failure::argument(NO_VALUE))
    }

    /// `on`, `yes`, `1` or `true`, in any case; all else is false.
    pub(super) fn boolean(&self, name: &str) -> Result<bool, Failure> {
        let value = self.text(name)?.to_ascii_lowercase();
        Ok(matches!(value.as_slice(), b"on" | b"yes" | b"1" | b"true"))
    }

    /// Numbers, in the order in which they are checked.
    pub(super) fn ints(&self, names: &[&str]) -> Result<Vec<Datum>, Failure> {
        names.iter().map(|name| self.int(name)).collect()
    }

    /// The configuration of a new domain. These operations read it themselves: the first value counts, the rest does
    /// not.
    pub(super) fn config(&self) -> Result<(Datum, Vec<u8>), Failure> {
        let Some([text, ..]) = self.request.fields.get("config") else {
            let text = "Configuration error 'NoneType' object has no attribute '__getitem__'";
            return Err(Failure::refused(text));
        };
        match parse(text, self.release) {
            Ok(Some(config)) => Ok((config, text.clone())),
            Ok(None) => Err(Failure::refused("Configuration error list index out of range")),
            Err(Raised { is_parse_error, text }) => {
                let prefix = if is_parse_error { "Invalid configuration " } else { "Configuration error " };
                Err(Failure::refused([prefix.as_bytes(), &text].concat()))
            }
        }
    }
}

/// `len()` of the values of a document that has none, because its list never closes.
const NO_VALUE: &str = "object of type 'NoneType' has no len()";

/// What the daemon's parser raised.
struct Raised {
    is_parse_error: bool,
    text: Vec<u8>,
}

/// The first value of a text. There may be none.
fn parse(text: &[u8], release: Release) -> Result<Option<Datum>, Raised> {
    // Deeper than this Python's own recursion ends when the value is used.
    let limits = Limits { depth: 900, ..Limits::default() };
    let first = sexpr::parse_with(text, Rules::xend(release), &limits)
        .and_then(|document| document.first().map(Datum::from_sexpr).transpose());
    first.map_err(|error| raised(&error, text))
}

/// The exception of `sxp.py` (protocol reference §2.5).
fn raised(error: &Error, text: &[u8]) -> Raised {
    let (is_parse_error, text) = match error.kind() {
        ErrorKind::UnmatchedClose => (true, "syntax error: )".to_owned()),
        ErrorKind::UnexpectedEnd | ErrorKind::UnknownEscape => (true, "unexpected EOF".to_owned()),
        ErrorKind::InvalidCharacter => {
            let code = text.get(error.span().start).copied().unwrap_or_default();
            (true, format!("invalid character: code {code}"))
        }
        ErrorKind::OctalOutOfRange => {
            let escape = String::from_utf8_lossy(text.get(error.span()).unwrap_or_default());
            (true, format!("invalid octal escape: out of range {}", escape.trim_start_matches('\\')))
        }
        ErrorKind::DaemonNameError => (false, "global name 'buf' is not defined".to_owned()),
        ErrorKind::DaemonAttributeError => (false, "Parser instance has no attribute 'buf'".to_owned()),
        _ => (false, "maximum recursion depth exceeded".to_owned()),
    };
    Raised { is_parse_error, text: text.into_bytes() }
}
