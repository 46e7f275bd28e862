//! Sessions of the Xen-API. They are shared by all listeners and end only with `logout` (protocol reference §5.2).

use std::collections::BTreeMap;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::weight;
use crate::world::Identities;

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: BTreeMap<Vec<u8>, Session>,
    opened: u64,
    /// The bytes that the open sessions take.
    held: usize,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: Datum,
    /// When the session was last used, since the Unix epoch.
    pub(crate) last_active: Duration,
}

/// The error for a user whose name is longer than the mock keeps.
#[derive(Debug)]
pub(crate) struct NameTooLong;

impl Sessions {
    /// The limit on the bytes of sessions. The daemon has none; beyond it the mock ends the sessions that were idle for
    /// longest.
    pub(crate) const BUDGET: usize = 8 << 20;
    /// The longest name of a user, in bytes. Without this limit a single login could push out all other sessions.
    pub(crate) const LONGEST_NAME: usize = 64 << 10;

    /// Opens a session. A listener without PAM accepts any user and any password.
    pub(crate) fn open(&mut self, user: Datum, now: Duration) -> Result<Datum, NameTooLong> {
        if weight::of(&user) > Self::LONGEST_NAME {
            return Err(NameTooLong);
        }
        let session = Session { user, last_active: now };
        self.held += session.weight();
        while self.held > Self::BUDGET {
            let idle = self.open.iter().min_by_key(|(_, session)| session.last_active);
            let Some(idle) = idle.map(|(reference, _)| reference.clone()) else { break };
            self.remove(&idle);
        }
        self.opened += 1;
        let reference = Identities::uuid_of(&format!("session {}", self.opened));
        self.open.insert(reference.clone().into_bytes(), session);
        Ok(reference.into())
    }

    pub(crate) fn close(&mut self, session: &Datum) {
        if let Some(reference) = session.as_bytes() {
            self.remove(reference);
        }
    }

    fn remove(&mut self, reference: &[u8]) {
        self.held -= self.open.remove(reference).map_or(0, |session| session.weight());
    }

    pub(crate) fn get(&self, session: &Datum) -> Option<&Session> {
        self.open.get(session.as_bytes()?)
    }

    /// Returns whether methods may be called with a session, and notes that it is used. From 3.4 on the empty string is
    /// accepted as a session (`session_required`, `cmp(session, "") == 0`).
    pub(crate) fn admit(&mut self, session: &Datum, release: Release, now: Duration) -> bool {
        // Text beyond ASCII arrives as `unicode`, which never equals a session.
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

impl Session {
    /// Returns the bytes that the session takes, with its reference and its place in the tree.
    fn weight(&self) -> usize {
        256 + weight::of(&self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_stay_in_their_budget() {
        let mut sessions = Sessions::default();
        let kept = sessions.open("root".into(), Duration::from_secs(1_000_000)).expect("a short name");
        let name = "x".repeat(Sessions::LONGEST_NAME - 100);
        for second in 0..1000 {
            sessions.open(name.as_str().into(), Duration::from_secs(second)).expect("a name that is kept");
            assert!(sessions.held <= Sessions::BUDGET);
            assert_eq!(sessions.held, sessions.open.values().map(Session::weight).sum::<usize>());
        }
        assert!(sessions.get(&kept).is_some(), "it was active last");
        assert!(sessions.open.len() > 100);
        sessions.open("x".repeat(Sessions::LONGEST_NAME).as_str().into(), Duration::ZERO).expect_err("it is too long");
        for reference in sessions.open.keys().cloned().collect::<Vec<_>>() {
            sessions.close(&reference.into());
        }
        assert_eq!(sessions.held, 0);
    }
}
