//! Domains as files: save, restore, suspend, resume, migrate and dump (`XendCheckpoint.py`).

use std::net::Ipv4Addr;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::{Activity, PowerState};
use super::{Detail, Failure, World, record};
use crate::python;

impl World {
    pub(super) fn save(&mut self, target: &Datum, path: &[u8], checkpoint: bool) -> Result<Datum, Failure> {
        let release = self.release;
        let at = self.position(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            // These releases format the id with `%i` (captures `save-dom0@3.0.2`, `save-dom0@3.1`).
            return Err(match (release, target) {
                (Release::V3_0_2 | Release::V3_1, Datum::Bytes(_) | Datum::Text(_)) => {
                    Failure::exception(format!("%d format: a number is required, not {}", python::type_name(target)))
                }
                _ => Failure::Privileged { verb: "save", target: python::str(target) },
            });
        }
        let state = domain.power_state();
        if release >= Release::V3_2 && state != PowerState::Running {
            return Err(Failure::bad_state("Domain is not running", PowerState::Running, state));
        }
        if domain.id.is_none() {
            return Err(Failure::exception(python::not_a_number(&Datum::None)));
        }
        if !self.files.exists(path) {
            return Err(Failure::refused([b"can't write guest state file ", path, b": ", NO_SUCH_FILE].concat()));
        }
        let mut saved = domain.clone();
        saved.deactivate(Activity::Suspended);
        saved.is_managed = false;
        self.check_room(path.len() + saved.weight())?;
        self.files.saved.insert(String::from_utf8_lossy(path).into_owned(), saved);
        if !checkpoint {
            self.end(at);
        }
        Ok(Datum::None)
    }

    pub(super) fn restore(
        &mut self,
        path: &[u8],
        paused: bool,
        detail: Detail,
        now: Duration,
    ) -> Result<Datum, Failure> {
        if !self.files.exists(path) {
            return Err(Failure::refused([b"can't read guest state file ", path, b": ", NO_SUCH_FILE].concat()));
        }
        let Some(saved) = self.files.saved.get(String::from_utf8_lossy(path).as_ref()) else {
            return Err(Failure::refused("not a valid guest state file: signature read"));
        };
        let mut domain = saved.clone();
        let mut same: Vec<_> = self.domains.named(&domain.name).chain(self.domains.of_uuid(&domain.uuid)).collect();
        same.sort_unstable();
        let mut others = same.iter().map(|&at| &self.domains[at]);
        if let Some(other) = others.find(|other| other.id.is_some() || other.uuid != domain.uuid) {
            return Err(Failure::NameInUse { name: domain.name, by: other.id });
        }
        let id = self.next_id();
        domain.id = Some(id);
        domain.started = Some(now);
        domain.activity = if paused { Activity::Paused } else { Activity::Blocked };
        domain.started(self.release, &mut self.identities);
        self.check_room(domain.weight())?;
        if let Some(&at) = same.first() {
            domain.is_managed = self.domains.remove(at).is_managed;
        }
        domain.vnc_address = Some(self.xend_config.vnc_address(self.release));
        let record = record::record(&domain, self.release, detail, now);
        self.domains.push(domain);
        Ok(record)
    }

    pub(super) fn suspend(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let at = self.position_or_given_target(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            let verb = if self.release <= Release::V3_2 { "save" } else { "suspend" };
            return Err(Failure::Privileged { verb, target: python::str(target) });
        }
        let state = domain.power_state();
        if state != PowerState::Running {
            return Err(Failure::bad_state("Domain is not running", PowerState::Running, state));
        }
        if !domain.is_managed {
            return Err(Failure::refused("Domain is not managed by Xend lifecycle support."));
        }
        self.domains[at].deactivate(Activity::Suspended);
        Ok(Datum::None)
    }

    pub(super) fn resume(&mut self, target: &Datum, paused: bool, now: Duration) -> Result<Datum, Failure> {
        // Any exception becomes a plain `XendError` here (capture `resume-unknown@3.1`).
        self.resume_suspended(target, paused, now).map_err(|failure| {
            let prefix: &[u8] = b"Error occurred when resuming: ";
            Failure::refused([prefix, &failure.str(self.release)].concat())
        })
    }

    fn resume_suspended(&mut self, target: &Datum, paused: bool, now: Duration) -> Result<Datum, Failure> {
        let at = self.position_or_given_target(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            let verb = if self.release <= Release::V3_2 { "save" } else { "resume" };
            return Err(Failure::Privileged { verb, target: python::str(target) });
        }
        if domain.power_state() != PowerState::Suspended {
            return Err(Failure::refused("Cannot resume domain that is not suspended."));
        }
        self.activate(at, paused, now)?;
        Ok(Datum::None)
    }

    pub(super) fn migrate(&mut self, target: &Datum, destination: &Datum, port: &Datum) -> Result<Datum, Failure> {
        /// The port on which a daemon accepts domains from other hosts (`xend-relocation-port`).
        const RELOCATION_PORT: i64 = 8002;
        let release = self.release;
        let at = self.position(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            return Err(Failure::Privileged { verb: "migrate", target: python::str(target) });
        }
        let state = domain.power_state();
        if release >= Release::V3_3 && state != PowerState::Running {
            return Err(Failure::bad_state("Domain is not running", PowerState::Running, state));
        }
        if domain.id.is_none() {
            return Err(Failure::exception(python::not_a_number(&Datum::None)));
        }
        // `sock.connect((destination, port))`, where the port 0 stands for the usual one.
        let destination = python::name(destination).map_err(Failure::Exception)?;
        let port = match python::c_int(port).map_err(Failure::Exception)? {
            0 => RELOCATION_PORT,
            port @ 1..=65_535 => port,
            _ => return Err(Failure::exception("getsockaddrarg: port must be 0-65535.")),
        };
        let peer = format!("{}:{port}", String::from_utf8_lossy(&destination));
        if !self.peers.contains(&peer) {
            let (errno, text) = if self.resolves(&destination) {
                (111, "Connection refused")
            } else {
                (-2, "Name or service not known")
            };
            // The error has the text `err[1]` before 3.3, and the whole exception from then on (captures
            // `post-migrate-refused@3.2`, xm command `migrate vm1` in 4.1).
            return Err(Failure::refused(if release < Release::V3_3 {
                format!("can't connect: {text}")
            } else {
                format!("can't connect: [Errno {errno}] {text}")
            }));
        }
        self.end(at);
        Ok(Datum::None)
    }

    /// Returns whether the name of a host resolves to an address. The simulated host knows itself, its peers and
    /// `localhost`.
    fn resolves(&self, host: &[u8]) -> bool {
        let Ok(host) = str::from_utf8(host) else { return false };
        let is_peer = |peer: &String| peer.rsplit_once(':').is_some_and(|(name, _)| name == host);
        let is_known = host == "localhost" || host == self.node.host || self.peers.iter().any(is_peer);
        // The system takes an empty name for this host.
        host.is_empty() || is_known || host.parse::<Ipv4Addr>().is_ok()
    }

    pub(super) fn dump(
        &mut self,
        target: &Datum,
        path: Option<&[u8]>,
        crash: bool,
        reset: bool,
        now: Duration,
    ) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            return Err(Failure::Privileged { verb: "dump core for", target: python::str(target) });
        }
        let state = domain.power_state();
        let has_ended = matches!(state, PowerState::Halted | PowerState::Suspended);
        if self.release >= Release::V3_2 && has_ended {
            return Err(Failure::not_started(target));
        }
        if domain.id.is_none() {
            return Err(Failure::exception(python::not_a_number(&Datum::None)));
        }
        if path.is_some_and(|path| !self.files.exists(path)) {
            return Err(Failure::refused("Failed to dump core: (2, 'No such file or directory')"));
        }
        // Up to 3.3 it is xm that ends the domain after a dump with `crash`.
        if crash && self.release >= Release::V3_4 {
            self.end(at);
        } else if reset {
            return self.reset(target, now);
        }
        Ok(Datum::None)
    }
}

const NO_SUCH_FILE: &[u8] = b"No such file or directory";
