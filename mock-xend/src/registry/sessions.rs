//! Sessions: kept in memory, shared by all listeners, without an end but `logout` (protocol reference §5.2).

use std::collections::BTreeMap;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::world::Identities;

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: BTreeMap<Vec<u8>, Session>,
    opened: u64,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: Datum,
    /// Since the Unix epoch.
    pub(crate) last_active: Duration,
}

/// The daemon has no limit; the mock's memory has. Beyond it the session that was idle for longest goes.
const MOST_SESSIONS: usize = 10_000;

impl Sessions {
    /// Opens a session for anyone: a listener without PAM takes any user and any password.
    pub(crate) fn open(&mut self, user: Datum, now: Duration) -> Datum {
        if self.open.len() == MOST_SESSIONS {
            let idle = self.open.iter().min_by_key(|(_, session)| session.last_active);
            if let Some(idle) = idle.map(|(reference, _)| reference.clone()) {
                self.open.remove(&idle);
            }
        }
        self.opened += 1;
        let reference = Identities::uuid_of(&format!("session {}", self.opened));
        self.open.insert(reference.clone().into_bytes(), Session { user, last_active: now });
        reference.into()
    }

    pub(crate) fn close(&mut self, session: &Datum) {
        if let Some(reference) = session.as_bytes() {
            self.open.remove(reference);
        }
    }

    pub(crate) fn get(&self, session: &Datum) -> Option<&Session> {
        self.open.get(session.as_bytes()?)
    }

    /// Whether methods may be called with it, and notes that they were. From 3.4 on the empty string is as good as a
    /// session (`session_required`, `cmp(session, "") == 0`).
    pub(crate) fn admit(&mut self, session: &Datum, release: Release, now: Duration) -> bool {
        // What is not ASCII comes as `unicode`, which no session is.
        let Some(reference) = session.as_bytes() else { return false };
        match self.open.get_mut(reference) {
            Some(session) => {
                session.last_active = now;
                true
            }
            None => reference.is_empty() && release >= Release::V3_4,
        }
    }
}
