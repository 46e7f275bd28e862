//! What serde says of a fault that can't be read, in words of people.

use crate::nearest;

/// Rewords what serde says, which speaks of the types of this program.
pub(crate) fn reworded(message: &str) -> String {
    if message == "invalid type: unit variant, expected newtype variant" {
        return "this fault needs a value".to_owned();
    }
    if message.ends_with("expected map with a single key") {
        return "a fault has one name: write each of several as an entry of the list".to_owned();
    }
    if message.starts_with("expected table, found ") || message.ends_with(", expected unit") {
        return "this fault takes no value".to_owned();
    }
    if let Some(unknown) = message.strip_prefix("unknown variant `") {
        let given = unknown.split('`').next().unwrap_or_default();
        let known: Vec<_> = unknown.split('`').skip(2).step_by(2).collect();
        return nearest::unknown("fault", given, &known);
    }
    message
        .replace("invalid type: map", "invalid type: table")
        .replace("invalid type: sequence", "invalid type: list")
        .replace("expected a map", "expected a table")
        .replace("expected a sequence", "expected a list")
        .replace("expected string or map", "expected the name of a fault, alone or with its value")
        .replace("expected a nonzero usize", "expected a number, 1 or more")
        .replace("expected usize", "expected a number")
        .replace(" as i128", "")
}
