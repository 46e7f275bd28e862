//! `call`: one operation of a daemon.

use xend_client::{Arguments as Named, Client, Fate, Operation, Release, Uri};
use xend_wire::{operation, sexpr};

use super::{print, runtime, say};
use crate::Error;

/// Ask a daemon to do one operation, and print the result as an S-expression.
///
/// Exit status: 0 done, 1 the daemon refused, 2 usage, 4 not reached, 5 it was asked and the outcome is unknown.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the daemon listens: sxp+tcp://HOST:PORT, sxp+unix:///PATH, xmlrpc+tcp://HOST:PORT or xmlrpc+unix:///PATH.
    uri: Uri,
    /// What to do, such as domain.list.
    #[arg(value_parser = operation_named)]
    operation: &'static Operation,
    /// Its arguments, such as domain=vm1.
    #[arg(value_name = "NAME=VALUE", value_parser = name_and_value)]
    arguments: Vec<(String, String)>,
    /// The daemon's release.
    #[arg(long, default_value_t = Release::default())]
    release: Release,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let named: Named = arguments.arguments.iter().cloned().collect();
    let client = Client::new(arguments.uri.clone()).release(arguments.release);
    match runtime()?.block_on(client.call(arguments.operation, &named)) {
        Ok(answer) => {
            let text = sexpr::print(&answer, sexpr::Rules::xend(arguments.release));
            let text = String::from_utf8_lossy(&text);
            print(&if text.is_empty() { String::new() } else { format!("{text}\n") })?;
            Ok(0)
        }
        Err(error) => {
            say(&format!("error: {error}\n"));
            Ok(match error.fate() {
                Fate::Refused => 1,
                Fate::Invalid => 2,
                Fate::NotSent => 4,
                Fate::Sent | Fate::Unknown => 5,
            })
        }
    }
}

fn operation_named(name: &str) -> Result<&'static Operation, String> {
    operation::find(name).ok_or_else(|| {
        let names: Vec<_> = operation::OPERATIONS.iter().map(|operation| operation.name).collect();
        format!("no such operation, expected one of {}", names.join(", "))
    })
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("expected NAME=VALUE, such as domain=vm1".to_owned()),
    }
}
