//! What a subject does with a question.

use std::time::Duration;

use xend_wire::ErrorKind;

use super::operated::Operated;
use crate::shorten::shortened;
use crate::tagged::Tagged;

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

/// What a subject answers: the values that it read or that a server returned, the document that it wrote, that it refuses
/// the document or the value, that its call failed, or that it can't do this.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The subject accepted the document and read these values.
    Values(Tagged),
    /// The subject accepted the document, and can't tell in the tagged form what it read.
    Accept,
    /// The subject refused the document or the value.
    Reject {
        /// The reason, in the subject's words.
        message: String,
        /// The kind of error; only the built-in codecs give one.
        kind: Option<ErrorKind>,
    },
    /// The subject wrote this document.
    Document(Vec<u8>),
    /// The call of the subject failed; the text is the reason in its words.
    Error(String),
    /// What became of the operation.
    Operated(Operated),
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

impl Fault {
    /// Makes the fault for a line that is not a valid answer.
    pub(super) fn invalid(line: &[u8], why: &str) -> Self {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        // The line may be very long, and a report shows only its beginning.
        let start = &line[..line.len().min(10_000)];
        // The reason may quote the line, so control bytes in it are escaped, too.
        let shown = |text: &[u8]| shortened(&xend_wire::visible(text), 300);
        Self::InvalidAnswer(shown(why.as_bytes()), shown(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut() {
        let Fault::InvalidAnswer(_, line) = Fault::invalid(&vec![b'y'; 1 << 20], "why") else {
            panic!("another fault")
        };
        assert!(line.chars().count() < 400, "{line}");
    }
}
