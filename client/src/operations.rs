//! The methods of the client, one for each operation.

use std::fmt::Display;

use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{self, Arguments, Effect, Face, Operation};
use xend_wire::sexpr::{Document, Sexpr};

use crate::client::Client;
use crate::error::{Error, Kind};
use crate::records::{Credit, Device, Domain, Node, Sedf, Vcpu};

/// Operations on the host.
impl Client {
    /// Describes the host. On the Xen-API this takes two requests, because the host's memory is in an object of its
    /// own.
    pub async fn node(&self) -> Result<Node, Error> {
        let node = Node::new(self.ask(operation::NODE_INFO, []).await?);
        match self.settings.uri.face {
            Face::XenApi => Ok(node.with_fields_of(&self.ask(operation::NODE_METRICS, []).await?)),
            Face::Sxp | Face::XmlRpc => Ok(node),
        }
    }

    /// Detects the daemon's release from the description of its host (see [`Node::release`]), and returns a client for
    /// this release.
    ///
    /// # Errors
    /// Returns an [`Error`] if the host can't be described.
    pub async fn detect(self) -> Result<Self, Error> {
        let release = self.node().await?.release();
        Ok(self.release(release))
    }

    /// Ends the session of the Xen-API. Sends nothing if no session is open.
    ///
    /// # Errors
    /// Returns an [`Error`] if the daemon refuses or can't be reached. A session that the daemon has forgotten is no
    /// error.
    pub async fn logout(&self) -> Result<(), Error> {
        if !self.sessions.is_open() {
            return Ok(());
        }
        self.ask(operation::SESSION_LOGOUT, []).await.map(drop)
    }

    /// Returns the console ring of the hypervisor as bytes, which may be in any encoding.
    pub async fn dmesg(&self) -> Result<Vec<u8>, Error> {
        self.ask(operation::NODE_DMESG, []).await.map(|answer| text(&answer))
    }

    /// Clears the console ring of the hypervisor.
    pub async fn clear_dmesg(&self) -> Result<(), Error> {
        self.ask(operation::NODE_DMESG_CLEAR, []).await.map(drop)
    }

    /// Returns the content of the daemon's log file.
    pub async fn log(&self) -> Result<Vec<u8>, Error> {
        self.ask(operation::NODE_LOG, []).await.map(|answer| text(&answer))
    }

    /// Sends debug keys to the hypervisor. Available from 3.1 on.
    pub async fn send_debug_keys(&self, keys: &str) -> Result<(), Error> {
        self.ask(operation::NODE_DEBUG_KEYS, [("keys", &keys)]).await.map(drop)
    }
}

/// Operations that list and describe domains.
impl Client {
    /// Returns the names of the domains. From 3.1 on these are only the running ones.
    pub async fn domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST, []).await.map(|answer| names(&answer))
    }

    /// Returns the names of all domains. From 3.1 on this includes those that are only defined.
    pub async fn all_domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST_ALL, []).await.map(|answer| names(&answer))
    }

    /// Returns the names of the domains that are defined and halted. Available from 3.1 on.
    pub async fn inactive_domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST_INACTIVE, []).await.map(|answer| names(&answer))
    }

    /// Describes the domains. From 3.1 on these are only the running ones.
    pub async fn records(&self) -> Result<Vec<Domain>, Error> {
        self.ask(operation::RECORDS, []).await.map(Domain::list)
    }

    /// Describes the domains that are in a state: `all`, `halted`, `paused`, `running`, `suspended` or `crashed`.
    /// Available from 3.1 on, on `xmlrpc` and `xenapi`.
    pub async fn records_in_state(&self, state: &str) -> Result<Vec<Domain>, Error> {
        self.ask(operation::RECORDS_IN_STATE, [("state", &state)]).await.map(Domain::list)
    }

    /// Describes a domain that is given by its name, its id, or from 3.1 on its uuid.
    pub async fn domain(&self, domain: &str) -> Result<Domain, Error> {
        self.ask(operation::INFO, [("domain", &domain)]).await.map(Domain::new)
    }

    /// Describes the domain that has a uuid. Up to 3.0.3 the daemon can't look up uuids, so the client searches the
    /// descriptions of all domains.
    pub async fn domain_by_uuid(&self, uuid: &str) -> Result<Domain, Error> {
        if self.settings.release >= Release::V3_1 {
            return self.domain(uuid).await;
        }
        let is_it = |domain: &Domain| domain.uuid().is_some_and(|known| known.eq_ignore_ascii_case(uuid));
        let found = self.records().await?.into_iter().find(is_it);
        found.ok_or_else(|| {
            let why = format!("no domain has the uuid {uuid}");
            let kind = Kind::Impossible { code: ErrorCode::VmNotFound, why };
            Error::new(operation::INFO, Effect::Reads, kind).with_domain(Some(uuid.as_bytes()))
        })
    }

    /// Describes the virtual processors of a domain.
    pub async fn vcpus(&self, domain: &str) -> Result<Vec<Vcpu>, Error> {
        self.ask(operation::VCPUS, [("domain", &domain)]).await.map(Vcpu::list)
    }

    /// Returns how often a domain was restarted. Available from 3.0.3 on, on `xmlrpc`.
    pub async fn restart_count(&self, domain: &str) -> Result<Option<u32>, Error> {
        let answer = self.ask(operation::RESTART_COUNT, [("domain", &domain)]).await?;
        Ok(String::from_utf8_lossy(&text(&answer)).parse().ok())
    }
}

/// Operations on the life cycle of domains.
impl Client {
    /// Creates a domain from a configuration `(vm (name ...) ...)`, and leaves it paused.
    pub async fn create(&self, config: &str) -> Result<Domain, Error> {
        self.ask(operation::CREATE, [("config", &config)]).await.map(Domain::new)
    }

    /// Creates a domain, waits for its devices, unpauses it, and describes it.
    ///
    /// If one of these steps fails or may have failed, the domain is destroyed. The error is the one of the failed
    /// step, and [`Error::operation`] names this step.
    ///
    /// If the future is dropped before it is ready, what was done so far stays: a paused or running domain, or on the
    /// Xen-API possibly a defined domain without all its devices.
    pub async fn create_and_start(&self, config: &str) -> Result<Domain, Error> {
        self.ask(operation::CREATE_AND_START, [("config", &config)]).await.map(Domain::new)
    }

    /// Stores the configuration of a domain without starting the domain. Available from 3.1 on.
    pub async fn define(&self, config: &str) -> Result<(), Error> {
        self.ask(operation::DEFINE, [("config", &config)]).await.map(drop)
    }

    /// Starts a defined domain. Available from 3.1 on.
    pub async fn start(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::START, domain).await
    }

    /// Returns whether a defined domain starts together with the daemon. Available from 3.1 on.
    pub async fn autostart(&self, domain: &str) -> Result<bool, Error> {
        self.domain(domain).await.map(|domain| domain.starts_with_daemon())
    }

    /// Sets whether a defined domain starts together with the daemon. Available from 3.1 on, on the Xen-API from 3.4
    /// on.
    ///
    /// `sxp` and `xmlrpc` have no request for this. There the client reads the domain's configuration, changes
    /// `on_xend_start`, and defines the domain again, as libvirt does. The domain must not be running.
    pub async fn set_autostart(&self, domain: &str, autostart: bool) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("autostart", &autostart)];
        self.ask(operation::SET_AUTOSTART, arguments).await.map(drop)
    }

    /// Deletes the definition of a halted domain. Available from 3.1 on.
    pub async fn undefine(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::UNDEFINE, domain).await
    }

    /// Waits until the devices of a domain are connected.
    pub async fn wait_for_devices(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::WAIT_FOR_DEVICES, domain).await
    }

    /// Pauses a domain. Pausing a paused domain succeeds.
    pub async fn pause(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::PAUSE, domain).await
    }

    /// Lets a paused domain run. Unpausing a running domain succeeds.
    pub async fn unpause(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::UNPAUSE, domain).await
    }

    /// Saves a defined domain to the daemon's own folder for saved domains, and stops it. Available from 3.1 on, on
    /// `xmlrpc` and `xenapi`.
    pub async fn suspend(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::SUSPEND, domain).await
    }

    /// Resumes a suspended domain. Available from 3.1 on, on `xmlrpc` and `xenapi`.
    pub async fn resume(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::RESUME, domain).await
    }

    /// Asks a domain's operating system to shut down, with a reason: `poweroff`, `halt`, `suspend` or `crash`. Returns
    /// once the daemon has passed on the request; the domain may still be running.
    pub async fn shutdown(&self, domain: &str, reason: &str) -> Result<(), Error> {
        self.ask(operation::SHUTDOWN, [("domain", &domain), ("reason", &reason)]).await.map(drop)
    }

    /// Asks a domain's operating system to reboot. Returns once the daemon has passed on the request.
    pub async fn reboot(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::REBOOT, domain).await
    }

    /// Stops a domain at once, without asking its operating system.
    pub async fn destroy(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::DESTROY, domain).await
    }

    /// Resets a domain, as a reset button would. Available from 3.3 on.
    pub async fn reset(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::RESET, domain).await
    }

    /// Saves a domain to a file on the daemon's host, and stops the domain.
    pub async fn save(&self, domain: &str, file: &str) -> Result<(), Error> {
        self.ask(operation::SAVE, [("domain", &domain), ("file", &file)]).await.map(drop)
    }

    /// Restores a domain from a file on the daemon's host to which it was saved.
    pub async fn restore(&self, file: &str) -> Result<(), Error> {
        self.ask(operation::RESTORE, [("file", &file)]).await.map(drop)
    }

    /// Writes a domain's memory to a file on the daemon's host. If `live`, the domain is not paused meanwhile; if
    /// `crash`, it is destroyed afterwards.
    pub async fn dump(&self, domain: &str, file: &str, live: bool, crash: bool) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 4] =
            [("domain", &domain), ("file", &file), ("live", &live), ("crash", &crash)];
        self.ask(operation::DUMP, arguments).await.map(drop)
    }

    /// Migrates a domain to another host, if `live` without stopping it. Port 0 means the daemon's default port.
    pub async fn migrate(&self, domain: &str, destination: &str, live: bool, port: u16) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 4] =
            [("domain", &domain), ("destination", &destination), ("live", &live), ("port", &port)];
        self.ask(operation::MIGRATE, arguments).await.map(drop)
    }

    /// Renames a domain.
    pub async fn rename(&self, domain: &str, name: &str) -> Result<(), Error> {
        self.ask(operation::RENAME, [("domain", &domain), ("name", &name)]).await.map(drop)
    }

    /// Sends a magic SysRq key to a domain's operating system.
    pub async fn sysrq(&self, domain: &str, key: char) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("key", &key)];
        self.ask(operation::SYSRQ, arguments).await.map(drop)
    }

    /// Sends a trigger to a virtual processor of a domain: `nmi`, `reset` or `init`. Available from 3.1 on, on `xmlrpc`
    /// and `xenapi`.
    pub async fn trigger(&self, domain: &str, trigger: &str, vcpu: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("trigger", &trigger), ("vcpu", &vcpu)];
        self.ask(operation::TRIGGER, arguments).await.map(drop)
    }
}

/// Operations on memory, processors and schedulers.
impl Client {
    /// Sets the target for a domain's memory, in MiB.
    pub async fn set_memory(&self, domain: &str, mib: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("memory", &mib)];
        self.ask(operation::SET_MEMORY, arguments).await.map(drop)
    }

    /// Sets the maximum of a domain's memory, in MiB.
    pub async fn set_max_memory(&self, domain: &str, mib: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("memory", &mib)];
        self.ask(operation::SET_MAX_MEMORY, arguments).await.map(drop)
    }

    /// Sets the number of virtual processors that a domain uses.
    pub async fn set_vcpus(&self, domain: &str, vcpus: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("vcpus", &vcpus)];
        self.ask(operation::SET_VCPUS, arguments).await.map(drop)
    }

    /// Restricts a virtual processor to some of the host's processors. Up to 3.4 the daemon ignores `cpus` on `sxp`,
    /// and allows all processors.
    pub async fn pin_vcpu(&self, domain: &str, vcpu: u32, cpus: &[u32]) -> Result<(), Error> {
        let cpus: Vec<_> = cpus.iter().map(u32::to_string).collect();
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("vcpu", &vcpu), ("cpus", &cpus.join(","))];
        self.ask(operation::PIN_VCPU, arguments).await.map(drop)
    }

    /// Returns the name of the host's scheduler: `credit` or `sedf`. Available from 3.1 on.
    pub async fn scheduler(&self) -> Result<Option<String>, Error> {
        self.node().await.map(|node| node.scheduler().map(str::to_owned))
    }

    /// Returns a domain's parameters of the credit scheduler. Available from 3.0.3 on.
    pub async fn credit(&self, domain: &str) -> Result<Credit, Error> {
        self.ask(operation::CREDIT, [("domain", &domain)]).await.map(Credit::new)
    }

    /// Sets a domain's parameters of the credit scheduler: its weight, and its cap in percent of one processor, where 0
    /// means no cap.
    pub async fn set_credit(&self, domain: &str, weight: u32, cap: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] = [("domain", &domain), ("weight", &weight), ("cap", &cap)];
        self.ask(operation::SET_CREDIT, arguments).await.map(drop)
    }

    /// Returns a domain's parameters of the SEDF scheduler.
    pub async fn sedf(&self, domain: &str) -> Result<Sedf, Error> {
        self.ask(operation::SEDF, [("domain", &domain)]).await.map(Sedf::new)
    }
}

/// Operations on devices.
impl Client {
    /// Describes a domain's devices of a type: `vif`, `vbd` or `tap`.
    ///
    /// The fields come from the daemon's store. On the Xen-API they come from the daemon's objects, which hold a `mac`
    /// but no `state`, and all disks are of the type `vbd`.
    pub async fn devices(&self, domain: &str, kind: &str) -> Result<Vec<Device>, Error> {
        let answer = self.ask(operation::DEVICE_LIST, [("domain", &domain), ("type", &kind)]).await?;
        Ok(Device::list_from_store(kind, &answer))
    }

    /// Attaches a device such as `(vbd (uname phy:/dev/x) (dev sdb1) (mode w))` to a domain, and returns the device's
    /// number. The result is `None` if the domain is only defined, because its devices have no numbers yet.
    pub async fn attach_device(&self, domain: &str, config: &str) -> Result<Option<u32>, Error> {
        let answer = self.ask(operation::DEVICE_ATTACH, [("domain", &domain), ("config", &config)]).await?;
        // `(vbd (dom 3 id 2065))`
        let device = answer.first().and_then(Sexpr::value);
        let number = device.and_then(|device| device.items().nth(3)).and_then(Sexpr::as_str);
        Ok(number.and_then(|number| number.parse().ok()))
    }

    /// Changes a device of a domain, for instance the disc in a CD drive.
    pub async fn configure_device(&self, domain: &str, config: &str, device: &str) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("config", &config), ("device", &device)];
        self.ask(operation::DEVICE_CONFIGURE, arguments).await.map(drop)
    }

    /// Detaches a device of a type from a domain. The device is given by its number or its name.
    pub async fn detach_device(&self, domain: &str, kind: &str, device: &str) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] = [("domain", &domain), ("type", &kind), ("device", &device)];
        self.ask(operation::DEVICE_DETACH, arguments).await.map(drop)
    }
}

impl Client {
    async fn control(&self, operation: Operation, domain: &str) -> Result<(), Error> {
        self.ask(operation, [("domain", &domain)]).await.map(drop)
    }

    pub(crate) async fn ask<const N: usize>(
        &self,
        operation: Operation,
        arguments: [(&str, &(dyn Display + Sync)); N],
    ) -> Result<Document<'static>, Error> {
        let arguments: Arguments = arguments.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        self.call(operation, &arguments).await
    }
}

fn names(answer: &Document<'static>) -> Vec<String> {
    let atoms = answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_atom);
    atoms.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

fn text(answer: &Document<'static>) -> Vec<u8> {
    answer.first().and_then(Sexpr::as_atom).unwrap_or_default().to_vec()
}
