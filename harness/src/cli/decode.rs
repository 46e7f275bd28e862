//! The command `decode`, which prints what a document means.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use xend_wire::Limits;

use super::output::{print_error_text, print_json};
use crate::{Codec, Error, Rules};

/// Print what the document in a file or on standard input means.
///
/// Each value in the document is printed as one line of JSON, in the form in which subjects answer, such as
/// {"list":[{"atom":"a"}]} or {"response":{"int":"5"}}. If the document is rejected, the reason and the place are
/// printed to standard error, and the exit status is 1.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file; without it, or with -, standard input is read.
    file: Option<PathBuf>,
    /// The format of the document.
    #[arg(long, value_enum)]
    codec: Codec,
    /// The rules to read it by; the default is strict for sexpr and spec for xmlrpc.
    #[arg(long, value_name = "RULES")]
    rules: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let codec = arguments.codec;
    let rules: Rules = arguments.rules.as_deref().map_or(Ok(codec.default_rules()), |name| codec.single_rules(name))?;
    let mut document = Vec::new();
    // One byte more than the limit is enough for the document to be refused.
    let most = Limits::default().bytes as u64 + 1;
    let file = arguments.file.as_deref().filter(|file| *file != Path::new("-"));
    let read = match file {
        Some(file) => File::open(file).and_then(|file| file.take(most).read_to_end(&mut document)),
        None => io::stdin().lock().take(most).read_to_end(&mut document),
    };
    let name = file.map_or("standard input".to_owned(), |file| file.display().to_string());
    read.map_err(|error| Error::io(name, &error))?;
    match rules.decode(&document) {
        Ok(values) => {
            print_json(&values.lines().map(|line| line + "\n").collect::<String>())?;
            Ok(0)
        }
        Err(error) => {
            print_error_text(&error.render(&document));
            Ok(1)
        }
    }
}
