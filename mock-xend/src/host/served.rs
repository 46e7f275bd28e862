//! What programs look at, log and control: a mock, or a relay.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::futures::Notified;
use xend_wire::Release;
use xend_wire::operation::Face;

use super::daemon::Daemon;
use crate::address::Address;
use crate::error::Error;
use crate::exchanges::Exchanges;
use crate::faces;
use crate::fault::Faults;
use crate::following::Following;
use crate::http::Serves;
use crate::journal::Exchange;
use crate::line::Line;
use crate::relay::Server;
use crate::scenario::Report;

/// A mock or a relay, with its listeners.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) behind: Behind,
    pub(crate) listening: Vec<(Face, Address)>,
    /// The certificate that clients of listeners with TLS must trust, in PEM.
    pub(crate) ca_pem: Option<String>,
}

/// What answers the requests.
#[derive(Clone)]
pub(crate) enum Behind {
    Mock(Daemon),
    Relay(Arc<Server>),
}

impl Behind {
    /// Returns the mock, which has a simulated host and a scenario.
    pub(crate) fn daemon(&self) -> Option<&Daemon> {
        match self {
            Self::Mock(daemon) => Some(daemon),
            Self::Relay(_) => None,
        }
    }

    /// Returns the release; `None` if that of a real server is not known.
    pub(crate) fn release(&self) -> Option<Release> {
        match self {
            Self::Mock(daemon) => Some(daemon.release()),
            Self::Relay(server) => server.release(),
        }
    }

    /// Returns the time, since the Unix epoch: that of the simulated host, if there is one.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::Mock(daemon) => daemon.now(),
            Self::Relay(server) => server.now(),
        }
    }

    /// Returns the generation of the scenario and the simulated host, counted from 1.
    pub(crate) fn generation(&self) -> u64 {
        self.daemon().map_or(1, Daemon::generation)
    }

    /// Returns the oldest exchange that the journal keeps of those after this number.
    pub(crate) fn after(&self, number: u64) -> Option<Exchange> {
        let mut exchange = self.exchanges().after(number)?;
        exchange.recognise(faces::recognise);
        Some(exchange)
    }

    /// Returns a future that completes at the next exchange.
    pub(crate) fn next_change(&self) -> Notified<'_> {
        self.exchanges().next_change()
    }

    /// Returns how many exchanges there were, and how many the journal keeps.
    pub(crate) fn journal_size(&self) -> (u64, usize) {
        self.exchanges().size()
    }

    /// Returns the exchanges from now on, as they happen.
    pub(crate) fn follow(&self) -> Following {
        self.exchanges().follow(faces::recognise)
    }

    fn exchanges(&self) -> &Exchanges {
        match self {
            Self::Mock(daemon) => daemon.service.exchanges(),
            Self::Relay(server) => server.exchanges(),
        }
    }

    /// Returns the differences so far between the requests and those that a scenario or a recording has.
    pub(crate) fn report(&self) -> Report {
        match self {
            Self::Mock(daemon) => daemon.report(),
            Self::Relay(server) => server.report(),
        }
    }

    fn line(&self) -> &Line {
        match self {
            Self::Mock(daemon) => daemon.service.line(),
            Self::Relay(server) => Serves::line(&**server),
        }
    }

    /// Returns the faults of all replies to which no scenario gives faults.
    pub(crate) fn faults(&self) -> Faults {
        self.line().everywhere()
    }

    /// Sets these faults.
    pub(crate) fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        self.line().set_checked(faults)
    }

    /// Starts over.
    pub(crate) fn reset(&self) {
        match self {
            Self::Mock(daemon) => daemon.reset(),
            Self::Relay(server) => server.reset(),
        }
    }
}
