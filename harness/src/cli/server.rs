//! The command `server`, which tests a server by the laws.

use std::time::Duration;

use xend_client::{Client, Deadlines, Face, Release, Uri};

use super::output::{print, print_error_text, runtime};
use super::parser::seconds;
use super::reports::Reports;
use crate::Error;
use crate::interrupts::Interrupts;
use crate::laws::{self, Host, Law, Options};
use crate::pattern::Pattern;
use crate::report;

/// Test a server by laws: rules about domains that every Xend obeys.
///
/// The server may be a Xend or a stand-in for one. If several of its addresses are given, every law is tried over each
/// of them, and a change that is made over one must show over all.
///
/// Without --destructive only laws that change nothing are tried. With it, domains with names that begin with xend-law-
/// are created and destroyed. Domain-0 is asked to be paused and destroyed, which a server must refuse.
///
/// On the Xen-API the password of --user is taken from XEND_PASSWORD, which may be empty. If three laws in a row get no
/// answer over an address, no more are tried over it.
///
/// Exit status: 0 all as expected, 1 the server failed, 2 usage or configuration, or no law was judged, 3 the harness
/// itself failed.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where the server listens: FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi.
    #[arg(required = true)]
    uri: Vec<Uri>,
    /// Try laws that change the host, too.
    #[arg(long)]
    destructive: bool,
    /// The release of Xend that the server is or stands in for. The default is to detect it from the server's
    /// description of its host.
    #[arg(long)]
    release: Option<Release>,
    /// Try only laws whose id matches; may be given again.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// The path of a kernel on the server's host, for the domains that laws create.
    #[arg(long, value_name = "PATH", default_value = KERNEL)]
    kernel: String,
    /// The user for a session of the Xen-API.
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
/// The default of --timeout.
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
            how = interrupts.next() => Err(interrupted(&host, how, arguments.destructive).await),
        };
        for (_, client) in &host.addresses {
            // A failure to end the session says nothing about the laws.
            drop(client.logout().await);
        }
        run
    })?;
    let written = reports.write(&run);
    print(&report::people(&run))?;
    written?;
    if run.exit_code() == 2 {
        print_error_text("error: no law was judged\n");
    }
    Ok(run.exit_code())
}

/// Removes the domains that the laws have made, after a signal. Their names are printed first, because the server may
/// not answer and a second signal ends the program at once.
async fn interrupted(host: &Host, how: &str, is_destructive: bool) -> Error {
    if !is_destructive {
        return Error::Harness(how.to_owned());
    }
    let unknown = |error: xend_client::Error| {
        format!("domains whose names begin with xend-law- may be left on the server: {error}")
    };
    let left = match laws::leftover_domains(host).await {
        Ok(made) if made.is_empty() => return Error::Harness(format!("{how}; nothing is left on the server")),
        Ok(made) => {
            print_error_text(&format!("{how}: removing {}; a second signal leaves them\n", made.join(", ")));
            laws::remove_leftover_domains(host).await
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

/// Returns the command line that is needed to repeat the run for one law.
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
