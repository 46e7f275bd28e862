//! The suite is held to account: each rule has its cases, and each case its rule; readers, writers,
//! callers, operators, servers and daemons that are broken in one place each are caught.

mod caller;
mod callers;
mod daemon;
mod daemons;
mod generated;
mod generated_calls;
mod generated_programs;
mod lax;
mod mutants;
mod operator;
mod operators;
mod power;
mod rules;
mod server;
mod servers;
mod table;
mod trial;
mod writer;
mod writers;
