//! The time of a mock's world.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// A clock that goes on by itself, or only when it is told to. It can be read and advanced by several threads at once.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Nanoseconds since the Unix epoch, which 64 bits hold until the year 2554.
    start: AtomicU64,
    /// When the clock was started, if it goes on by itself.
    running: Option<Instant>,
}

impl Clock {
    /// The system's time.
    pub(crate) fn running() -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: nanoseconds(start).into(), running: Some(Instant::now()) }
    }

    /// A time since the Unix epoch, which stands still.
    pub(crate) fn standing(at: Duration) -> Self {
        Self { start: nanoseconds(at).into(), running: None }
    }

    /// The time since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        let start = Duration::from_nanos(self.start.load(Ordering::Relaxed));
        start + self.running.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        let add = |start: u64| Some(start.saturating_add(nanoseconds(by)));
        // The closure always gives a new value.
        let _ = self.start.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
