//! Subjects: what is under test.
//!
//! A [`Subject`] says what it can do and answers one [`Question`] after the other. There are three kinds of parser:
//! [`BuiltIn`], our own codecs; [`KeptAlive`], a command that speaks JSON lines; [`Once`], a command that is started
//! for each case. Whatever a command does, asking it ends, in an [`Answer`] or in a [`Fault`] of the subject.
//!
//! # Kept alive
//!
//! One JSON object a line on standard input, one answer a line on standard output:
//! ```text
//! -> {"hello":{"protocol":1}}
//! <- {"hello":{"name":"my-parser","version":"1.2","decodes":{"sexpr":["strict"],"xmlrpc":["spec"]},"features":["nil"]}}
//! -> {"id":"sexpr/quote-single","codec":"sexpr","rules":"strict","input":"<base64>"}
//! <- {"id":"sexpr/quote-single","values":[{"list":[{"atom":"a"},{"atom":"x y"}]}]}
//! <- {"id":"...","reject":"unexpected end of input"}      or {"id":"...","unsupported":"why"}
//! ```
//! The values are those of [`Tagged`], the features those of [`Feature`]. A subject that crashes, hangs or speaks
//! nonsense is started anew for the next question.
//!
//! # Once a case
//!
//! The document on standard input, `XEND_CODEC` and `XEND_RULES` in the environment, and one answer line as above
//! without `id` on standard output. No answer line is a crash, whatever the exit status.

mod answer;
mod built_in;
mod family;
mod kept_alive;
mod once;
mod process;

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

/// What is under test.
pub trait Subject {
    /// What it can do. Known once it has been [started](Subject::start).
    fn declaration(&self) -> &Declaration;

    /// Gets it ready to be asked.
    ///
    /// # Errors
    /// There is no such command, or the harness itself fails. What the subject does wrong is the inner [`Stumble`].
    fn start(&mut self) -> Result<Result<(), Stumble>, Error> {
        Ok(Ok(()))
    }

    /// Asks it.
    ///
    /// # Errors
    /// As [`Subject::start`]. What the subject does wrong is in the reply.
    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error>;

    /// Lets it go, and says what was wrong behind its last answer.
    fn finish(&mut self) -> Option<Stumble> {
        None
    }
}

/// What a subject says it can do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// Its name and version, for reports.
    pub name: String,
    /// The rules by which it reads.
    pub rules: Vec<Rules>,
    /// What it can do of what not every subject can.
    pub features: Vec<Feature>,
}

/// A document and how to read it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The case.
    pub id: &'a str,
    /// The rules to read it by.
    pub rules: Rules,
    /// The document.
    pub input: &'a [u8],
    /// How long the answer may take, if the case says so.
    pub deadline: Option<Duration>,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The answer, or why there is none.
    pub answer: Result<Answer, Fault>,
    /// What the subject wrote to standard error meanwhile; the last of it, if it was much.
    pub stderr: String,
    /// What turned out only now to be wrong with the reply to the question before.
    pub late: Option<Stumble>,
}

/// What a subject makes of a document.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// These values.
    Values(Tagged),
    /// It refuses the document.
    Reject {
        /// Why, in its own words.
        message: String,
        /// Why, where it is our own codec.
        kind: Option<ErrorKind>,
    },
    /// It can't do what is asked, and says why.
    Unsupported(String),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It ended, or closed its output, before it answered.
    Crash(String),
    /// It did not answer in time.
    Timeout(Duration),
    /// What it said is no answer to the question: why, and the line.
    InvalidAnswer(String, String),
    /// It said more than anyone needs, or took more memory or processes.
    ResourceLimit(String),
    /// The harness could not ask it.
    Harness(String),
}

/// A fault, with what the subject wrote to standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stumble {
    /// The fault.
    pub fault: Fault,
    /// What it wrote; the last of it, if it was much.
    pub stderr: String,
}

/// What a command may take.
///
/// Its time is what passes less what its threads wait for a processor, so that a busy machine changes no verdict; whatever
/// they wait, it is over when ten times as much has passed. Its memory and its time are those of the command with all that
/// it starts. The system's own limits (`setrlimit`) are left alone: they count memory that is reserved and not used, of
/// which sanitizers and virtual machines reserve more than there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How long an answer may take, the start of the command included: 5 seconds, or what the case says if it is not
    /// given.
    pub timeout: Option<Duration>,
    /// The longest answer, in bytes: 64 MiB.
    pub answer: usize,
    /// The most memory that may be in use, in bytes: 4 GiB.
    pub memory: u64,
}

impl Bounds {
    /// How long an answer may take, by default.
    pub const TIMEOUT: Duration = Duration::from_secs(5);

    /// How long an answer to a case may take, which may say so itself.
    fn deadline(&self, case: Option<Duration>) -> Duration {
        self.timeout.or(case).unwrap_or(Self::TIMEOUT)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self { timeout: None, answer: 64 << 20, memory: 4 << 30 }
    }
}

/// How long a command may take to end when its input does.
const FAREWELL: Duration = Duration::from_millis(500);

/// A command that could not be started: the first time it is the user's mistake, later it is no one's.
fn not_started(command: &[OsString], error: &io::Error, is_first: bool) -> Result<Stumble, Error> {
    let program = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    let message = format!("can't start {program}: {error}");
    if is_first {
        Err(Error::Usage(message))
    } else {
        Ok(Stumble { fault: Fault::Harness(message), stderr: String::new() })
    }
}
