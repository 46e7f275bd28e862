//! Subjects: the parsers that are tested.
//!
//! A [`Subject`] declares what it can do, and answers one [`Question`] after the other. There are three kinds:
//! [`BuiltIn`], the codecs of this project; [`KeptAlive`], a command that is started once and answers JSON lines; and
//! [`Once`], a command that is started for each case. A question to a command always ends, whatever the command does:
//! in an [`Answer`], or in a [`Fault`] of the subject.
//!
//! # A command that is kept alive
//!
//! The harness writes one JSON object a line to the command's standard input, and the command answers each with one
//! line on its standard output:
//! ```text
//! -> {"hello":{"protocol":1}}
//! <- {"hello":{"name":"my-parser","version":"1.2","decodes":{"sexpr":["strict"],"xmlrpc":["spec"]},"features":["nil"]}}
//! -> {"id":"sexpr/quote-single","codec":"sexpr","rules":"strict","input":"<base64>"}
//! <- {"id":"sexpr/quote-single","values":[{"list":[{"atom":"a"},{"atom":"x y"}]}]}
//! <- {"id":"...","reject":"unexpected end of input"}      or {"id":"...","unsupported":"why"}
//! ```
//! The form of the values is that of [`Tagged`], and the features are those of [`Feature`]. A subject that crashes,
//! hangs or gives an invalid answer is started again for the next question.
//!
//! # A command that is started for each case
//!
//! The command gets the document on standard input, and the variables `XEND_CODEC` and `XEND_RULES` in its environment.
//! It writes one answer line to standard output, as above but without `id`. If there is no answer line, the verdict is
//! a crash, whatever the exit status is.

mod answer;
mod built_in;

mod kept_alive;
mod once;
mod process;
mod process_tree;

use std::ffi::OsString;
use std::io;
use std::time::Duration;

pub use answer::serve;
pub use built_in::BuiltIn;
pub use kept_alive::KeptAlive;
pub use once::Once;
use xend_wire::ErrorKind;

use crate::feature::Feature;
use crate::tagged::Tagged;
use crate::{Error, Rules};

/// A parser that is tested: it declares what it can do, and answers questions.
pub trait Subject {
    /// Returns what the subject can do. It is known after [`start`](Subject::start).
    fn declaration(&self) -> &Declaration;

    /// Prepares the subject to be asked.
    ///
    /// # Errors
    /// Returns an [`Error`] if the subject is a command that does not exist, or if the harness itself fails. A mistake
    /// of the subject is returned as the inner [`FaultReport`].
    fn start(&mut self) -> Result<Result<(), FaultReport>, Error> {
        Ok(Ok(()))
    }

    /// Asks the subject one question.
    ///
    /// # Errors
    /// Returns an [`Error`] if the subject is a command that does not exist, or if the harness itself fails. A mistake
    /// of the subject is part of the reply.
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error>;

    /// Ends the subject, and returns what was wrong with its output after its last answer, if anything was.
    fn finish(&mut self) -> Option<FaultReport> {
        None
    }
}

/// What a subject declares that it can do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// The subject's name and version, for reports.
    pub name: String,
    /// The rules by which the subject can read.
    pub rules: Vec<Rules>,
    /// The optional features that the subject has.
    pub features: Vec<Feature>,
}

/// A question to a subject: a document and the rules to read it by.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The id of the case.
    pub id: &'a str,
    /// The rules to read it by.
    pub rules: Rules,
    /// The document, as bytes.
    pub input: &'a [u8],
    /// How long the answer may take, if the case has a deadline of its own.
    pub deadline: Option<Duration>,
}

/// What a subject did with a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The answer, or the reason why there is none.
    pub answer: Result<Answer, Fault>,
    /// The end of what the subject wrote to standard error during the question.
    pub stderr: String,
    /// A fault in the reply to the previous question that was only found now, such as a second answer.
    pub previous_fault: Option<FaultReport>,
}

/// What a subject answers about a document: the values in it, that it refuses the document, or that it can't do this.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The subject accepted the document and read these values.
    Values(Tagged),
    /// The subject refused the document.
    Reject {
        /// The reason, in the subject's words.
        message: String,
        /// The kind of error; only the built-in codecs give one.
        kind: Option<ErrorKind>,
    },
    /// The subject can't do what is asked; the text is its reason.
    Unsupported(String),
}

/// The reason why a subject gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The subject ended or closed its output before it answered; the text says how.
    Crash(String),
    /// The subject did not answer within this time.
    Timeout(Duration),
    /// The subject's output is not a valid answer to the question. The fields are the reason, and the line.
    InvalidAnswer(String, String),
    /// The subject's answer is too long, or it uses too much memory or too many processes; the text says which.
    ResourceLimit(String),
    /// The harness failed to ask the subject; the text says why.
    Harness(String),
}

/// A fault of a subject, with what the subject wrote to standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// What the subject did wrong.
    pub fault: Fault,
    /// The end of what the subject wrote to standard error.
    pub stderr: String,
}

/// The time and the resources that a command may use.
///
/// The time that a command's threads wait for a processor does not count as its time, so a busy machine changes no
/// verdict; but the command must end after ten times its deadline in any case. Time and memory are measured for the
/// command together with all processes that it started. The limits of the operating system (`setrlimit`) are not used:
/// they count memory that is reserved and not used, and sanitizers and virtual machines reserve more than the machine
/// has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long an answer may take, including the start of the command. If it is `None`, the deadline of the case
    /// holds, or else [`Bounds::TIMEOUT`].
    pub timeout: Option<Duration>,
    /// The longest answer, in bytes; 64 MiB by default.
    pub answer: usize,
    /// The most memory that may be in use, in bytes; 4 GiB by default.
    pub memory: u64,
}

impl Bounds {
    /// How long an answer may take if neither the user nor the case says so.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// Returns how long an answer may take to a case whose own deadline is `case`.
    fn deadline(&self, case: Option<Duration>) -> Duration {
        self.timeout.or(case).unwrap_or(Self::TIMEOUT)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { timeout: None, answer: 64 << 20, memory: 4 << 30 }
    }
}

/// How long a command may take to end after its input has ended.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// Handles a command that could not be started. At the first start this is the user's mistake. Later it is a failure of
/// the harness, since the command did start before.
fn not_started(command: &[OsString], error: &io::Error, is_first: bool) -> Result<FaultReport, Error> {
    let program = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    let message = format!("can't start {program}: {error}");
    if is_first {
        Err(Error::Usage(message))
    } else {
        Ok(FaultReport { fault: Fault::Harness(message), stderr: String::new() })
    }
}
