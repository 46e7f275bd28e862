//! A method for each operation.

use std::fmt::Display;

use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{self, Arguments, Effect, Face, Operation};
use xend_wire::sexpr::{Document, Sexpr};

use crate::client::Client;
use crate::error::{Error, Kind};
use crate::records::{Credit, Device, Domain, Node, Sedf, Vcpu};

/// The host.
impl Client {
    /// Describes the host. On the Xen-API that takes two requests, for its memory stands in another object.
    pub async fn node(&self) -> Result<Node, Error> {
        let node = Node::new(self.ask(operation::NODE_INFO, []).await?);
        match self.settings.uri.face {
            Face::XenApi => Ok(node.with(&self.ask(operation::NODE_METRICS, []).await?)),
            Face::Sxp | Face::XmlRpc => Ok(node),
        }
    }

    /// Finds the daemon's release by the description of its host, as [`Node::release`] does, and uses its forms from then
    /// on.
    ///
    /// # Errors
    /// The host can't be described.
    pub async fn detect(self) -> Result<Self, Error> {
        let release = self.node().await?.release();
        Ok(self.release(release))
    }

    /// Ends the session of the Xen-API, if one is open.
    ///
    /// # Errors
    /// As every call.
    pub async fn logout(&self) -> Result<(), Error> {
        if !self.sessions.is_open() {
            return Ok(());
        }
        self.ask(operation::SESSION_LOGOUT, []).await.map(drop)
    }

    /// The console ring of the hypervisor, whose bytes need not be text.
    pub async fn dmesg(&self) -> Result<Vec<u8>, Error> {
        self.ask(operation::NODE_DMESG, []).await.map(|answer| text(&answer))
    }

    /// Empties the console ring of the hypervisor.
    pub async fn clear_dmesg(&self) -> Result<(), Error> {
        self.ask(operation::NODE_DMESG_CLEAR, []).await.map(drop)
    }

    /// The daemon's log file.
    pub async fn log(&self) -> Result<Vec<u8>, Error> {
        self.ask(operation::NODE_LOG, []).await.map(|answer| text(&answer))
    }

    /// Sends debug keys to the hypervisor. From 3.1 on.
    pub async fn send_debug_keys(&self, keys: &str) -> Result<(), Error> {
        self.ask(operation::NODE_DEBUG_KEYS, [("keys", &keys)]).await.map(drop)
    }
}

/// Which domains there are.
impl Client {
    /// Names of the domains; from 3.1 on only of those that run.
    pub async fn domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST, []).await.map(|answer| names(&answer))
    }

    /// Names of all domains, from 3.1 on also of those that are only defined.
    pub async fn all_domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST_ALL, []).await.map(|answer| names(&answer))
    }

    /// Names of the domains that are defined and halted. From 3.1 on.
    pub async fn inactive_domains(&self) -> Result<Vec<String>, Error> {
        self.ask(operation::LIST_INACTIVE, []).await.map(|answer| names(&answer))
    }

    /// Describes the domains; from 3.1 on only those that run.
    pub async fn records(&self) -> Result<Vec<Domain>, Error> {
        self.ask(operation::RECORDS, []).await.map(Domain::list)
    }

    /// Describes the domains in a state: `all`, `halted`, `paused`, `running`, `suspended` or `crashed`. From 3.1 on, on
    /// the XML-RPC faces.
    pub async fn records_in_state(&self, state: &str) -> Result<Vec<Domain>, Error> {
        self.ask(operation::RECORDS_IN_STATE, [("state", &state)]).await.map(Domain::list)
    }

    /// Describes a domain, given its name or id, or from 3.1 on its uuid.
    pub async fn domain(&self, domain: &str) -> Result<Domain, Error> {
        self.ask(operation::INFO, [("domain", &domain)]).await.map(Domain::new)
    }

    /// The domain of a uuid. Up to 3.0.3 the daemon knows no uuids, and all domains are looked through.
    pub async fn domain_by_uuid(&self, uuid: &str) -> Result<Domain, Error> {
        if self.settings.release >= Release::V3_1 {
            return self.domain(uuid).await;
        }
        let is_it = |domain: &Domain| domain.uuid().is_some_and(|known| known.eq_ignore_ascii_case(uuid));
        let found = self.records().await?.into_iter().find(is_it);
        found.ok_or_else(|| {
            let why = format!("no domain has the uuid {uuid}");
            let kind = Kind::Impossible { code: ErrorCode::VmNotFound, why };
            Error::new(operation::INFO, Effect::Reads, kind).about(Some(uuid.as_bytes()))
        })
    }

    /// What the virtual processors of a domain do.
    pub async fn vcpus(&self, domain: &str) -> Result<Vec<Vcpu>, Error> {
        self.ask(operation::VCPUS, [("domain", &domain)]).await.map(Vcpu::list)
    }

    /// How often a domain was restarted. From 3.0.3 on, on the XML-RPC face.
    pub async fn restart_count(&self, domain: &str) -> Result<Option<u32>, Error> {
        let answer = self.ask(operation::RESTART_COUNT, [("domain", &domain)]).await?;
        Ok(String::from_utf8_lossy(&text(&answer)).parse().ok())
    }
}

/// How domains come, go and change their state.
impl Client {
    /// Makes a domain from a configuration `(vm (name ...) ...)` and leaves it paused. Over the Xen-API it is also defined,
    /// and stays so when it ends.
    pub async fn create(&self, config: &str) -> Result<Domain, Error> {
        self.ask(operation::CREATE, [("config", &config)]).await.map(Domain::new)
    }

    /// Makes a domain, waits for its devices, lets it run, and describes it. If one of these fails, or may have, the domain
    /// is destroyed, and the error is that of the step that failed; its [`operation`](Error::operation) tells which.
    ///
    /// If the future is dropped on the way, what was made until then stays: a domain that is paused or runs, or over the
    /// Xen-API one that is only defined, perhaps without all its devices.
    pub async fn create_and_start(&self, config: &str) -> Result<Domain, Error> {
        self.ask(operation::CREATE_AND_START, [("config", &config)]).await.map(Domain::new)
    }

    /// Keeps a domain's configuration without starting it. From 3.1 on.
    pub async fn define(&self, config: &str) -> Result<(), Error> {
        self.ask(operation::DEFINE, [("config", &config)]).await.map(drop)
    }

    /// Starts a domain that is defined, and lets it run. From 3.1 on.
    pub async fn start(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::START, domain).await
    }

    /// Whether a domain that is defined starts with the daemon. From 3.1 on.
    pub async fn autostart(&self, domain: &str) -> Result<bool, Error> {
        self.domain(domain).await.map(|domain| domain.starts_with_daemon())
    }

    /// Sets whether a domain that is defined starts with the daemon. From 3.1 on, on the Xen-API from 3.4 on.
    ///
    /// The other faces have no operation for it: its configuration is read, `on_xend_start` changed, and the domain defined
    /// anew, as libvirt does. That can't be done while it runs.
    pub async fn set_autostart(&self, domain: &str, autostart: bool) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("autostart", &autostart)];
        self.ask(operation::SET_AUTOSTART, arguments).await.map(drop)
    }

    /// Forgets a domain that is defined and halted. From 3.1 on.
    pub async fn undefine(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::UNDEFINE, domain).await
    }

    /// Waits until the devices of a domain are connected.
    pub async fn wait_for_devices(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::WAIT_FOR_DEVICES, domain).await
    }

    /// Stops a domain where it is. Pausing a paused one succeeds.
    pub async fn pause(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::PAUSE, domain).await
    }

    /// Lets a paused domain go on. A running one stays as it is.
    pub async fn unpause(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::UNPAUSE, domain).await
    }

    /// Saves a defined domain where the daemon keeps such files, and stops it. From 3.1 on, on the XML-RPC faces.
    pub async fn suspend(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::SUSPEND, domain).await
    }

    /// Goes on with a suspended domain. From 3.1 on, on the XML-RPC faces.
    pub async fn resume(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::RESUME, domain).await
    }

    /// Asks a domain's system to shut down, for a reason: `poweroff`, `halt`, `suspend` or `crash`. Success means that it
    /// was asked.
    pub async fn shutdown(&self, domain: &str, reason: &str) -> Result<(), Error> {
        self.ask(operation::SHUTDOWN, [("domain", &domain), ("reason", &reason)]).await.map(drop)
    }

    /// Asks a domain's system to reboot. Success means that it was asked.
    pub async fn reboot(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::REBOOT, domain).await
    }

    /// Ends a domain at once.
    pub async fn destroy(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::DESTROY, domain).await
    }

    /// Resets a domain, as its reset button would. From 3.3 on.
    pub async fn reset(&self, domain: &str) -> Result<(), Error> {
        self.control(operation::RESET, domain).await
    }

    /// Saves a domain to a file on the daemon's host, and ends it.
    pub async fn save(&self, domain: &str, file: &str) -> Result<(), Error> {
        self.ask(operation::SAVE, [("domain", &domain), ("file", &file)]).await.map(drop)
    }

    /// Goes on with a domain that was saved to a file on the daemon's host.
    pub async fn restore(&self, file: &str) -> Result<(), Error> {
        self.ask(operation::RESTORE, [("file", &file)]).await.map(drop)
    }

    /// Writes a domain's memory to a file on the daemon's host: without stopping it if `live`, and ending it if `crash`.
    pub async fn dump(&self, domain: &str, file: &str, live: bool, crash: bool) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 4] =
            [("domain", &domain), ("file", &file), ("live", &live), ("crash", &crash)];
        self.ask(operation::DUMP, arguments).await.map(drop)
    }

    /// Moves a domain to another host, while it runs if `live`. Port 0 is the daemon's usual one.
    pub async fn migrate(&self, domain: &str, destination: &str, live: bool, port: u16) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 4] =
            [("domain", &domain), ("destination", &destination), ("live", &live), ("port", &port)];
        self.ask(operation::MIGRATE, arguments).await.map(drop)
    }

    /// Gives a domain another name.
    pub async fn rename(&self, domain: &str, name: &str) -> Result<(), Error> {
        self.ask(operation::RENAME, [("domain", &domain), ("name", &name)]).await.map(drop)
    }

    /// Sends a magic key to a domain's system.
    pub async fn sysrq(&self, domain: &str, key: char) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("key", &key)];
        self.ask(operation::SYSRQ, arguments).await.map(drop)
    }

    /// Sends a trigger to a virtual processor: `nmi`, `reset` or `init`. From 3.1 on, on the XML-RPC faces.
    pub async fn trigger(&self, domain: &str, trigger: &str, vcpu: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("trigger", &trigger), ("vcpu", &vcpu)];
        self.ask(operation::TRIGGER, arguments).await.map(drop)
    }
}

/// Memory and processors.
impl Client {
    /// Sets how much memory a domain shall have, in MiB.
    pub async fn set_memory(&self, domain: &str, mib: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("memory", &mib)];
        self.ask(operation::SET_MEMORY, arguments).await.map(drop)
    }

    /// Sets how much memory a domain may have, in MiB.
    pub async fn set_max_memory(&self, domain: &str, mib: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("memory", &mib)];
        self.ask(operation::SET_MAX_MEMORY, arguments).await.map(drop)
    }

    /// Sets how many virtual processors a domain uses.
    pub async fn set_vcpus(&self, domain: &str, vcpus: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 2] = [("domain", &domain), ("vcpus", &vcpus)];
        self.ask(operation::SET_VCPUS, arguments).await.map(drop)
    }

    /// Lets a virtual processor run only on some of the host's. Up to 3.4 the S-expression face takes it and pins to all.
    pub async fn pin_vcpu(&self, domain: &str, vcpu: u32, cpus: &[u32]) -> Result<(), Error> {
        let cpus: Vec<_> = cpus.iter().map(u32::to_string).collect();
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("vcpu", &vcpu), ("cpus", &cpus.join(","))];
        self.ask(operation::PIN_VCPU, arguments).await.map(drop)
    }

    /// The name of the scheduler: `credit` or `sedf`. From 3.1 on.
    pub async fn scheduler(&self) -> Result<Option<String>, Error> {
        self.node().await.map(|node| node.scheduler().map(str::to_owned))
    }

    /// How the credit scheduler treats a domain. From 3.0.3 on.
    pub async fn credit(&self, domain: &str) -> Result<Credit, Error> {
        self.ask(operation::CREDIT, [("domain", &domain)]).await.map(Credit::new)
    }

    /// Sets how the credit scheduler treats a domain: its weight, and its cap in percent of one processor, 0 for none.
    pub async fn set_credit(&self, domain: &str, weight: u32, cap: u32) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] = [("domain", &domain), ("weight", &weight), ("cap", &cap)];
        self.ask(operation::SET_CREDIT, arguments).await.map(drop)
    }

    /// How the SEDF scheduler treats a domain.
    pub async fn sedf(&self, domain: &str) -> Result<Sedf, Error> {
        self.ask(operation::SEDF, [("domain", &domain)]).await.map(Sedf::new)
    }
}

/// Devices.
impl Client {
    /// A domain's devices of a type, `vif`, `vbd` or `tap`, and what the store holds of them. Over the Xen-API it is what
    /// the daemon's objects hold, a `mac` and no `state`, and all disks are of the type `vbd`.
    pub async fn devices(&self, domain: &str, kind: &str) -> Result<Vec<Device>, Error> {
        let answer = self.ask(operation::DEVICE_LIST, [("domain", &domain), ("type", &kind)]).await?;
        Ok(Device::in_store(kind, &answer))
    }

    /// Gives a domain a device, such as `(vbd (uname phy:/dev/x) (dev sdb1) (mode w))`, and tells the device's number. A
    /// domain that is only defined has none yet.
    pub async fn attach_device(&self, domain: &str, config: &str) -> Result<Option<u32>, Error> {
        let answer = self.ask(operation::DEVICE_ATTACH, [("domain", &domain), ("config", &config)]).await?;
        // `(vbd (dom 3 id 2065))`
        let device = answer.first().and_then(Sexpr::value);
        let number = device.and_then(|device| device.items().nth(3)).and_then(Sexpr::as_str);
        Ok(number.and_then(|number| number.parse().ok()))
    }

    /// Changes a device, as when a disk is put into a drive.
    pub async fn configure_device(&self, domain: &str, config: &str, device: &str) -> Result<(), Error> {
        let arguments: [(&str, &(dyn Display + Sync)); 3] =
            [("domain", &domain), ("config", &config), ("device", &device)];
        self.ask(operation::DEVICE_CONFIGURE, arguments).await.map(drop)
    }

    /// Takes a device of a type away from a domain, by its number or name.
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
