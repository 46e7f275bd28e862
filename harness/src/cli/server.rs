//! `server`: hold a server against the laws of domains' lives.

use std::time::Duration;

use xend_client::{Client, Deadlines, Face, Release, Uri};

use super::output::{print, runtime, say};
use super::parser::seconds;
use super::reports::Reports;
use crate::Error;
use crate::interrupts::Interrupts;
use crate::laws::{self, Host, Law, Options};
use crate::pattern::Pattern;
use crate::report;

/// Hold a server against the laws of domains' lives.
///
/// The server may be a Xend or stand in for one. Given several of its addresses, every law is tried over each, and what is
/// done over one must show over all.
///
/// Without --destructive only what changes nothing is tried. With it domains are made, whose names begin with xend-law-,
/// and destroyed again; Domain-0 is asked to be paused and destroyed, which a server must refuse.
///
/// On the Xen-API the password of --user is taken from XEND_PASSWORD, which may be empty. After three laws without an answer
/// over an address no more are tried over it.
///
/// Exit status: 0 all as expected, 1 the server failed, 2 usage or configuration, or no law was judged, 3 the harness
/// itself failed.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the server listens: FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi.
    #[arg(required = true)]
    uri: Vec<Uri>,
    /// Try what changes the host, too.
    #[arg(long)]
    destructive: bool,
    /// The release that the server is, or stands in for. Otherwise it is found by the description of its host.
    #[arg(long)]
    release: Option<Release>,
    /// Try only laws whose id matches; may be given again.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// A kernel on the server's host, with which domains are made.
    #[arg(long, value_name = "PATH", default_value = KERNEL)]
    kernel: String,
    /// Who opens a session of the Xen-API.
    #[arg(long, default_value = USER)]
    user: String,
    /// How long an answer may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    reports: Reports,
}

const KERNEL: &str = "/boot/vmlinuz";
const USER: &str = "root";
/// As the default of --timeout says.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let laws = Law::built_in()?;
    let reports = arguments.reports.open()?;
    let options = Options {
        is_destructive: arguments.destructive,
        filter: arguments.filter.clone(),
        kernel: arguments.kernel.clone(),
        repeat: repeat(arguments),
    };
    let run = runtime()?.block_on(async {
        let mut interrupts =
            Interrupts::new().map_err(|error| Error::Harness(format!("can't wait for signals: {error}")))?;
        let host = tokio::select! {
            host = host(arguments) => host?,
            how = interrupts.next() => return Err(Error::Harness(how.to_owned())),
        };
        let run = tokio::select! {
            biased;
            run = laws::check(&host, &laws, &options) => run,
            how = interrupts.next() => Err(broken_off(&host, how, arguments.destructive).await),
        };
        for (_, client) in &host.addresses {
            // That a session stays open is no verdict on the server.
            drop(client.logout().await);
        }
        run
    })?;
    let written = reports.write(&run);
    print(&report::people(&run))?;
    written?;
    if run.exit_code() == 2 {
        say("error: no law was judged\n");
    }
    Ok(run.exit_code())
}

/// Unmakes what the laws have made so far. It is named before, for a server may not answer, and a second signal ends the
/// program at once.
async fn broken_off(host: &Host, how: &str, is_destructive: bool) -> Error {
    if !is_destructive {
        return Error::Harness(how.to_owned());
    }
    let unknown = |error: xend_client::Error| {
        format!("domains whose names begin with xend-law- may be left on the server: {error}")
    };
    let left = match laws::left_behind(host).await {
        Ok(made) if made.is_empty() => return Error::Harness(format!("{how}; nothing is left on the server")),
        Ok(made) => {
            say(&format!("{how}: unmaking {}; a second signal leaves them\n", made.join(", ")));
            laws::unmake_left_behind(host).await
        }
        Err(error) => Err(error),
    };
    Error::Harness(match left {
        Ok(left) if left.is_empty() => format!("{how}; nothing is left on the server"),
        Ok(left) => format!("{how}; left on the server: {}", left.join(", ")),
        Err(error) => format!("{how}; {}", unknown(error)),
    })
}

async fn host(arguments: &Arguments) -> Result<Host, Error> {
    let password = std::env::var("XEND_PASSWORD").ok();
    let whole = arguments.timeout;
    let deadlines = Deadlines { first_byte: whole, whole, ..Deadlines::default() };
    if password.is_none() && arguments.uri.iter().any(|uri| uri.face == Face::XenApi) {
        let why = "the Xen-API needs a password, which is taken from XEND_PASSWORD; it may be empty";
        return Err(Error::Usage(why.to_owned()));
    }
    let password = password.unwrap_or_default();
    let client = |uri: &Uri| Client::new(uri.clone()).deadlines(deadlines).credentials(&arguments.user, &password);
    let first = client(&arguments.uri[0]);
    let release = match arguments.release {
        Some(release) => release,
        None => {
            let detected = first.detect().await;
            let why = |error: xend_client::Error| match error.other_face() {
                Some(face) => format!("{}: {error}; the {face} face answers like this", arguments.uri[0]),
                None => format!("{}: {error}", arguments.uri[0]),
            };
            detected.map_err(|error| Error::Usage(why(error)))?.release_in_use()
        }
    };
    let addresses = arguments.uri.iter().map(|uri| (uri.clone(), client(uri).release(release)));
    Ok(Host::new(addresses.collect(), release))
}

/// The words that matter to one law.
fn repeat(arguments: &Arguments) -> Vec<String> {
    let mut words = vec!["xend-harness".to_owned(), "server".to_owned()];
    words.extend(arguments.uri.iter().map(Uri::to_string));
    if arguments.destructive {
        words.push("--destructive".to_owned());
    }
    if let Some(release) = arguments.release {
        words.extend(["--release".to_owned(), release.to_string()]);
    }
    if arguments.user != USER {
        words.extend(["--user".to_owned(), arguments.user.clone()]);
    }
    if arguments.timeout != TIMEOUT {
        words.extend(["--timeout".to_owned(), arguments.timeout.as_secs_f64().to_string()]);
    }
    if arguments.kernel != KERNEL {
        words.extend(["--kernel".to_owned(), arguments.kernel.clone()]);
    }
    words
}
