//! From a configuration to the end of a domain, and all that happens to it by itself meanwhile.

use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::{Activity, PowerState};
use super::domain::{self, Asked, Domain};
use super::{Detail, Failure, World, record};
use crate::python;

/// The hypervisor keeps the ids from 0x7ff0 on to itself (`DOMID_FIRST_RESERVED`).
pub(super) const LAST_ID: u32 = 0x7fef;

/// The id to try after another.
pub(super) fn id_after(id: u32) -> u32 {
    id % LAST_ID + 1
}

/// What the daemon has learned of a new domain when it prints the reply to `create`.
///
/// One of its threads prints while another asks the hypervisor and the store. How far the second comes differs from run
/// to run: from 3.1 on, two runs of one daemon answer fewer than half of all creations alike (docs/fidelity.md). The mock
/// gives what each release answers most often, which depends on how much there is to print: a domain without devices, the
/// usual paravirtual one with a disk and a network card, or another.
#[derive(Clone, Copy)]
enum Learned {
    /// The domain has no state yet, no processor time and no console.
    Nothing,
    /// Its console is there.
    Console,
    /// It is as any later record tells it.
    All,
}

impl Learned {
    fn before_the_reply(domain: &Domain, release: Release) -> Self {
        use Learned::{All, Console, Nothing};
        let [without_devices, paravirtual_with_two, other] = release.pick(&[
            (Release::V3_0_2, [All; 3]),
            (Release::V3_1, [Nothing; 3]),
            (Release::V3_2, [Nothing, All, All]),
            (Release::V3_3, [Nothing; 3]),
            (Release::V3_4, [Nothing, Nothing, All]),
            (Release::V4_1, [Nothing; 3]),
            (Release::V4_4, [All, Console, Nothing]),
        ]);
        match domain.devices.len() {
            0 => without_devices,
            2 if !domain.is_hvm() => paravirtual_with_two,
            _ => other,
        }
    }
}

impl World {
    pub(super) fn create(&mut self, config: &Datum, detail: Detail, now: Duration) -> Result<Datum, Failure> {
        let mut domain = self.read_config(config)?;
        self.check_room(domain.weight())?;
        if self.release >= Release::V3_2
            && let Some(other) = self.running_as(&domain)
        {
            return Err(Failure::NameInUse { name: domain.name, by: other });
        }
        self.check_name(domain.name.as_bytes())?;
        self.check_name_is_free(&domain)?;
        // A definition of the same domain is what it is started from.
        let defined = self.domains.iter().position(|known| known.id.is_none() && known.uuid == domain.uuid);
        domain.is_managed = defined.is_some();
        // The domain is there before it turns out that it can't be built: the id is used up.
        let id = self.next_id();
        self.check_start(&mut domain)?;
        if let Some(at) = defined {
            self.domains.remove(at);
        }
        domain.id = Some(id);
        domain.activity = Activity::Paused;
        domain.started = Some(now);
        // Where a screen is shown, nobody knows yet in any case.
        domain.give_what_all_need(self.release, &mut self.identities);
        let record = match Learned::before_the_reply(&domain, self.release) {
            Learned::Nothing => record::early(&domain, self.release, detail, now),
            Learned::Console => {
                domain.plug_in_console(self.release, &mut self.identities);
                record::early(&domain, self.release, detail, now)
            }
            Learned::All => {
                domain.plug_in_console(self.release, &mut self.identities);
                record::record(&domain, self.release, detail, now)
            }
        };
        domain.plug_in_console(self.release, &mut self.identities);
        self.share_store(&domain);
        if domain.is_hvm() && self.dies_at_once(&domain) {
            return Ok(record);
        }
        domain.screens = Some(self.xend_config.screens(self.release));
        self.domains.push(domain);
        Ok(record)
    }

    /// Defines a domain. A definition of its uuid gets the new configuration, for that is what definitions are kept by
    /// (`XendDomain.py`, `managed_domains`); a running domain of that uuid and name is kept when it ends.
    pub(super) fn define(&mut self, config: &Datum) -> Result<Datum, Failure> {
        let mut domain = self.read_config(config)?;
        self.check_room(domain.weight())?;
        self.check_name(domain.name.as_bytes())?;
        self.check_name_is_free(&domain)?;
        let same = |known: &Domain| known.uuid == domain.uuid && known.name == domain.name;
        if let Some(at) = self.domains.iter().position(|known| known.id.is_some() && same(known)) {
            self.domains[at].is_managed = true;
            return Ok(Datum::None);
        }
        if let Some(at) = self.domains.iter().position(|known| known.id.is_none() && known.uuid == domain.uuid) {
            self.domains.remove(at);
        }
        domain.is_managed = true;
        self.domains.push(domain);
        Ok(Datum::None)
    }

    /// In 3.1 a running domain takes the name and the image of a new one that has its uuid, since both are kept in the
    /// store by that (capture `pine10-taken@3.1`). Later there is no such domain. Domain-0 is left as it is.
    fn share_store(&mut self, new: &Domain) {
        let shares = |known: &Arc<Domain>| known.id.is_some() && known.uuid == new.uuid && !known.is_privileged();
        if self.release == Release::V3_1
            && let Some(at) = self.domains.iter().position(shares)
        {
            let known = &mut self.domains[at];
            known.name.clone_from(&new.name);
            known.image.clone_from(&new.image);
        }
    }

    /// Whether a machine ends as soon as it is there, since its device model is no program: 3.4 watches it.
    fn dies_at_once(&self, domain: &Domain) -> bool {
        let model = domain.image.as_ref().map(|image| image.text("device_model")).unwrap_or_default();
        self.release >= Release::V3_4 && self.release < Release::V4_1 && !self.files.exists(&model)
    }

    /// The id of a running domain that has the name of a new one, or else its uuid.
    fn running_as(&self, domain: &Domain) -> Option<Option<u32>> {
        let running = || self.domains.iter().filter(|known| known.id.is_some());
        let by_name = running().find(|known| known.name == domain.name);
        Some(by_name.or_else(|| running().find(|known| known.uuid == domain.uuid))?.id)
    }

    /// Whether no other domain has the name of a new one. From 3.1 on one of its own uuid may have it.
    fn check_name_is_free(&self, domain: &Domain) -> Result<(), Failure> {
        let is_other = |known: &Arc<Domain>| {
            known.name == domain.name && (self.release < Release::V3_1 || known.uuid != domain.uuid)
        };
        match self.domains.iter().find(|known| is_other(known)) {
            Some(other) if self.release < Release::V3_1 => {
                Err(Failure::NameInUse { name: domain.name.clone(), by: other.id })
            }
            Some(other) => Err(Failure::NameTaken { name: domain.name.clone(), wanted_by: None, by: other.id }),
            None => Ok(()),
        }
    }

    pub(super) fn start(&mut self, target: &Datum, paused: bool, now: Duration) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let actual = self.domains[at].power_state();
        if actual != PowerState::Halted || self.domains[at].id.is_some() {
            return Err(Failure::bad_state("Domain is already running", PowerState::Halted, actual));
        }
        self.activate(at, paused, now)?;
        Ok(Datum::None)
    }

    /// Gives a definition an id and lets it run.
    pub(super) fn activate(&mut self, at: usize, paused: bool, now: Duration) -> Result<(), Failure> {
        let id = self.next_id();
        let mut domain = self.domains[at].clone();
        self.check_start(&mut domain)?;
        self.domains.remove(at);
        domain.id = Some(id);
        domain.started = Some(now);
        domain.activity = if paused { Activity::Paused } else { Activity::Blocked };
        domain.started(self.release, &mut self.identities);
        domain.screens = Some(self.xend_config.screens(self.release));
        // The hypervisor lists domains by id.
        self.domains.push(domain);
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &Datum) -> Result<Datum, Failure> {
        // Whatever is raised becomes a plain error on the way (capture `delete-unknown@3.1`).
        let at = self.position(target).map_err(|failure| Failure::Wrapped(Box::new(failure)))?;
        if self.domains[at].power_state() != PowerState::Halted || self.domains[at].id.is_some() {
            return Err(Failure::refused("Domain is not halted."));
        }
        self.domains.remove(at);
        Ok(Datum::None)
    }

    pub(super) fn pause(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let at = self.position_to_switch(target, "pause")?;
        let domain = &mut self.domains[at];
        let before = domain.power_state();
        domain.activity = Activity::Paused;
        Ok(before.number().into())
    }

    pub(super) fn unpause(&mut self, target: &Datum, now: Duration) -> Result<Datum, Failure> {
        let at = self.position_to_switch(target, "unpause")?;
        let domain = &mut self.domains[at];
        if domain.activity == Activity::Paused {
            domain.wake();
            // It could not do before what it was asked.
            if let Some(asked) = &mut domain.asked {
                asked.obeys_at = asked.obeys_at.map(|obeys_at| obeys_at.max(now));
            }
        }
        Ok(Datum::None)
    }

    fn position_to_switch(&self, target: &Datum, verb: &'static str) -> Result<usize, Failure> {
        let release = self.release;
        let wrapped = |failure| match release {
            // Here the daemon makes a `XendError` of any exception (captures `unpause-unknown@3.0.2`).
            Release::V3_0_2 => Failure::Wrapped(Box::new(failure)),
            _ => failure,
        };
        let at = self.position(target).map_err(wrapped)?;
        let domain = &self.domains[at];
        // 3.0.2 has no guard here (captures `pause-dom0`).
        if domain.is_privileged() && release >= Release::V3_0_3 {
            return Err(Failure::Privileged { verb, target: python::str(target) });
        }
        match domain.power_state() {
            PowerState::Running | PowerState::Paused => Ok(at),
            PowerState::Crashed if verb == "pause" => Ok(at),
            _ if release <= Release::V3_1 && domain.id.is_none() => {
                Err(Failure::refused(python::not_a_number(&Datum::None)))
            }
            _ if release <= Release::V3_1 => Ok(at),
            _ => Err(Failure::not_started(target)),
        }
    }

    pub(super) fn shutdown(&mut self, target: &Datum, reason: &[u8], now: Duration) -> Result<Datum, Failure> {
        const REASONS: [&[u8]; 5] = [b"poweroff", b"reboot", b"suspend", b"crash", b"halt"];
        let (release, obeys_at) = (self.release, self.guest_delay.and_then(|delay| now.checked_add(delay)));
        let domain = self.find_mut(target)?;
        let known = REASONS.contains(&reason);
        if release <= Release::V3_0_3 && !known {
            return Err(Failure::InvalidReason(reason.to_vec()));
        }
        if release >= Release::V3_1 && !matches!(domain.power_state(), PowerState::Running | PowerState::Paused) {
            return Err(Failure::refused("Domain cannot be shutdown"));
        }
        if domain.is_privileged() && release >= Release::V3_0_3 {
            return Err(Failure::ShutdownOfDomain0);
        }
        if !known {
            return Err(Failure::InvalidReason(reason.to_vec()));
        }
        // In 3.0.2 Domain-0 takes the request and goes on all the same (capture `shutdown-dom0@3.0.2`).
        if !domain.is_privileged() {
            domain.asked = Some(Asked { reason: reason.to_vec(), at: now, obeys_at });
        }
        Ok(Datum::None)
    }

    pub(super) fn destroy(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let at = match self.position(target) {
            Ok(at) => at,
            Err(failure) => return Err(self.destroy_unknown(target, failure)),
        };
        if self.domains[at].is_privileged() {
            return Err(Failure::Privileged { verb: "destroy", target: python::str(target) });
        }
        self.end(at);
        Ok(Datum::None)
    }

    /// All releases but 3.0.3 hand an unknown number on to the hypervisor (protocol reference §4.4).
    fn destroy_unknown(&self, target: &Datum, failure: Failure) -> Failure {
        let number = python::int(&python::str(target));
        match (self.release, number) {
            (Release::V3_0_3, _) => failure,
            (_, Ok(_)) => Failure::Hypervisor { errno: 3, text: "No such process" },
            (Release::V3_0_2, Err(text)) => Failure::Refused(text),
            (_, Err(_)) => failure,
        }
    }

    pub(super) fn reset(&mut self, target: &Datum, now: Duration) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let domain = &self.domains[at];
        if domain.is_privileged() {
            return Err(Failure::Privileged { verb: "reset", target: python::str(target) });
        }
        if !matches!(domain.power_state(), PowerState::Running | PowerState::Paused) {
            return Err(Failure::not_started(target));
        }
        self.start_anew(at, now);
        Ok(Datum::None)
    }

    pub(super) fn rename(&mut self, target: &Datum, name: &[u8]) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let name = self.check_name(name)?;
        self.check_room(name.len())?;
        if let Some(other) = self.domains.iter().position(|domain| domain.name == name).filter(|other| *other != at) {
            let (wanted_by, by) = (self.domains[at].id, self.domains[other].id);
            return Err(Failure::NameTaken { name, wanted_by, by });
        }
        self.domains[at].name = name;
        Ok(Datum::None)
    }

    /// Lets happen what was due, each at its time: guests obey, and those that don't are destroyed in the end.
    pub(crate) fn settle(&mut self, now: Duration) {
        let timeout = domain::shutdown_timeout(self.release);
        let due = |(at, domain): (usize, &Arc<Domain>)| {
            let asked = domain.asked.as_ref()?;
            let obeys_at = asked.obeys_at.filter(|_| domain.activity != Activity::Paused);
            let destroyed_at = asked.at.saturating_add(timeout);
            let obeys = obeys_at.is_some_and(|obeys_at| obeys_at <= destroyed_at);
            Some((obeys_at.unwrap_or(destroyed_at).min(destroyed_at), at, obeys))
        };
        while let Some((time, at, obeys)) =
            self.domains.iter().enumerate().filter_map(due).min().filter(|due| due.0 <= now)
        {
            let asked = self.domains[at].asked.take();
            match asked.filter(|_| obeys) {
                Some(asked) => self.obey(at, &asked.reason, time),
                None => self.end(at),
            }
        }
    }

    /// A guest has done what it was asked (`XendDomainInfo.refreshShutdown`).
    fn obey(&mut self, at: usize, reason: &[u8], now: Duration) {
        let has_room = self.check_room(self.domains[at].weight()).is_ok();
        let domain = &mut self.domains[at];
        let then = match reason {
            // Whoever asked takes care of it.
            b"suspend" => "preserve",
            b"reboot" => domain.on_end.reboot.as_str(),
            b"crash" => domain.on_end.crash.as_str(),
            _ => domain.on_end.poweroff.as_str(),
        };
        match then {
            "restart" | "coredump-restart" => self.restart(at, now),
            "rename-restart" => {
                // Where there is no room for what the domain was, only the new one is left.
                if has_room {
                    let name = self.free_name(&self.domains[at].name);
                    let uuid = self.identities.uuid();
                    self.domains.push(Domain { name, uuid, activity: Activity::ShutDown, ..self.domains[at].clone() });
                }
                self.restart(at, now);
            }
            "preserve" if reason == b"crash" => domain.activity = Activity::Crashed,
            "preserve" => domain.activity = Activity::ShutDown,
            _ => self.end(at),
        }
    }

    /// Starts a domain anew, unless that happens too often. Up to 3.0.3 the last restart counts, from 4.1 on the last start
    /// (`XendDomainInfo._restart`, xm command `save vm1` after `reboot vm1` in 4.1). From 3.1 to 3.4 a restart that the
    /// daemon itself was asked for always happens, and guests here do nothing of themselves.
    fn restart(&mut self, at: usize, now: Duration) {
        let domain = &mut self.domains[at];
        let last = self.release.pick(&[
            (Release::V3_0_2, domain.restarted),
            (Release::V3_1, None),
            (Release::V4_1, domain.started),
        ]);
        if last.is_some_and(|last| now.saturating_sub(last) < domain::minimum_restart_time(self.release)) {
            return self.end(at);
        }
        domain.restarts = domain.restarts.saturating_add(1);
        domain.restarted = Some(now);
        self.start_anew(at, now);
    }

    /// Name and uuid stay, the id does not.
    fn start_anew(&mut self, at: usize, now: Duration) {
        let id = self.next_id();
        let mut domain = self.domains.remove(at);
        domain.deactivate(Activity::Halted);
        domain.id = Some(id);
        domain.activity = Activity::Blocked;
        domain.started = Some(now);
        domain.started(self.release, &mut self.identities);
        domain.screens = Some(self.xend_config.screens(self.release));
        self.domains.push(domain);
    }

    /// A domain is no longer active. One that the daemon keeps stays as its definition.
    pub(super) fn end(&mut self, at: usize) {
        let domain = &self.domains[at];
        if domain.is_managed && !(domain.is_transient && domain.id.is_some()) {
            self.domains[at].deactivate(Activity::Halted);
        } else {
            self.domains.remove(at);
        }
    }

    /// `vm1-1`, or the first such name that no domain has (`generateUniqueName`).
    fn free_name(&self, name: &str) -> String {
        let is_free = |name: &String| self.domains.iter().all(|domain| domain.name != *name);
        (1_u32..).map(|number| format!("{name}-{number}")).find(is_free).expect("some number is free")
    }

    /// The next id that no domain has. After the last come the first again, as in the hypervisor.
    pub(super) fn next_id(&mut self) -> u32 {
        let is_free = |id: &u32| self.domains.iter().all(|domain| domain.id != Some(*id));
        // No host has so many domains that none is free.
        let id = (self.next_id..=LAST_ID).chain(1..self.next_id).find(is_free).unwrap_or(self.next_id);
        self.next_id = id_after(id);
        id
    }
}
