//! The command `test` for a server, which is tried by laws.

use xend_client::{Client, Deadlines, Face, Uri};

use super::super::output::{print_error_text, runtime};
use super::super::tell::tell;
use super::arguments::Arguments;
use super::for_server::{ForServer, KERNEL, TIMEOUT, USER};
use super::parts::Words;
use crate::Error;
use crate::interrupts::Interrupts;
use crate::laws::{self, Host, Law};
use crate::run::{self, Run};
use crate::suite::Suite;

pub(super) fn run(arguments: &Arguments, uris: &[Uri]) -> Result<u8, Error> {
    let selecting = &arguments.selecting;
    if let Some(suite) = selecting.suite.iter().find(|suite| **suite != Suite::Serving) {
        return Err(Error::Usage(format!("a server is asked the suite serving, not {suite}")));
    }
    if selecting.release.len() > 1 {
        return Err(Error::Usage("a server is of one release, expected at most one --release".to_owned()));
    }
    let laws = Law::built_in()?;
    let options = arguments.how.options(run::Options {
        selection: selecting.selection()?,
        repeat: [repeat(arguments, uris), Vec::new()],
        ..run::Options::default()
    })?;
    let reports = arguments.reports.open()?;
    let how = laws::Options { is_destructive: arguments.server.destructive, kernel: arguments.server.kernel.clone() };
    let run = runtime()?.block_on(async {
        let mut interrupts =
            Interrupts::new().map_err(|error| Error::Harness(format!("can't wait for signals: {error}")))?;
        let host = tokio::select! {
            host = host(arguments, uris) => host?,
            how = interrupts.next() => return Err(Error::Interrupted(how.to_owned())),
        };
        let mut progress = arguments.watching.watch(arguments.reports.quiet);
        let run = laws::check(&host, &laws, &how, &options, &mut progress, interrupts.next()).await;
        drop(progress);
        let run = match run {
            Ok(run @ Run { interrupted: Some(_), .. }) => {
                Ok(interrupted(&host, run, arguments.server.destructive).await)
            }
            other => other,
        };
        for (_, client) in &host.addresses {
            // A failure to end the session says nothing about the laws.
            drop(client.logout().await);
        }
        run
    })?;
    tell(&run, reports, &arguments.how.known)
}

/// Removes the domains that the laws have made, after a signal. Their names are printed first, because the server may
/// not answer and a second signal ends the program at once.
async fn interrupted(host: &Host, mut run: Run, is_destructive: bool) -> Run {
    let how = run.interrupted.clone().unwrap_or_default();
    if !is_destructive {
        return run;
    }
    let unknown = |error: xend_client::Error| {
        format!("domains whose names begin with xend-law- may be left on the server: {error}")
    };
    let left = match laws::leftover_domains(host).await {
        Ok(made) if made.is_empty() => Ok(made),
        Ok(made) => {
            print_error_text(&format!("{how}: removing {}; a second signal leaves them\n", made.join(", ")));
            laws::remove_leftover_domains(host).await
        }
        Err(error) => Err(error),
    };
    run.interrupted = Some(match left {
        Ok(left) if left.is_empty() => format!("{how}; nothing is left on the server"),
        Ok(left) => format!("{how}; left on the server: {}", left.join(", ")),
        Err(error) => format!("{how}; {}", unknown(error)),
    });
    run
}

async fn host(arguments: &Arguments, uris: &[Uri]) -> Result<Host, Error> {
    let password = std::env::var("XEND_PASSWORD").ok();
    let whole = arguments.how.timeout.unwrap_or(TIMEOUT);
    let deadlines = Deadlines { first_byte: whole, whole, ..Deadlines::default() };
    if password.is_none() && uris.iter().any(|uri| uri.face == Face::XenApi) {
        let why = "the Xen-API needs a password, which is taken from XEND_PASSWORD; it may be empty";
        return Err(Error::Usage(why.to_owned()));
    }
    let password = password.unwrap_or_default();
    let client =
        |uri: &Uri| Client::new(uri.clone()).deadlines(deadlines).credentials(&arguments.server.user, &password);
    let first = client(&uris[0]);
    let release = match arguments.selecting.release.first() {
        Some(&release) => release,
        None => {
            let detected = first.detect().await;
            let why = |error: xend_client::Error| match error.other_face() {
                Some(face) => format!("{}: {error}; the {face} face answers like this", uris[0]),
                None => format!("{}: {error}", uris[0]),
            };
            detected.map_err(|error| Error::Usage(why(error)))?.release_in_use()
        }
    };
    let addresses = uris.iter().map(|uri| (uri.clone(), client(uri).release(release)));
    Ok(Host::new(addresses.collect(), release))
}

/// Returns the command line that repeats the run for one law, without its filter.
fn repeat(arguments: &Arguments, uris: &[Uri]) -> Vec<String> {
    let ForServer { destructive, kernel, user } = &arguments.server;
    let mut words = Words(["xend-harness", "test"].map(str::to_owned).to_vec());
    words.0.extend(uris.iter().map(Uri::to_string));
    words.flag("--destructive", *destructive);
    arguments.selecting.repeat(&mut words);
    words.option("--user", (user != USER).then_some(user));
    arguments.how.repeat(&mut words);
    words.option("--kernel", (kernel != KERNEL).then_some(kernel));
    words.0
}
