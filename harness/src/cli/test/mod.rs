//! The command `test`, which tests a subject: a command, or a server at its addresses.

mod arguments;
mod command;
mod for_command;
mod for_server;
mod generating;
mod http_server;
mod parts;
mod run_as;
mod selecting;
mod server;

use std::path::Path;

use xend_client::Uri;

use crate::Error;

pub(super) use arguments::Arguments;
pub(super) use parts::{cases, seconds};

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    if let Some(uri) = arguments.addresses.iter().find(|word| word.starts_with("http://")) {
        arguments.subject.refuse_for_a_server()?;
        arguments.server.refuse_for_plain_xml_rpc()?;
        return match &arguments.addresses[..] {
            [_] => http_server::run(arguments, uri),
            _ => Err(Error::Usage(format!("a server of plain XML-RPC has one address, and {uri} is not the only one"))),
        };
    }
    let uris = addresses(&arguments.addresses)?;
    if uris.is_empty() {
        arguments.server.refuse_for_a_command()?;
        command::run(arguments)
    } else {
        arguments.subject.refuse_for_a_server()?;
        server::run(arguments, &uris)
    }
}

/// Parses the addresses of a server. A word that looks like a command gets a hint.
fn addresses(words: &[String]) -> Result<Vec<Uri>, Error> {
    let parse = |word: &String| {
        word.parse::<Uri>().map_err(|error| {
            if word.contains("://") || word.starts_with("httpu:") {
                return Error::Usage(format!("`{word}` is no address: {error}"));
            }
            if let Some(other) = of_a_port(word) {
                return Error::Usage(format!("`{word}` does not say what listens there, expected {other}"));
            }
            // A whole command in one pair of quotes is meant as its words.
            let split = match words {
                [one] if !Path::new(one).exists() => shlex::split(one),
                _ => None,
            };
            let words = split.as_deref().unwrap_or(words);
            let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
            Error::Usage(format!(
                "`{word}` is no address of a server; a command stands after `--`: xend-harness test -- {command}"
            ))
        })
    };
    words.iter().map(parse).collect()
}

/// Returns the addresses that `HOST:PORT` may stand for, if a word has that form.
fn of_a_port(word: &str) -> Option<String> {
    let (host, port) = word.split('/').next()?.rsplit_once(':')?;
    let is_host = |it: char| it.is_ascii_alphanumeric() || "-._:[]".contains(it);
    if host.is_empty() || !host.chars().all(is_host) || port.parse::<u16>().is_err() {
        return None;
    }
    let of_xend: Vec<_> = ["sxp", "xmlrpc", "xenapi"].map(|face| format!("{face}+tcp://{host}:{port}")).into();
    Some(format!("http://{host}:{port}/RPC2 for a server of plain XML-RPC, or {} for Xend", of_xend.join(", ")))
}
