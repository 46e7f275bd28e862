//! Durations as files and options write them: `250ms`, `1.5s`, `2m`.

use std::fmt;
use std::time::Duration;

use serde::Serializer;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// What a duration is, for messages.
pub(super) const EXPECTED: &str = "a duration such as \"250ms\", with the unit ms, s or m";

/// Parses a duration.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let seconds = match &text[unit..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let number = &text[..unit];
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Duration::try_from_secs_f64(number.parse::<f64>().ok().filter(|_| is_plain)? * seconds).ok()
}

/// Formats a duration so that [`parse`] reads it back, to the millisecond.
pub(super) fn shown(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    match milliseconds % 1000 {
        0 => format!("{}s", milliseconds / 1000),
        _ => format!("{milliseconds}ms"),
    }
}

pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(*duration))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(EXPECTED)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
            Err(without_unit(number))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
            Err(without_unit(number))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
            Err(without_unit(number))
        }
    }
    deserializer.deserialize_str(Text)
}

/// Returns the error for a number where a duration is meant.
fn without_unit<E: Error>(number: impl fmt::Display) -> E {
    E::custom(format_args!(
        "a duration has a unit and stands in quotes: write \"{number}s\" or \"{number}ms\", not {number}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, milliseconds, again) in
            [("250ms", 250, "250ms"), ("1.5s", 1500, "1500ms"), ("2m", 120_000, "120s"), ("0s", 0, "0s")]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(shown(Duration::from_millis(milliseconds)), again);
        }
        for text in ["", "5", "ms", "-1s", "1h", "1 day", "infs", "1e300s", " 5ms", "+5s", "5 s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
