//! The integration tests of this crate. Those that have a test for each file of `fixtures` are in `tests/conformance`.

mod errors;
mod left_out;
mod limits;
#[path = "../../../oracles/python.rs"]
mod oracle;
mod peers;
mod python2;
