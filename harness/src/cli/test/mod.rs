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
            let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
            Error::Usage(format!(
                "`{word}` is no address of a server; a command stands after `--`: xend-harness test -- {command}"
            ))
        })
    };
    words.iter().map(parse).collect()
}
