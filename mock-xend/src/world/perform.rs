//! The dispatch of commands.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::PowerState;
use super::command::Command;
use super::failure::Failure;
use super::state::World;
use super::{record, vcpu};
use crate::python;

impl World {
    /// Performs a command at a time, given since the Unix epoch. Events that were due before happen first.
    ///
    /// # Errors
    /// Returns the failure that the daemon raises. The world is then unchanged, except that the id of a domain that
    /// could not be built is used up.
    pub fn perform(&mut self, now: Duration, command: &Command) -> Result<Datum, Failure> {
        self.settle(now);
        if command.refreshes_domains() {
            self.refresh()?;
        }
        let release = self.release;
        match command {
            Command::Find { domain } => {
                let domain = self.find(domain)?;
                Ok(Datum::list([domain.domid(), domain.name.as_str().into()]))
            }
            Command::NodeInfo { with_topology } => Ok(self.node.pairs(release, *with_topology).into()),
            Command::Messages => Ok(self.messages.clone().into()),
            Command::ClearMessages => Ok(std::mem::take(&mut self.messages).into()),
            Command::Log => Ok(self.log.clone().into()),
            // What the hypervisor prints for each key is not simulated.
            Command::DebugKeys { keys: _ } => Ok(Datum::None),
            Command::Names(states) => {
                let mut names: Vec<_> = self.listed(*states).map(|domain| domain.name.as_str()).collect();
                names.sort_unstable();
                Ok(names.into_iter().map(Datum::from).collect::<Vec<_>>().into())
            }
            Command::Records { states, detail, order } => {
                Ok(self.listing(now, *states, *detail, *order)?.records().collect::<Vec<_>>().into())
            }
            Command::Record { domain, detail } => Ok(record::record(self.find(domain)?, release, *detail, now)),
            Command::Create { config, detail } => self.create(config, *detail, now),
            Command::New { config } => self.define(config),
            Command::Start { domain, paused } => self.start(domain, *paused, now),
            Command::Delete { domain } => self.delete(domain),
            Command::Suspend { domain } => self.suspend(domain),
            Command::Resume { domain, paused } => self.resume(domain, *paused, now),
            Command::Pause { domain } => self.pause(domain),
            Command::Unpause { domain } => self.unpause(domain, now),
            Command::Shutdown { domain, reason } => self.shutdown(domain, reason, now),
            Command::Destroy { domain } => self.destroy(domain),
            Command::Reset { domain } => self.reset(domain, now),
            Command::Rename { domain, name } => self.rename(domain, name),
            Command::RestartCount { domain } => Ok(self.find(domain)?.restarts.to_string().into()),
            Command::PauseFlag { domain } => Ok(self.find(domain)?.pause_flag.into()),
            Command::SetPauseFlag { domain, flag } => {
                self.find_mut(domain)?.pause_flag = *flag;
                Ok(Datum::None)
            }
            Command::SysRq { domain, key } => self.send_sysrq(domain, key),
            Command::Trigger { domain, trigger } => self.send_trigger(domain, trigger),
            Command::Save { domain, path, checkpoint } => self.save(domain, path, *checkpoint),
            Command::Restore { path, paused, detail } => self.restore(path, *paused, *detail, now),
            Command::Migrate { domain, destination, port } => self.migrate(domain, destination, port),
            Command::Dump { domain, path, crash, reset } => self.dump(domain, path.as_deref(), *crash, *reset, now),
            Command::SetMemoryTarget { domain, target } => self.set_memory_target(domain, target),
            Command::SetMaxMemory { domain, memory } => self.set_max_memory(domain, memory),
            Command::ShadowMemory { domain } => match self.find(domain)? {
                domain if domain.id.is_none() => Err(Failure::refused(python::AN_INTEGER_IS_REQUIRED)),
                domain => Ok(domain.shadow_memory.into()),
            },
            Command::SetShadowMemory { domain, memory } => self.set_shadow_memory(domain, memory),
            Command::Vcpus { domain } => vcpu::vcpus(self.find(domain)?, release),
            Command::SetVcpus { domain, vcpus } => self.set_vcpus(domain, vcpus),
            Command::Pin { domain, vcpu, cpus } => self.pin(domain, vcpu, cpus),
            Command::Scheduling { domain, scheduler } => self.scheduling(domain, *scheduler),
            Command::SetScheduling { domain, scheduler, values } => self.set_scheduling(domain, *scheduler, values),
            Command::SetIoPorts { domain, first, last } => self.set_io_ports(domain, first, last),
            Command::WaitForDevices { domain } => self.wait_for_devices(domain),
            Command::Devices { domain, class } => self.devices(domain, class),
            Command::BlockDeviceClass { domain, device } => self.block_device_class(domain, device),
            Command::CreateDevice { domain, config } => self.create_device(domain, config),
            Command::ConfigureDevice { domain, config, device } => self.configure_device(domain, config, device),
            Command::DestroyDevice { domain, class, device, forget } => {
                self.destroy_device(domain, class, device, *forget)
            }
        }
    }

    fn send_sysrq(&self, target: &Datum, key: &Datum) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        if self.release >= Release::V3_3 && domain.power_state() != PowerState::Running {
            return match domain.id {
                // A paused guest receives the key later.
                Some(_) => Ok(Datum::None),
                None => Err(Failure::not_started(&domain.name.as_str().into())),
            };
        }
        // `asserts.isCharConvertible`, which fails as an assertion: the key must be one character, or the code of one.
        match key {
            Datum::Bool(_) | Datum::Int(0..=255) => Ok(Datum::None),
            Datum::Bytes(text) if text.len() == 1 => Ok(Datum::None),
            _ => Err(Failure::exception([python::str(key).as_slice(), b" is not convertible to a character"].concat())),
        }
    }

    /// Checks what the daemon and the hypervisor's binding check. The ports are not simulated.
    fn set_io_ports(&self, target: &Datum, first: &Datum, last: &Datum) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        python::subtract(last, first).map_err(Failure::Exception)?;
        if domain.id.is_none() {
            return Err(Failure::refused(python::AN_INTEGER_IS_REQUIRED));
        }
        for port in [first, last] {
            python::c_int(port).map_err(Failure::refused)?;
        }
        Ok(Datum::Int(0))
    }

    fn send_trigger(&self, target: &Datum, trigger: &[u8]) -> Result<Datum, Failure> {
        const TRIGGERS: [&[u8]; 6] = [b"nmi", b"reset", b"init", b"s3resume", b"power", b"sleep"];
        let domain = self.find(target)?;
        if domain.id.is_none() && self.release > Release::V3_1 {
            return Err(Failure::not_started(target));
        }
        if !TRIGGERS.contains(&trigger.to_ascii_lowercase().as_slice()) {
            // 3.1 passes the exception one argument too many (capture `xenapi-VM.send_trigger-bad@3.1`).
            if self.release <= Release::V3_1 {
                return Err(Failure::exception("__init__() takes exactly 2 arguments (3 given)"));
            }
            return Err(Failure::refused([b"Invalid trigger: ", trigger].concat()));
        }
        if domain.id.is_none() {
            return Err(Failure::exception(python::AN_INTEGER_IS_REQUIRED));
        }
        Ok(Datum::None)
    }
}
