//! The command `test` for a server, which is tried by laws.

use std::sync::Arc;
use std::time::Duration;

use xend_client::{Arguments as Named, Client, Deadlines, Face, Fate, Uri};
use xend_wire::operation;

use super::super::output::{print_error_text, runtime};
use super::super::reports::Opened;
use super::super::tell::tell;
use super::arguments::Arguments;
use super::for_server::{ForServer, KERNEL, TIMEOUT, USER};
use super::parts::Words;
use crate::Error;
use crate::generate::{self, Generated, Programs};
use crate::interrupts::Interrupts;
use crate::law::Law;
use crate::laws::{self, Host};
use crate::run::{self, Run};
use crate::suite::Suite;
use crate::verdict::{About, Status, Verdict};

/// How long a server has to show what a program did until it is looked at again.
const PAUSE: Duration = Duration::from_millis(100);

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
    arguments.generating.refuse_failed(&options.selection)?;
    let reports = arguments.reports.open()?;
    let generated = arguments.generating.generated(options.seed);
    arguments.generating.refuse_with(&[("--baseline", arguments.how.known.baseline.is_some())])?;
    let how = laws::Options { is_destructive: arguments.server.destructive, kernel: arguments.server.kernel.clone() };
    if let Some(generated) = generated {
        return programs(arguments, uris, &generated, &how, &options, reports);
    }
    // A misspelt filter is told before the server is asked anything.
    let unasked = uris.iter().map(|uri| (uri.clone(), Client::new(uri.clone()))).collect();
    let release = selecting.release.first().copied().unwrap_or_default();
    laws::check_selection(&Host::new(unasked, release), &laws, &how, &options)?;
    let run = runtime()?.block_on(async {
        let mut interrupts =
            Interrupts::new().map_err(|error| Error::Harness(format!("can't wait for signals: {error}")))?;
        let (host, silent) = tokio::select! {
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
        run.map(|mut run| {
            run.verdicts.splice(0..0, silent);
            run
        })
    })?;
    tell(run, reports, &arguments.how.known)
}

/// Runs random programs of operations.
fn programs(
    arguments: &Arguments,
    uris: &[Uri],
    generated: &Generated,
    how: &laws::Options,
    options: &run::Options,
    reports: Opened<'_>,
) -> Result<u8, Error> {
    let runtime = runtime()?;
    let mut interrupts = runtime
        .block_on(async { Interrupts::new() })
        .map_err(|error| Error::Harness(format!("can't wait for signals: {error}")))?;
    let (host, silent) = runtime.block_on(async {
        tokio::select! {
            host = host(arguments, uris) => host,
            how = interrupts.next() => Err(Error::Interrupted(how.to_owned())),
        }
    })?;
    let mut progress = arguments.watching.watch(arguments.reports.quiet);
    let programs = Programs { runtime: &runtime, how, pause: PAUSE };
    let mut run = generate::programs(&programs, &host, generated, options, &mut progress, interrupts.next())?;
    drop(progress);
    run.verdicts.splice(0..0, silent);
    let run = runtime.block_on(async {
        let run = if run.interrupted.is_some() { interrupted(&host, run, true).await } else { run };
        for (_, client) in &host.addresses {
            // A failure to end the session says nothing about the programs.
            drop(client.logout().await);
        }
        run
    });
    tell(run, reports, &arguments.how.known)
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

/// Returns the server with the addresses at which it answers, and a verdict for each of the others: a law is checked over
/// all addresses, so one that is wrong would spoil the verdicts on the rest.
async fn host(arguments: &Arguments, uris: &[Uri]) -> Result<(Host, Vec<Verdict>), Error> {
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
    let (mut answering, mut silent) = (Vec::new(), Vec::new());
    for uri in uris {
        let client = client(uri);
        match client.call(operation::NODE_INFO, &Named::new()).await {
            Err(error) if error.fate() == Fate::NotSent || error.other_face().is_some() => {
                let why = match error.other_face() {
                    Some(face) => format!("{uri}: {error}; the {face} face answers like this"),
                    None => error.to_string(),
                };
                silent.push((uri, why));
            }
            _ => answering.push((uri.clone(), client)),
        }
    }
    let Some((first, client)) = answering.first() else {
        let whys: Vec<_> = silent.into_iter().map(|(_, why)| why).collect();
        return Err(Error::Usage(whys.join("\n       ")));
    };
    let release = match arguments.selecting.release.first() {
        Some(&release) => release,
        None => {
            let detected = client.clone().detect().await;
            let untold = |error| {
                let hint = "the release can't be told from node.info; --release gives it, as in --release 4.1";
                Error::Usage(format!("{first}: {error}\n       {hint}"))
            };
            detected.map_err(untold)?.release_in_use()
        }
    };
    let addresses = answering.into_iter().map(|(uri, client)| (uri, client.release(release)));
    let host = Host::new(addresses.collect(), release);
    Ok((host, silent.into_iter().map(|(uri, why)| silent_verdict(uri, why)).collect()))
}

/// Makes the verdict on an address at which the server does not answer.
fn silent_verdict(uri: &Uri, why: String) -> Verdict {
    let about = About {
        id: "hello".to_owned(),
        title: "A server answers at each address that is given".to_owned(),
        ..About::default()
    };
    let scheme = uri.to_string().split("://").next().unwrap_or_default().to_owned();
    Verdict { why, ..Verdict::bare(Suite::Serving, Arc::new(about), scheme, Status::Crash) }
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
