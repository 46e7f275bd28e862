//! The time of a mock's world.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// A clock that either follows the system's time or stands still until it is advanced. Several threads can read and
/// advance it at once.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Nanoseconds since the Unix epoch, which 64 bits hold until the year 2554.
    start: AtomicU64,
    /// The moment when the clock was started; `None` for a clock that stands still.
    running: Option<Instant>,
}

impl Clock {
    /// Returns a clock that shows the system's time and goes on by itself.
    pub(crate) fn running() -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: nanoseconds(start).into(), running: Some(Instant::now()) }
    }

    /// Returns a clock that stands still at a time, given since the Unix epoch.
    pub(crate) fn standing(at: Duration) -> Self {
        Self { start: nanoseconds(at).into(), running: None }
    }

    /// Returns the time since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        let start = Duration::from_nanos(self.start.load(Ordering::Relaxed));
        start + self.running.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let add = |start: u64| Some(start.saturating_add(nanoseconds(by)));
        // The update can't fail, since the closure always gives a new value.
        let _ = self.start.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
