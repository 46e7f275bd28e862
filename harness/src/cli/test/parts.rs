//! What the parts of the command `test` share.

use std::path::Path;
use std::time::Duration;

use crate::case::Case;
use crate::{Codec, Error};

/// Returns the cases with an id that `is_wanted` accepts: those of the folder, or the built-in ones if there is none.
/// Every file of a folder is read, because someone is writing it and wants to know of each mistake.
pub(in crate::cli) fn cases(folder: Option<&Path>, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<Case>, Error> {
    let Some(folder) = folder else { return Case::built_in_where(is_wanted) };
    Ok(Case::in_folder(folder)?.into_iter().filter(|case| is_wanted(&case.id)).collect())
}

/// Parses a number of seconds that is greater than 0.
pub(in crate::cli) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or("expected seconds above 0, such as 5 or 0.5".to_owned())
}

/// Returns all rules of the codecs.
pub(super) fn codecs(codec: Option<Codec>) -> Vec<Codec> {
    codec.map_or(Codec::ALL.to_vec(), |codec| vec![codec])
}

/// Collects the words of a command line.
#[derive(Debug, Default)]
pub(super) struct Words(pub(super) Vec<String>);

impl Words {
    pub(super) fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.0.push(name.to_owned());
        }
    }

    pub(super) fn option(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.extend([name.to_owned(), value.to_string()]);
        }
    }
}
