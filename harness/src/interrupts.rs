//! What asks the program to end: the signals, and how often they come.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::flag;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that ask the program to end: SIGINT, SIGTERM and, unless it was started to ignore it (`nohup`), SIGHUP.
///
/// The first one is for the program, which can then put away what it has left about. The second one ends the program at
/// once, whatever it does.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Interrupts {
    /// Begins to listen. Call it inside a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        let hang_up = SignalKind::hangup();
        let is_heard = |kind: &SignalKind| *kind != hang_up || !is_ignored(hang_up.as_raw_value());
        let has_come = Arc::new(AtomicBool::new(false));
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), hang_up].iter().filter(|it| is_heard(it)) {
            // In this order: what the first one sets is asked by the second one.
            flag::register_conditional_default(kind.as_raw_value(), Arc::clone(&has_come))?;
            flag::register(kind.as_raw_value(), Arc::clone(&has_come))?;
        }
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: is_heard(&hang_up).then(|| signal(hang_up)).transpose()?,
        })
    }

    /// Waits for one. Says what happened to the program, in a word.
    pub(crate) async fn next(&mut self) -> &'static str {
        let Self { interrupt, terminate, hang_up } = self;
        let hung_up = async {
            match hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => "interrupted",
            _ = terminate.recv() => "terminated",
            _ = hung_up => "hung up",
        }
    }
}

/// Whether a signal is ignored, as `/proc` tells.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
