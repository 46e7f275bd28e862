//! Holds what came of an operation against what a law expects of it.

use xend_wire::failure::ErrorCode;
use xend_wire::visible;

use super::definition::{Check, Expected};
use super::names::Names;
use crate::shorten::shortened;
use crate::subject::Told;
use crate::verdict::Status;

/// The length to which a message of whoever is tried is shortened, in characters.
const LONGEST: usize = 300;

/// What came of an operation, whoever did it.
#[derive(Clone, Debug)]
pub(crate) enum Came {
    /// It was done, and told this.
    Done(Told),
    /// It was refused, with a code where there is one.
    Refused { code: Option<ErrorCode>, said: String },
    /// It can't be asked, which is no fault of who is tried.
    Unsupported(String),
    /// Nobody knows what came of it.
    Lost { status: Status, why: String, said: String },
}

/// Why a law does not hold, or can't be tried.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) status: Status,
    pub(crate) why: String,
    pub(crate) got: String,
    pub(crate) wanted: String,
}

/// Judges what came of a step.
pub(crate) fn judge(expected: &Expected, names: &Names, came: Came) -> Result<(), Broken> {
    let broken = |status, why: &str, got: &str| Broken {
        status,
        why: why.to_owned(),
        // The text may come from a peer, so control bytes in it are escaped.
        got: shortened(&visible(got.as_bytes()), LONGEST),
        wanted: wanted(expected, names),
    };
    let told = match (came, expected) {
        (Came::Done(_), Expected::Error(_)) => {
            return Err(broken(Status::Fail, "the operation succeeds and should fail", "done"));
        }
        (Came::Done(told), _) => told,
        (Came::Refused { code, .. }, Expected::Error(codes))
            if codes.is_empty() || code.is_none_or(|code| codes.contains(&code)) =>
        {
            return Ok(());
        }
        (Came::Refused { .. }, Expected::Tried) => return Ok(()),
        (Came::Refused { said, .. }, Expected::Error(_)) => {
            return Err(broken(Status::Fail, "the operation fails with another error", &said));
        }
        (Came::Refused { said, .. }, _) => {
            return Err(broken(Status::Fail, "the operation fails and should succeed", &said));
        }
        (Came::Unsupported(why), _) => return Err(broken(Status::Unsupported, &why, "")),
        (Came::Lost { status, why, said }, _) => return Err(broken(status, &why, &said)),
    };
    match expected {
        Expected::Done | Expected::Tried | Expected::Error(_) => Ok(()),
        Expected::Fields(fields) => {
            let got = |name: &str| told.record.as_ref().and_then(|record| record.get(name));
            let agrees = fields
                .iter()
                .all(|check| got(&check.field).is_some_and(|value| check.holds(value, &names.put(&check.value))));
            if agrees {
                return Ok(());
            }
            let shown = fields
                .iter()
                .map(|Check { field, .. }| format!("{field} {}", got(field).map_or("(none)", |value| value)));
            let shown = shown.collect::<Vec<_>>().join(", ");
            Err(broken(Status::Fail, "the record has other values than expected", &shown))
        }
        Expected::Names { has, lacks } => {
            let listed = told.names.unwrap_or_default();
            let times = |name: &String| {
                let name = names.put(name);
                listed.iter().filter(|listed| **listed == name).count()
            };
            if has.iter().all(|name| times(name) == 1) && lacks.iter().all(|name| times(name) == 0) {
                return Ok(());
            }
            Err(broken(Status::Fail, "the list has other names than expected", &listed.join(" ")))
        }
    }
}

/// Says what a step expects, for people.
pub(crate) fn wanted(expected: &Expected, names: &Names) -> String {
    match expected {
        Expected::Done => "done".to_owned(),
        Expected::Tried => "done, or refused".to_owned(),
        Expected::Error(codes) if codes.is_empty() => "a failure".to_owned(),
        Expected::Error(codes) => codes.iter().map(ErrorCode::to_string).collect::<Vec<_>>().join(" or "),
        Expected::Fields(fields) => {
            let fields: Vec<_> = fields.iter().map(|check| check.text(&names.put(&check.value))).collect();
            fields.join(", ")
        }
        Expected::Names { has, lacks } => {
            let put = |listed: &[String]| listed.iter().map(|name| names.put(name)).collect::<Vec<_>>().join(", ");
            let parts = [("with", has), ("without", lacks)].into_iter().filter(|(_, listed)| !listed.is_empty());
            parts.map(|(word, listed)| format!("{word} {}", put(listed))).collect::<Vec<_>>().join(" and ")
        }
    }
}
