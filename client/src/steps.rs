//! What takes more than one operation.

use xend_wire::Release;
use xend_wire::sexpr::{Builder, Rules, print};

use crate::{Client, Domain, Error};

impl Client {
    /// Finds the daemon's release by the description of its host: the number of the configuration format, which 3.0.2
    /// lacks, and the hypervisor's version. One that is not known counts as the nearest that is not newer.
    ///
    /// # Errors
    /// The host can't be described.
    pub async fn detect(self) -> Result<Self, Error> {
        let node = self.node().await?;
        let release = match (node.config_format(), node.xen_version()) {
            (_, Some((4.., _))) => Release::V4_1,
            (_, Some((3, minor))) if minor >= 3 => Release::V3_4,
            (Some(3..), _) => Release::V3_1,
            (Some(2), _) => Release::V3_0_3,
            (_, Some((3, 1..))) => Release::V3_1,
            _ => Release::V3_0_2,
        };
        Ok(self.release(release))
    }

    /// Makes a domain, waits for its devices, and lets it run. If one of the last two fails, or may have, the domain is
    /// destroyed, and the error is that of the step that failed.
    ///
    /// If the future is dropped on the way, the domain stays, paused.
    ///
    /// # Errors
    /// That of the step that failed; its [`operation`](Error::operation) tells which.
    pub async fn create_and_start(&self, config: &str) -> Result<Domain, Error> {
        let domain = self.create(config).await?;
        let Some(name) = domain.name().map(str::to_owned) else { return Ok(domain) };
        let started = async {
            self.wait_for_devices(&name).await?;
            self.unpause(&name).await
        };
        match started.await {
            Ok(()) => Ok(domain),
            Err(error) => match self.destroy(&name).await {
                Ok(()) => Err(error),
                Err(second) => Err(error.and_then(&second)),
            },
        }
    }

    /// Whether a domain that is defined starts with the daemon. From 3.1 on.
    pub async fn autostart(&self, domain: &str) -> Result<bool, Error> {
        self.domain(domain).await.map(|domain| domain.starts_with_daemon())
    }

    /// Sets whether a domain that is defined starts with the daemon: reads its configuration, changes `on_xend_start`, and
    /// defines it anew, as libvirt does. From 3.1 on.
    pub async fn set_autostart(&self, domain: &str, autostart: bool) -> Result<(), Error> {
        let domain = self.domain(domain).await?;
        let wanted = if autostart { "start" } else { "ignore" };
        let mut builder = Builder::new();
        builder.open();
        let mut is_set = false;
        for field in domain.record().items() {
            if field.name() == Some(b"on_xend_start") {
                builder.list(["on_xend_start", wanted]);
                is_set = true;
            } else {
                builder.value(field);
            }
        }
        if !is_set {
            builder.list(["on_xend_start", wanted]);
        }
        builder.close();
        let config = print(&builder.finish(), Rules::strict());
        self.define(&String::from_utf8_lossy(&config)).await
    }

    /// The name of the scheduler: `credit` or `sedf`. From 3.1 on.
    pub async fn scheduler(&self) -> Result<Option<String>, Error> {
        self.node().await.map(|node| node.scheduler().map(str::to_owned))
    }
}
