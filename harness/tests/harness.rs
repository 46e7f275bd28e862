//! The harness from outside. One program holds these tests, because linking one is much quicker than linking three;
//! `suite` and `power` stand apart, because the first has a line for each case, and the second takes long.

mod cli;
mod faces;
mod operating;
mod readme;
