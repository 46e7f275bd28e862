//! The structs that every method returns: `{Status, Value}` and `{Status, ErrorDescription}` (protocol reference §5.1).

use xend_wire::datum::Datum;

use crate::python;
use crate::weight;
use crate::world;

/// The error of a method: a code with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorDescription {
    /// `Failure`, or `Error` for a method that the daemon never implemented.
    status: &'static str,
    pub(super) words: Vec<Datum>,
}

pub(super) type Outcome = Result<Datum, ErrorDescription>;

impl ErrorDescription {
    pub(super) fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::of(words.into_iter().map(Datum::from))
    }

    pub(super) fn of(words: impl IntoIterator<Item = Datum>) -> Self {
        Self { status: "Failure", words: words.into_iter().collect() }
    }

    /// Creates the error for an exception that the daemon translates to no code.
    pub(super) fn internal(text: impl Into<Vec<u8>>) -> Self {
        Self::of(["INTERNAL_ERROR".into(), text.into().into()])
    }

    /// Creates the error for a value that exceeds a limit of the mock. The daemon has no limit.
    pub(super) fn over_limit(budget: usize, of: &str) -> Self {
        Self::internal(format!("mock-xend keeps at most {} of {of}", weight::shown(budget)))
    }

    pub(super) fn handle_invalid(class: &str, reference: &Datum) -> Self {
        Self::of(["HANDLE_INVALID".into(), class.into(), reference.clone()])
    }

    /// Creates the error for a method that the daemon refuses: `xen_api_error(XEND_ERROR_UNSUPPORTED)`.
    pub(super) fn unsupported() -> Self {
        Self::new(["EUNSUPPORTED", "Method Unsupported"])
    }

    /// Creates the error for a method that the daemon never implemented, which has a status of its own:
    /// `xen_api_todo()`.
    pub(super) fn todo() -> Self {
        Self { status: "Error", ..Self::new(["ETODO", "Lazy Programmer Error"]) }
    }

    /// Converts each word to a string, which raises another exception if the word is not ASCII (`xen_api_error`).
    fn into_strings(self) -> Vec<Datum> {
        let not_ascii = self.words.iter().find_map(|word| match word {
            Datum::Text(text) => python::not_ascii(text),
            _ => None,
        });
        match not_ascii {
            Some(text) => vec!["INTERNAL_ERROR".into(), text.into()],
            None => self.words.iter().map(|word| python::str(word).into()).collect(),
        }
    }

    /// Creates the error for a key that a struct lacks.
    pub(super) fn key_error(key: &str) -> Self {
        Self::internal(python::repr(key.as_bytes()))
    }

    pub(super) fn from_failure(failure: &world::Failure, release: xend_wire::Release) -> Self {
        Self::internal(failure.str(release))
    }
}

/// Returns the struct for an outcome.
pub(super) fn envelope(outcome: Outcome) -> Datum {
    let (status, name, value) = match outcome {
        // A method that returns nothing answers with an empty string (`xen_api_success`).
        Ok(Datum::None) => ("Success", "Value", "".into()),
        Ok(value) => ("Success", "Value", value),
        Err(raised) => (raised.status, "ErrorDescription", Datum::List(raised.into_strings())),
    };
    Datum::Dict(vec![("Status".into(), status.into()), (name.into(), stringify(value))])
}

/// Returns the result of a method without one: an empty string (`xen_api_success_void`).
pub(super) fn void() -> Outcome {
    Ok("".into())
}

/// Converts every number to a string, keys included. Each dict is made anew, key by key (`stringify`).
pub(super) fn stringify(value: Datum) -> Datum {
    match value {
        Datum::Int(number) | Datum::Long(number) => number.to_string().into(),
        Datum::List(items) | Datum::Tuple(items) => Datum::List(items.into_iter().map(stringify).collect()),
        Datum::Dict(members) => {
            let members = members.into_iter().map(|(name, value)| (name, stringify(value)));
            python::dict(members.collect())
        }
        other => other,
    }
}
