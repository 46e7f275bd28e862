//! Building a world from the tables of a file, with a diagnostic for each mistake.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use xend_wire::datum::Datum;
use xend_wire::{Diagnostic, Release, sexpr};

use super::image::completed;
use super::tables::{BootloaderTable, DomainTable, NodeTable, SavedTable, WorldTable};
use crate::world::config::{self, restart_modes};
use crate::world::device::Origin;
use crate::world::identity::Identities;
use crate::world::lifecycle::{LAST_ID, id_after};
use crate::world::{
    Activity, Bootloader, Device, Domain, Filesystem, Node, OnEnd, OnXend, Patterns, Run, Settings, ShutdownRequest,
    World,
};

/// The text of a world file, with the name that diagnostics show.
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// When domains were started for which the file gives no time, since the Unix epoch.
    pub(super) now: Duration,
}

impl Source<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.text.as_bytes(), span, message)
    }

    pub(super) fn world(&self, table: WorldTable, asked: Option<Release>) -> Result<World, Diagnostic> {
        let release = match table.release {
            Some(text) => {
                let known: Release =
                    text.get_ref().parse().map_err(|error| self.wrong(text.span(), format!("{error}")))?;
                match asked {
                    Some(asked) if asked != known => {
                        return Err(
                            self.wrong(text.span(), format!("the world belongs to release {known}, not to {asked}"))
                        );
                    }
                    _ => known,
                }
            }
            None => asked.unwrap_or_default(),
        };
        let mut world = World::empty(release);
        if let Some(node) = table.node {
            world.node = self.node(node)?;
        }
        world.xend_config = table.xend_config;
        let missing = table.missing_files.map(|patterns| self.patterns(patterns)).transpose()?;
        let missing = missing.unwrap_or_else(|| world.files.missing().clone());
        world.files = Filesystem::new(missing, self.patterns(table.existing_files)?);
        for BootloaderTable { path, answer } in table.bootloader {
            world.bootloaders.push(Bootloader { path, answer: self.sexpr(&answer)? });
        }
        world.peers = table.peers;
        world.messages = table.messages.map_or(world.messages, String::into_bytes);
        world.log = table.log.map_or(world.log, String::into_bytes);
        world.guest_delay = match (table.guest_obeys, table.guest_delay) {
            (Some(false), None) => None,
            (Some(false), Some(delay)) => {
                return Err(self.wrong(
                    delay.span(),
                    "`guest-delay` does not go with `guest-obeys = false`: remove one of the two",
                ));
            }
            (_, Some(delay)) => Some(self.seconds(&delay)?),
            (_, None) => Some(Duration::ZERO),
        };
        world.identities = Identities::from_given(table.identities.unwrap_or_default() as u64);
        for domain in table.domain {
            self.add_domain(&mut world, domain)?;
        }
        if let Some(next) = table.next_id {
            world.next_id = world.next_id.max(self.id(&next)?);
        }
        for SavedTable { path, domain } in table.saved {
            let mut domain = self.domain(&mut world, domain.into_inner())?;
            domain.deactivate(Activity::Suspended);
            world.files.saved.insert(path, domain);
        }
        Ok(world)
    }

    fn node(&self, table: NodeTable) -> Result<Node, Diagnostic> {
        let usual = Node::default();
        let total = table.total_memory.as_ref().map_or(usual.total_memory, |total| *total.get_ref());
        let free = table.free_memory.as_ref().map_or(usual.free_memory, |free| *free.get_ref());
        if let Some(memory) = [&table.total_memory, &table.free_memory].into_iter().flatten().find(|m| *m.get_ref() < 0)
        {
            return Err(self.wrong(memory.span(), "expected a number of MiB, 0 or more"));
        }
        if let Some(memory) = table.free_memory.or(table.total_memory).filter(|_| free > total) {
            let message = format!(
                "`free-memory`, {free} MiB, must not be more than `total-memory`, {total} MiB: change or add one of the \
                 two"
            );
            return Err(self.wrong(memory.span(), message));
        }
        Ok(Node {
            host: table.host.unwrap_or(usual.host),
            total_memory: total,
            free_memory: free,
            xen_caps: table.xen_caps.unwrap_or(usual.xen_caps),
        })
    }

    fn id(&self, id: &Spanned<i64>) -> Result<u32, Diagnostic> {
        u32::try_from(*id.get_ref())
            .ok()
            .filter(|id| *id <= LAST_ID)
            .ok_or_else(|| self.wrong(id.span(), format!("expected a domain id from 1 to {LAST_ID}")))
    }

    fn add_domain(&self, world: &mut World, table: Spanned<DomainTable>) -> Result<(), Diagnostic> {
        let table = table.into_inner();
        let (name, id) = (table.name.span(), table.id.as_ref().map(Spanned::span));
        let state = table.state.as_ref().map_or(name.clone(), Spanned::span);
        let has_console = table.console.unwrap_or(true);
        let mut domain = self.domain(world, table)?;
        let release = world.release;
        if !domain.activity.is_active() && release < Release::V3_1 {
            return Err(
                self.wrong(state, format!("release {release} has no inactive domains: they came with Xen 3.0.4"))
            );
        }
        if domain.name == "Domain-0" {
            if !domain.activity.is_active() {
                return Err(self.wrong(name, "Domain-0 is always active"));
            }
            domain.id = Some(0);
            domain.is_managed = false;
            world.domains[0] = domain;
            return Ok(());
        }
        // In 3.1 two domains with one uuid share their name.
        let is_shared = |known: &Domain| release == Release::V3_1 && known.uuid == domain.uuid;
        if world.domains.named(&domain.name).any(|at| !is_shared(&world.domains[at])) {
            return Err(self.wrong(name, format!("two domains have the name `{}`: each needs its own", domain.name)));
        }
        if let Some(id) = id.clone().filter(|_| domain.id == Some(0)) {
            return Err(self.wrong(id, "id 0 belongs to Domain-0, expected another"));
        }
        if domain.activity.is_active() {
            match domain.id {
                Some(wanted) if world.domains.of_id(wanted).is_some() => {
                    return Err(
                        self.wrong(id.unwrap_or(name), format!("two domains have the id {wanted}: each needs its own"))
                    );
                }
                Some(wanted) => world.next_id = world.next_id.max(id_after(wanted)),
                None => domain.id = Some(world.next_id()),
            }
            if has_console {
                domain.plug_in_console(world.release, &mut world.identities);
            }
            domain.vnc_address = Some(world.xend_config.vnc_address(world.release));
        } else if let Some(id) = id {
            return Err(
                self.wrong(id, format!("a domain in the state `{}` has no id: remove `id`", domain.activity.as_str()))
            );
        } else {
            // The daemon forgets any other domain when it ends.
            domain.is_managed = true;
        }
        world.domains.push(domain);
        Ok(())
    }

    fn domain(&self, world: &mut World, table: DomainTable) -> Result<Domain, Diagnostic> {
        let release = world.release;
        let name = world.check_name(table.name.get_ref().as_bytes()).map_err(|_| {
            let message =
                format!("`{}` is not a domain name, expected letters, digits and _-.:/+", table.name.get_ref());
            self.wrong(table.name.span(), message)
        })?;
        let activity = match &table.state {
            None => Activity::Blocked,
            Some(state) => {
                Activity::ALL.into_iter().find(|known| known.as_str() == state.get_ref()).ok_or_else(|| {
                    let known = Activity::ALL.map(Activity::as_str).join(", ");
                    self.wrong(state.span(), format!("unknown state `{}`, expected one of {known}", state.get_ref()))
                })?
            }
        };
        let vcpus = match &table.vcpus {
            // As in a configuration, the number may be 0.
            Some(vcpus) => self.vcpus(vcpus)?,
            None => 1,
        };
        let available_vcpus = table.available_vcpus.as_ref().map(|vcpus| self.vcpus(vcpus)).transpose()?;
        let memory = *table.memory.get_ref();
        // 3.0.2 takes any number as the memory, and releases up to 3.1 take any as its maximum.
        if memory < 1 && release >= Release::V3_0_3 {
            return Err(self.wrong(table.memory.span(), "a domain has at least 1 MiB of memory"));
        }
        let max_memory = match &table.max_memory {
            Some(most) if *most.get_ref() < memory && release >= Release::V3_2 => {
                let message = format!("`max-memory` must be at least `memory`, {memory} MiB");
                return Err(self.wrong(most.span(), message));
            }
            Some(most) => *most.get_ref(),
            None => memory,
        };
        let usual = OnEnd::default();
        let on_end = OnEnd {
            poweroff: self.restart_mode(table.on_poweroff, usual.poweroff, restart_modes(release))?,
            reboot: self.restart_mode(table.on_reboot, usual.reboot, restart_modes(release))?,
            crash: self.restart_mode(table.on_crash, usual.crash, restart_modes(release))?,
        };
        let usual = OnXend::default();
        let on_xend = OnXend {
            start: table.on_xend_start.unwrap_or(usual.start),
            stop: table.on_xend_stop.unwrap_or(usual.stop),
        };
        let pairs = table.settings.iter().map(|text| self.sexpr(text)).collect::<Result<Vec<_>, _>>()?;
        let mut settings = Settings::default();
        settings.read_rest(&pairs.into(), release).map_err(|failure| {
            let span = table.settings.first().map_or(table.name.span(), Spanned::span);
            self.wrong(span, String::from_utf8_lossy(&failure.message(release)))
        })?;
        let mut devices: Vec<Device> = Vec::new();
        for text in &table.devices {
            let config = self.sexpr(text)?;
            let class = config.items().first().and_then(Datum::as_bytes).unwrap_or_default();
            if !world.knows_class(class) {
                let class = String::from_utf8_lossy(class);
                return Err(self.wrong(text.span(), format!("release {release} has no device class `{class}`")));
            }
            if release < Release::V3_1 {
                devices.push(Device::plain(&config, &devices, release, &mut world.identities));
                continue;
            }
            let device = Device::define(&config, &devices, release, Origin::Kept, &mut world.identities);
            devices.push(
                device
                    .map_err(|failure| self.wrong(text.span(), String::from_utf8_lossy(&failure.message(release))))?,
            );
        }
        let image = match table.image {
            Some(text) => {
                let mut image = completed(self.sexpr(&text)?, &world.files, release, &devices);
                table.image_without.iter().for_each(|name| image.unset(name));
                Some(image)
            }
            None => None,
        };
        let started = match table.started {
            Some(started) => Some(self.seconds(&started)?),
            None if activity.is_active() && name != "Domain-0" => Some(self.now),
            None => None,
        };
        let shutdown_request = match table.shutdown_request {
            Some(asked) => Some(ShutdownRequest {
                reason: asked.reason.into_bytes(),
                at: self.seconds(&asked.at)?,
                obeys_at: asked.obeys_at.map(|time| self.seconds(&time)).transpose()?,
            }),
            None => None,
        };
        let ran = match table.ran {
            Some(ran) => Some(Run { id: self.id(&ran.id)?, started: self.seconds(&ran.started)? }),
            None => None,
        };
        Ok(Domain {
            id: table.id.map(|id| self.id(&id)).transpose()?,
            name,
            uuid: table.uuid.unwrap_or_else(|| world.identities.uuid()),
            activity,
            is_transient: table.transient,
            is_managed: table.managed,
            vcpus,
            vcpu_avail: table.vcpu_avail,
            available_vcpus,
            pinned: table.pinned,
            last_pinned: table.last_pinned,
            memory,
            max_memory,
            shadow_memory: table.shadow_memory,
            credit: table.credit,
            configured_credit: table.configured_credit,
            sedf: table.sedf,
            bvt: table.bvt,
            on_end,
            on_xend,
            settings,
            image,
            devices,
            started,
            vnc_address: None,
            ran,
            shutdown_request,
            restarts: table.restarts,
            restarted: table.restarted.map(|time| self.seconds(&time)).transpose()?,
            pause_flag: table.pause_flag,
            ..Domain::blank()
        })
    }

    fn vcpus(&self, vcpus: &Spanned<i64>) -> Result<i64, Diagnostic> {
        let number = Some(*vcpus.get_ref()).filter(|number| *number <= config::MOST_VCPUS);
        number.ok_or_else(|| self.wrong(vcpus.span(), format!("a domain has at most {} vcpus", config::MOST_VCPUS)))
    }

    fn patterns(&self, texts: Vec<Spanned<String>>) -> Result<Patterns, Diagnostic> {
        for text in &texts {
            Patterns::new([text.get_ref().clone()])
                .map_err(|error| self.wrong(text.span(), format!("invalid pattern of paths: {}", error.kind())))?;
        }
        Ok(Patterns::new(texts.into_iter().map(Spanned::into_inner)).expect("each is a pattern"))
    }

    fn restart_mode(
        &self,
        given: Option<Spanned<String>>,
        usual: String,
        modes: &[&str],
    ) -> Result<String, Diagnostic> {
        match given {
            None => Ok(usual),
            Some(mode) if modes.contains(&mode.get_ref().as_str()) => Ok(mode.into_inner()),
            Some(mode) => {
                let message = format!("unknown mode `{}`, expected one of {}", mode.get_ref(), modes.join(", "));
                Err(self.wrong(mode.span(), message))
            }
        }
    }

    fn sexpr(&self, text: &Spanned<String>) -> Result<Datum, Diagnostic> {
        let first = sexpr::parse(text.get_ref().as_bytes())
            .and_then(|document| document.first().map(Datum::from_sexpr).transpose())
            .map_err(|error| self.wrong(text.span(), format!("invalid S-expression: {error}")))?;
        first
            .filter(|value| !value.items().is_empty())
            .ok_or_else(|| self.wrong(text.span(), "expected a list, such as `(vif (mac 00:16:3e:00:00:01))`"))
    }

    fn seconds(&self, seconds: &Spanned<f64>) -> Result<Duration, Diagnostic> {
        Duration::try_from_secs_f64(*seconds.get_ref())
            .map_err(|_| self.wrong(seconds.span(), "expected a number of seconds, 0 or more"))
    }
}
