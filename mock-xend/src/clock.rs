//! The time of a mock's world.

use std::time::{Duration, Instant, SystemTime};

/// Goes on by itself, or only when told to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Since the Unix epoch.
    start: Duration,
    /// When it was started, if it goes on by itself.
    running: Option<Instant>,
}

impl Clock {
    /// The system's time.
    pub(crate) fn running() -> Self {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start, running: Some(Instant::now()) }
    }

    /// A time since the Unix epoch, which stands still.
    pub(crate) fn standing(at: Duration) -> Self {
        Self { start: at, running: None }
    }

    pub(crate) fn now(&self) -> Duration {
        self.start + self.running.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.start += by;
    }
}
