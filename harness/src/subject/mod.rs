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
//! -> {"id":"xmlrpc/write-string-less-than","codec":"xmlrpc","rules":"spec","value":{"response":{"string":"a<b"}}}
//! <- {"id":"xmlrpc/write-string-less-than","document":"<base64>"}
//! -> {"id":"calls/cut-in-string","call":{"uri":"http://127.0.0.1:40123/RPC2","method":"m","params":[{"int":"1"}],"deadline_ms":4000}}
//! <- {"id":"calls/cut-in-string","error":"connection closed"}   or {"values":[{"response":..}]} or {"values":[{"fault":..}]}
//! -> {"id":"laws/pause-stops","operate":{"uri":"sxp+tcp://127.0.0.1:40124","release":"4.1","operation":"domain.pause","args":{"domain":"vm1"},"deadline_ms":4000}}
//! <- {"id":"laws/pause-stops","done":{}}   or {"error":{"code":"ERR_VM_NOT_FOUND","message":".."}} or {"unknown":"it may have happened"}
//! ```
//! The URI of a call is `http://HOST:PORT/PATH`; over a Unix socket it is `http+unix://SOCKET/PATH`, where the path of the
//! socket is percent-encoded, and over TLS `https://HOST:PORT/PATH`, with a `"ca_file"` beside it, the path of a file with
//! the certificate to trust, in PEM.
//! The form of the values is that of [`Tagged`](crate::Tagged), and the features are those of
//! [`Feature`](crate::Feature). A subject that crashes,
//! hangs or gives an invalid answer is started again for the next question. Keys that the harness does not know are
//! ignored.
//!
//! What a subject says in its hello is its [`Declaration`], and decides which suites it is asked:
//!
//! | it says | it is asked |
//! | --- | --- |
//! | `"decodes":{"xmlrpc":["spec"]}` | `input`: to read a document |
//! | `"encodes":{"xmlrpc":["spec"]}` | `value`: to write a document |
//! | `"calls_over":["tcp","unix","tls"]` | `call`: to call a server |
//! | `"operates":{"schemes":["sxp+tcp"],"releases":["4.1"],"operations":["domain.list"],"codes":true}` | `operate`: to operate a Xend |
//! | `"engine":{"operations":["domain.list"],"codes":false}` | `operate`: to operate an engine of its own |
//!
//! # A command that is started for each case
//!
//! The command gets the document on standard input, and the variables `XEND_CODEC` and `XEND_RULES` in its environment.
//! It writes one answer line to standard output, as above but without `id`. If there is no answer line, the verdict is
//! a crash, whatever the exit status is. What it can do is [told by the user or asked](Declared). If that is more than to
//! read, the variable `XEND_ASK` says what comes on standard input: `input` is the document, and `value`, `call` and
//! `operate` are the JSON that stands behind this word in the lines above.

pub(crate) mod answer;
mod built_in;
mod declaration;
mod kept_alive;
mod once;
mod operated;
pub(crate) mod process;
pub(crate) mod process_tree;
mod reply;

use std::ffi::OsString;
use std::io;
use std::time::Duration;

pub use answer::serve;
pub use built_in::BuiltIn;
pub use declaration::{Declaration, Engine, Operator};
pub use kept_alive::KeptAlive;
pub use once::{Declared, Once};
pub use operated::{Operated, Told};
pub use reply::{Answer, Fault, FaultReport, Reply};

use xend_wire::Release;
use xend_wire::operation::Operation;

use crate::{Codec, Error, Rules};

/// A parser that is tested: it declares what it can do, and answers questions.
pub trait Subject: Send {
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

/// A question to a subject.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The id of the case.
    pub id: &'a str,
    /// The task for the subject.
    pub ask: Ask<'a>,
    /// How long the answer may take, if the case has a deadline of its own.
    pub deadline: Option<Duration>,
}

/// What a subject is asked to do.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Ask<'a> {
    /// To read a document.
    Read {
        /// The rules to read it by.
        rules: Rules,
        /// The document, as bytes.
        input: &'a [u8],
    },
    /// To write a document.
    Write {
        /// The rules to write it by.
        rules: Rules,
        /// The value that the document is to have, as JSON in the tagged form.
        value: &'a str,
    },
    /// To call a method of an XML-RPC server.
    Call {
        /// The address of the server, such as `http://127.0.0.1:40123/RPC2`.
        uri: &'a str,
        /// The name of the method.
        method: &'a str,
        /// The parameters, as a JSON array of values in the tagged form.
        params: &'a str,
        /// How long the call may take.
        deadline: Duration,
        /// The file with the certificate to trust, if the server has TLS.
        ca_file: Option<&'a str>,
    },
    /// To do an operation with a Xend, or with an engine of its own.
    Operate {
        /// The address and the release of the Xend, such as `sxp+tcp://127.0.0.1:40124` and 4.1; `None` for an engine.
        xend: Option<(&'a str, Release)>,
        /// The operation.
        operation: Operation,
        /// The names and values of its arguments.
        arguments: &'a [(String, String)],
        /// How long the operation may take.
        deadline: Duration,
    },
}

impl Ask<'_> {
    /// Returns the codec that the values of the question or of its answer belong to, if they belong to one.
    pub fn codec(&self) -> Option<Codec> {
        match self {
            Self::Read { rules, .. } | Self::Write { rules, .. } => Some(rules.codec()),
            Self::Call { .. } => Some(Codec::Xmlrpc),
            Self::Operate { .. } => None,
        }
    }
}

impl Question<'_> {
    /// How much longer than its deadline a call or an operation may take: some clients count whole seconds.
    const GRACE: Duration = Duration::from_secs(2);

    /// Returns how long an answer may take, if the case says so.
    fn limit(&self) -> Option<Duration> {
        let of_ask = match self.ask {
            Ask::Call { deadline, .. } | Ask::Operate { deadline, .. } => Some(deadline + Self::GRACE),
            Ask::Read { .. } | Ask::Write { .. } => None,
        };
        self.deadline.or(of_ask)
    }
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
    pub(crate) fn deadline(&self, case: Option<Duration>) -> Duration {
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
pub(crate) fn not_started(command: &[OsString], error: &io::Error, is_first: bool) -> Result<FaultReport, Error> {
    let program = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    let mut message = format!("can't start {program}: {error}");
    if program.contains(' ') && error.kind() == io::ErrorKind::NotFound {
        message += &format!("; a command is given word by word, without quotes around it: -- {program}");
    }
    if is_first {
        Err(Error::Usage(message))
    } else {
        Ok(FaultReport { fault: Fault::Harness(message), stderr: String::new() })
    }
}
