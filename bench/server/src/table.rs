//! The table.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::contender::{BODY, Contender};
use crate::load::{Measured, Target};

/// How often a start is tried; the median counts.
const STARTS: usize = 9;
/// Clients that ask at the same time.
const CLIENTS: usize = 16;

/// A contender in a process of its own.
struct Running {
    child: Child,
    target: Target,
}

impl Running {
    fn start(contender: Contender) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["serve", &contender.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut address).expect("a line");
        Self { child, target: Target { address: address.trim().to_owned(), path: contender.path() } }
    }

    /// Resident memory in MB, as the system tells it.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kilobytes =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse().ok());
        kilobytes.unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends when its stdin does, or now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Measures all contenders and prints a row for each.
pub(crate) fn print(seconds: f64, requests: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    println!(
        "{:<16} {:>9} {:>9} {:>12} {:>7} {:>9} {:>9} {:>12} {:>7} {:>12}",
        "", "start ms", "idle MB", "kept req/s", "hyper", "median", "p99", "closed req/s", "hyper", "MB after"
    );
    let mut hyper: Option<(f64, f64)> = None;
    for contender in Contender::ALL {
        let starts: Vec<_> = (0..STARTS).map(|_| runtime.block_on(start_to_first_reply(contender))).collect();
        let running = Running::start(contender);
        let reply = runtime.block_on(running.target.ask_once()).expect("a reply");
        assert!(contender == Contender::MockXendWorld || reply.ends_with(BODY.as_bytes()), "{}", contender.name());
        let idle = running.memory();
        let limit = Duration::from_secs_f64(seconds);
        let measure = |keeps| runtime.block_on(running.target.load(CLIENTS, keeps, limit, u64::MAX));
        let (kept, closed) = (measure(true), measure(false));
        runtime.block_on(running.target.load(CLIENTS, true, Duration::from_secs(120), requests));
        let after = running.memory();
        // A Unix socket is compared with hyper's Unix socket, which comes before it.
        let is_hyper = matches!(contender, Contender::Hyper | Contender::HyperUnix);
        if is_hyper {
            hyper = Some((kept.per_second, closed.per_second));
        }
        let (of_kept, of_closed) = hyper.expect("hyper comes first");
        let Measured { per_second, median, p99 } = kept;
        println!(
            "{:<16} {:>9.2} {:>9.1} {:>12.0} {:>7.2} {:>9.1?} {:>9.1?} {:>12.0} {:>7.2} {:>12.1}",
            contender.name(),
            middle(starts).as_secs_f64() * 1e3,
            idle,
            per_second,
            per_second / of_kept,
            median,
            p99,
            closed.per_second,
            closed.per_second / of_closed,
            after,
        );
    }
}

/// From the start of the process to its first reply.
async fn start_to_first_reply(contender: Contender) -> Duration {
    let begin = Instant::now();
    let running = Running::start(contender);
    running.target.ask_once().await.expect("a reply");
    begin.elapsed()
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
