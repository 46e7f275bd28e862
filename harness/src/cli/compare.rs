//! The command `compare`, which compares a server with recorded exchanges.

use std::path::Path;

use mock_xend::text_file;
use xend_client::Uri;

use super::output::{print, print_error_text, runtime};
use crate::exchange::{Comparison, Sequence, Server, Servers, compare};
use crate::{Error, report};

/// Compare a server's replies with recorded replies of the real daemon.
///
/// Sends every request of a sequence, in order, and compares each reply byte for byte, except for values that differ in
/// every run, such as times, made-up uuids and MAC addresses. The server must start in the world of the recording:
/// Domain-0, vm1 running and vm2 paused, unless the first line of the sequence names another world.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A built-in sequence, such as 3.0.3/sxp, or a file of exchanges
    sequence: String,
    /// Where the server listens: sxp+tcp://HOST:PORT, xmlrpc+unix:///PATH, ...; one URI for each face and transport
    #[arg(required = true)]
    uris: Vec<Uri>,
    /// Send requests without the pauses of the recording, for a server whose guests obey at once
    #[arg(long)]
    no_pauses: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let sequence = sequence(&arguments.sequence)?;
    let servers = Servers(arguments.uris.iter().cloned().map(Server::Uri).collect());
    if let Some(world) = &sequence.world {
        print_error_text(&format!("note: {} starts in the world of fixtures/worlds/{world}.toml\n", sequence.name));
    }
    let runtime = runtime()?;
    let comparisons = runtime.block_on(compare(&sequence, &servers, !arguments.no_pauses, false))?;
    print(&report::comparisons(&comparisons))?;
    Ok(match comparisons.iter().any(Comparison::is_judged) {
        false => {
            let why =
                comparisons.first().and_then(|comparison| comparison.why.as_deref()).unwrap_or("the sequence is empty");
            print_error_text(&format!("error: no exchange of {} was compared: {why}\n", sequence.name));
            2
        }
        true => comparisons.iter().any(Comparison::is_unexpected).into(),
    })
}

fn sequence(name: &str) -> Result<Sequence, Error> {
    let built_in = Sequence::built_in()?;
    let names: Vec<_> = built_in.iter().map(|sequence| sequence.name.clone()).collect();
    if let Some(sequence) = built_in.into_iter().find(|sequence| sequence.name == name) {
        return Ok(sequence);
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(Error::Usage(format!("unknown sequence `{name}`, expected a file or one of {}", names.join(", "))));
    }
    let (file, text) = text_file::read(path, "a sequence")?;
    Ok(Sequence::parse(&path.with_extension("").display().to_string(), &file, &text)?)
}
