//! The life of domains, from their creation to their end, and the events in it that time brings.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Operation};

use super::activity::{Activity, PowerState};
use super::domain::{self, Domain, ShutdownRequest};
use super::domains::Domains;
use super::{Detail, Failure, World, record};
use crate::python;

/// The last id that a domain can have. The hypervisor reserves those from 0x7ff0 on (`DOMID_FIRST_RESERVED`).
pub(super) const LAST_ID: u32 = 0x7fef;

/// Returns the id to try after another one.
pub(super) fn id_after(id: u32) -> u32 {
    id % LAST_ID + 1
}

/// What the daemon knows of a new domain when it prints the reply to `create`.
///
/// One of its threads prints the reply while another asks the hypervisor and the store. How far the second thread gets
/// differs from run to run: from 3.1 on, two runs of one daemon give fewer than half of all creations the same reply
/// (docs/fidelity.md). The mock gives the reply that is most frequent in each release. That depends on how much there
/// is to print: for a domain without devices, for the usual paravirtual one with a disk and a network card, or for
/// another.
#[derive(Clone, Copy)]
enum KnownAtCreation {
    /// Neither the domain's state nor its CPU time nor its console.
    Nothing,
    /// The console only.
    Console,
    /// Everything that later records show.
    All,
}

impl KnownAtCreation {
    fn before_the_reply(domain: &Domain, release: Release) -> Self {
        use KnownAtCreation::{All, Console, Nothing};
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
        if self.release >= Release::V3_2
            && let Some(other) = self.running_as(&domain)
        {
            return Err(Failure::NameInUse { name: domain.name, by: other });
        }
        self.check_name(domain.name.as_bytes())?;
        self.check_name_is_free(&domain)?;
        // A definition of the same domain is what it is started from.
        let defined = self.domains.of_uuid(&domain.uuid).find(|&at| self.domains[at].id.is_none());
        domain.is_managed = defined.is_some();
        // The hypervisor creates the domain before it turns out that it can't be built, so the id is used up.
        let id = self.next_id();
        self.check_start(&mut domain)?;
        domain.id = Some(id);
        domain.activity = Activity::Paused;
        domain.started = Some(now);
        // The address of a framebuffer is not known yet in any case.
        domain.allocate_resources(self.release, &mut self.identities);
        let record = match KnownAtCreation::before_the_reply(&domain, self.release) {
            KnownAtCreation::Nothing => record::early(&domain, self.release, detail, now),
            KnownAtCreation::Console => {
                domain.plug_in_console(self.release, &mut self.identities);
                record::early(&domain, self.release, detail, now)
            }
            KnownAtCreation::All => {
                domain.plug_in_console(self.release, &mut self.identities);
                record::record(&domain, self.release, detail, now)
            }
        };
        domain.plug_in_console(self.release, &mut self.identities);
        let shared = self.sharing_store(&domain).map_or(0, |_| domain.name_and_image_weight());
        self.check_room(domain.weight() + shared)?;
        if let Some(at) = defined {
            self.domains.remove(at);
        }
        self.share_store(&domain);
        if domain.is_hvm() && self.ends_at_start(&domain) {
            return Ok(record);
        }
        domain.vnc_address = Some(self.xend_config.vnc_address(self.release));
        self.domains.push(domain);
        Ok(record)
    }

    /// Defines a domain. Definitions are kept by uuid (`XendDomain.py`, `managed_domains`), so one with the same uuid
    /// gets the new configuration. A running domain with the same uuid is kept when it ends if it has the name, too.
    pub(super) fn define(&mut self, config: &Datum) -> Result<Datum, Failure> {
        let mut domain = self.read_config(config)?;
        self.check_room(domain.weight())?;
        self.check_name(domain.name.as_bytes())?;
        self.check_name_is_free(&domain)?;
        let (running, defined): (Vec<_>, Vec<_>) =
            self.domains.of_uuid(&domain.uuid).partition(|&at| self.domains[at].id.is_some());
        let running_as_it = running.iter().copied().find(|&at| self.domains[at].name == domain.name);
        for at in running {
            self.domains[at].is_managed = running_as_it == Some(at);
        }
        for at in defined.into_iter().rev() {
            self.domains.remove(at);
        }
        if running_as_it.is_none() {
            domain.is_managed = true;
            self.domains.push(domain);
        }
        Ok(Datum::None)
    }

    /// Returns where the running domain is that shares the store with a new one of the same uuid. Only 3.1 has two such
    /// domains, and Domain-0 is none of them.
    fn sharing_store(&self, new: &Domain) -> Option<usize> {
        let is_guest = |&at: &usize| self.domains[at].id.is_some() && !self.domains[at].is_privileged();
        let mut running = self.domains.of_uuid(&new.uuid).filter(is_guest);
        running.next().filter(|_| self.release == Release::V3_1)
    }

    /// Gives a running domain the name and the image of a new one with the same uuid, as 3.1 does, where the store
    /// keeps both by uuid (capture `pine10-taken@3.1`).
    fn share_store(&mut self, new: &Domain) {
        if let Some(at) = self.sharing_store(new) {
            let known = &mut self.domains[at];
            known.name.clone_from(&new.name);
            known.image.clone_from(&new.image);
        }
    }

    /// Returns whether an HVM domain ends right after its start, because its device model is not a program. 3.4 watches
    /// the device model.
    fn ends_at_start(&self, domain: &Domain) -> bool {
        let model = domain.image.as_ref().map(|image| image.text("device_model")).unwrap_or_default();
        self.release >= Release::V3_4 && self.release < Release::V4_1 && !self.files.exists(&model)
    }

    /// Returns the id of a domain that has the name of a new one, or else its uuid; `None` if there is none.
    fn running_as(&self, domain: &Domain) -> Option<Option<u32>> {
        let is_running = |at: &usize| self.domains[*at].id.is_some();
        let by_name = self.domains.named(&domain.name).find(is_running);
        let at = by_name.or_else(|| self.domains.of_uuid(&domain.uuid).find(is_running))?;
        Some(self.domains[at].id)
    }

    /// Checks that no other domain has the name of a new one. From 3.1 on a domain with the same uuid may have it.
    fn check_name_is_free(&self, domain: &Domain) -> Result<(), Failure> {
        let is_other = |known: &&Domain| self.release < Release::V3_1 || known.uuid != domain.uuid;
        match self.domains.named(&domain.name).map(|at| &self.domains[at]).find(is_other) {
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

    /// Gives a definition an id and starts it.
    pub(super) fn activate(&mut self, at: usize, paused: bool, now: Duration) -> Result<(), Failure> {
        let id = self.next_id();
        let mut domain = self.domains[at].clone();
        self.check_start(&mut domain)?;
        domain.id = Some(id);
        domain.started = Some(now);
        domain.activity = if paused { Activity::Paused } else { Activity::Blocked };
        domain.started(self.release, &mut self.identities);
        self.check_room(domain.weight().saturating_sub(self.domains[at].weight()))?;
        self.domains.remove(at);
        domain.vnc_address = Some(self.xend_config.vnc_address(self.release));
        // The hypervisor lists domains by id.
        self.domains.push(domain);
        Ok(())
    }

    pub(super) fn delete(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let raised = |failure: Failure| failure.raised_by(operation::UNDEFINE, self.release);
        let at = self.position(target).map_err(raised)?;
        if self.domains[at].power_state() != PowerState::Halted || self.domains[at].id.is_some() {
            return Err(Failure::refused("Domain is not halted."));
        }
        self.domains.remove(at);
        Ok(Datum::None)
    }

    pub(super) fn pause(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let at = self.position_to_switch(target, operation::PAUSE, "pause")?;
        let domain = &mut self.domains[at];
        let before = domain.power_state();
        domain.activity = Activity::Paused;
        Ok(before.number().into())
    }

    pub(super) fn unpause(&mut self, target: &Datum, now: Duration) -> Result<Datum, Failure> {
        let at = self.position_to_switch(target, operation::UNPAUSE, "unpause")?;
        let domain = &mut self.domains[at];
        if domain.activity == Activity::Paused {
            domain.unpause();
            // The guest was paused and could not obey earlier.
            if let Some(asked) = &mut domain.shutdown_request {
                asked.obeys_at = asked.obeys_at.map(|obeys_at| obeys_at.max(now));
            }
        }
        Ok(Datum::None)
    }

    fn position_to_switch(&self, target: &Datum, operation: Operation, verb: &'static str) -> Result<usize, Failure> {
        let release = self.release;
        let at = self.position(target).map_err(|failure| failure.raised_by(operation, release))?;
        let domain = &self.domains[at];
        // 3.0.2 does not protect Domain-0 here (captures `pause-dom0`).
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
        // In 3.0.2 Domain-0 accepts the request and runs on all the same (capture `shutdown-dom0@3.0.2`).
        if !domain.is_privileged() {
            domain.shutdown_request = Some(ShutdownRequest { reason: reason.to_vec(), at: now, obeys_at });
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

    /// Returns the failure for the destruction of an unknown domain. All releases but 3.0.3 pass an unknown number on
    /// to the hypervisor (protocol reference §4.4).
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
        self.restart_unchecked(at, now);
        Ok(Datum::None)
    }

    pub(super) fn rename(&mut self, target: &Datum, name: &[u8]) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let name = self.check_name(name)?;
        self.check_room(name.len())?;
        if let Some(other) = self.domains.named(&name).next().filter(|other| *other != at) {
            let (wanted_by, by) = (self.domains[at].id, self.domains[other].id);
            return Err(Failure::NameTaken { name, wanted_by, by });
        }
        self.domains[at].name = name;
        Ok(Datum::None)
    }

    /// Performs the events that are due, each at its own time: guests obey shutdown requests, and guests that never do
    /// are destroyed after the daemon's timeout.
    pub(crate) fn settle(&mut self, now: Duration) {
        let timeout = domain::shutdown_timeout(self.release);
        let due = |domains: &Domains, at: usize| {
            let domain = &domains[at];
            let asked = domain.shutdown_request.as_ref()?;
            let obeys_at = asked.obeys_at.filter(|_| domain.activity != Activity::Paused);
            let destroyed_at = asked.at.saturating_add(timeout);
            let obeys = obeys_at.is_some_and(|obeys_at| obeys_at <= destroyed_at);
            Some((obeys_at.unwrap_or(destroyed_at).min(destroyed_at), at, obeys))
        };
        while let Some((time, at, obeys)) =
            self.domains.asked().filter_map(|at| due(&self.domains, at)).min().filter(|due| due.0 <= now)
        {
            let asked = self.domains[at].shutdown_request.take();
            match asked.filter(|_| obeys) {
                Some(asked) => self.obey(at, &asked.reason, time),
                None => self.end(at),
            }
        }
    }

    /// Ends the guest of a domain by itself, without a request of a client: it crashes (`crash`), powers off
    /// (`poweroff`) or reboots (`reboot`), and the daemon does what the domain's configuration says.
    ///
    /// # Errors
    /// Returns a failure if there is no such domain, if it is not active, or if it is Domain-0.
    pub fn end_guest(&mut self, target: &Datum, reason: &[u8], now: Duration) -> Result<(), Failure> {
        self.settle(now);
        let at = self.position(target)?;
        let domain = &mut self.domains[at];
        if domain.is_privileged() {
            return Err(Failure::ShutdownOfDomain0);
        }
        if !matches!(domain.power_state(), PowerState::Running | PowerState::Paused) {
            return Err(Failure::not_started(target));
        }
        domain.shutdown_request = None;
        self.obey(at, reason, now);
        Ok(())
    }

    /// Ends a domain whose guest has obeyed a shutdown request (`XendDomainInfo.refreshShutdown`).
    fn obey(&mut self, at: usize, reason: &[u8], now: Duration) {
        let has_room = self.check_room(self.domains[at].weight()).is_ok();
        let domain = &mut self.domains[at];
        let then = match reason {
            // The operation that asked for the suspension handles the domain.
            b"suspend" => "preserve",
            b"reboot" => domain.on_end.reboot.as_str(),
            b"crash" => domain.on_end.crash.as_str(),
            _ => domain.on_end.poweroff.as_str(),
        };
        match then {
            "restart" | "coredump-restart" => self.restart(at, now),
            "rename-restart" => {
                // Without room for the old domain, only the new one is kept.
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

    /// Restarts a domain, unless restarts follow each other too quickly.
    ///
    /// Up to 3.0.3 the time since the last restart counts, from 4.1 on the time since the last start
    /// (`XendDomainInfo._restart`, xm command `save vm1` after `reboot vm1` in 4.1). From 3.1 to 3.4 a restart that a
    /// client asked for always happens, and simulated guests never end by themselves.
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
        self.restart_unchecked(at, now);
    }

    /// Restarts a domain, which keeps its name and uuid and gets another id.
    fn restart_unchecked(&mut self, at: usize, now: Duration) {
        let id = self.next_id();
        let mut domain = self.domains.remove(at);
        domain.deactivate(Activity::Halted);
        domain.id = Some(id);
        domain.activity = Activity::Blocked;
        domain.started = Some(now);
        domain.started(self.release, &mut self.identities);
        domain.vnc_address = Some(self.xend_config.vnc_address(self.release));
        self.domains.push(domain);
    }

    /// Ends a domain. If the daemon keeps it, its definition stays.
    pub(super) fn end(&mut self, at: usize) {
        let domain = &self.domains[at];
        if domain.is_managed && !(domain.is_transient && domain.id.is_some()) {
            self.domains[at].deactivate(Activity::Halted);
        } else {
            self.domains.remove(at);
        }
    }

    /// Returns the first of the names `vm1-1`, `vm1-2` and so on that no domain has (`generateUniqueName`).
    fn free_name(&self, name: &str) -> String {
        let is_free = |name: &String| self.domains.named(name).next().is_none();
        (1_u32..).map(|number| format!("{name}-{number}")).find(is_free).expect("some number is free")
    }

    /// Returns the next id that no domain has. After the last id come the first ones again, as in the hypervisor.
    pub(super) fn next_id(&mut self) -> u32 {
        let is_free = |id: &u32| self.domains.of_id(*id).is_none();
        // No host has so many domains that none is free.
        let id = (self.next_id..=LAST_ID).chain(1..self.next_id).find(is_free).unwrap_or(self.next_id);
        self.next_id = id_after(id);
        id
    }
}
