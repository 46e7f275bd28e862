//! Generated questions, for any subject.
//!
//! A value is made first, and then a document that means it in one of the layouts that the rules allow, so that the
//! right answer is known by construction and not by a reader of ours. Other documents are broken by one edit whose
//! verdict the rules settle. For callers, documents are framed in one of the ways that HTTP allows, or the framing is
//! broken. Everything is made from a sequence of choices, so a failure is made small by
//! asking the subject about simpler sequences, whatever kind of question it is, and a [`Token`] of a seed and a number
//! stands for the whole question. [`programs`] of operations for servers are made in the same way, with a mock as the
//! model. One way of making a failure small serves them all alike, which proptest's strategies would not without a
//! token for each kind; and the program stays small.

mod against;
mod calling;
mod choices;
mod judge;
mod program;
mod question;
mod reading;
mod sexpr;
mod shrink;
mod text;
mod token;
mod writing;
mod xmlrpc;

pub use judge::judge;
pub use program::{Programs, programs};
pub use question::{Family, Kind};
pub use token::{Generated, Token};
