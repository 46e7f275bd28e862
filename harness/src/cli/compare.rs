//! The command `compare`, which compares a server with recorded exchanges.

use std::path::Path;
use std::time::Duration;

use mock_xend::text_file;
use xend_client::Uri;

use super::known::Known;
use super::output::{print_error_text, runtime};
use super::progress::Watching;
use super::reports::Reports;
use super::tell::tell;
use super::test::seconds;
use crate::Error;
use crate::exchange::{CompareOptions, Same, Sequence, Server, Servers, check};
use crate::interrupts::Interrupts;
use crate::pattern::Pattern;
use crate::run::{Options, Selection};

/// Compare a server's replies with recorded replies of the real daemon.
///
/// Sends every request of a sequence, in order, and compares each reply, except for values that differ in every run,
/// such as times, made-up uuids and MAC addresses. The server must start in the world of the recording: Domain-0, vm1
/// running and vm2 paused, unless the first line of the sequence names another world.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A built-in sequence, such as 3.0.3/sxp, or a file of exchanges
    sequence: String,
    /// Where the server listens: sxp+tcp://HOST:PORT, xmlrpc+unix:///PATH, ...; one URI for each face and transport
    #[arg(required = true)]
    uris: Vec<Uri>,
    /// How much of a reply must be the same.
    #[arg(long, value_enum, default_value = "bytes")]
    same: Same,
    /// Judge only exchanges whose id matches; may be given again. All requests are sent, since each may change the
    /// state of the server.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// Leave out exchanges whose id matches; may be given again.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<Pattern>,
    /// How long a reply may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "1.5", value_parser = seconds)]
    timeout: Duration,
    /// Send requests without the pauses of the recording, for a server whose guests obey at once
    #[arg(long)]
    no_pauses: bool,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    watching: Watching,
    #[command(flatten)]
    reports: Reports,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let sequence = sequence(&arguments.sequence)?;
    let servers = Servers(arguments.uris.iter().cloned().map(Server::Uri).collect());
    let selection =
        Selection { filter: arguments.filter.clone(), exclude: arguments.exclude.clone(), ..Selection::default() };
    let options = Options {
        selection,
        baseline: arguments.known.baseline()?,
        elsewhere: arguments.known.elsewhere()?,
        repeat: [repeat(arguments), Vec::new()],
        ..Options::default()
    };
    let reports = arguments.reports.open()?;
    if let Some(world) = &sequence.world {
        print_error_text(&format!("note: {} starts in the world of fixtures/worlds/{world}.toml\n", sequence.name));
    }
    let comparing = CompareOptions {
        pauses: !arguments.no_pauses,
        same: arguments.same,
        timeout: arguments.timeout,
        ..CompareOptions::default()
    };
    let names = arguments.uris.iter().map(Uri::to_string).collect::<Vec<_>>().join(" ");
    let mut progress = arguments.watching.watch(arguments.reports.quiet);
    let run = runtime()?.block_on(async {
        let mut interrupts =
            Interrupts::new().map_err(|error| Error::Harness(format!("can't wait for signals: {error}")))?;
        check(&names, &sequence, (&servers, comparing), &options, &mut progress, interrupts.next()).await
    })?;
    drop(progress);
    tell(run, reports, &arguments.known)
}

/// Returns the words of the command line that repeats the comparison, without its filter.
fn repeat(arguments: &Arguments) -> Vec<String> {
    let mut words = ["xend-harness", "compare"].map(str::to_owned).to_vec();
    words.push(arguments.sequence.clone());
    words.extend(arguments.uris.iter().map(Uri::to_string));
    let same = match arguments.same {
        Same::Body => Some("body"),
        Same::Head => Some("head"),
        Same::Bytes => None,
    };
    words.extend(same.map(|same| ["--same".to_owned(), same.to_owned()]).into_iter().flatten());
    if arguments.no_pauses {
        words.push("--no-pauses".to_owned());
    }
    words
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
