//! Handling of the signals that ask the program to end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::flag;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives the signals that ask the program to end: SIGINT, SIGTERM and SIGHUP.
///
/// SIGHUP is left alone if the program was started to ignore it, as `nohup` does. The first signal is given to the
/// program, which can then clean up. The second signal ends the program at once, whatever it is doing.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Interrupts {
    /// Starts to receive signals. It must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// The operating system refuses to install a signal handler.
    pub(crate) fn new() -> io::Result<Self> {
        let hang_up = SignalKind::hangup();
        let is_heard = |kind: &SignalKind| *kind != hang_up || !is_ignored(hang_up.as_raw_value());
        let has_come = Arc::new(AtomicBool::new(false));
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), hang_up].iter().filter(|it| is_heard(it)) {
            // The order matters: the second registration sets the flag that the first one tests, so only the second
            // signal ends the program.
            flag::register_conditional_default(kind.as_raw_value(), Arc::clone(&has_come))?;
            flag::register(kind.as_raw_value(), Arc::clone(&has_come))?;
        }
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: is_heard(&hang_up).then(|| signal(hang_up)).transpose()?,
        })
    }

    /// Waits for the next signal, and returns a word for what happened to the program, such as `interrupted`.
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

/// Returns whether the program ignores a signal, according to `/proc/self/status`.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
