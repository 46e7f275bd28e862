//! The cases for a server of plain XML-RPC over HTTP: requests as bytes, and what may come back.
//!
//! The server has nine methods: the eight of validator1, and `echo`. A guide in the documents tells what each does.

mod case;
mod check;
mod file;
mod judgement;
mod peer;

pub use case::{Answer, HeadCheck, Need, ServingCase};
pub use check::{Site, check};
