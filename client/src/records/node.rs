//! The host.

use xend_wire::Release;
use xend_wire::sexpr::{Builder, Document, Sexpr};

use super::record;

record! {
    /// The host: `(node (system Linux) ...)` (protocol reference §3.9).
    Node, "node"
}

/// The release of a daemon by the version of its hypervisor, from that version on. What 4.0 takes is what 4.1 takes.
const BY_VERSION: &[((u32, u32), Release)] = &[
    ((3, 1), Release::V3_1),
    ((3, 2), Release::V3_2),
    ((3, 3), Release::V3_3),
    ((3, 4), Release::V3_4),
    ((4, 0), Release::V4_1),
    ((4, 4), Release::V4_4),
];

/// The release by the number of the configuration format, from that number on, for versions below 3.1. What 3.0.4 takes is
/// what 3.1 takes.
const BY_FORMAT: &[(u32, Release)] = &[(2, Release::V3_0_3), (3, Release::V3_1)];

impl Node {
    /// The daemon's release: by the version of its hypervisor, which tells the releases from 3.1 on apart, or else by the
    /// number of the configuration format, which 3.0.2 lacks. A version that is not known counts as the newest known one
    /// before it.
    pub fn release(&self) -> Release {
        let by_version = |version| BY_VERSION.iter().rfind(|(since, _)| *since <= version).map(|(_, release)| *release);
        let by_format = |format| BY_FORMAT.iter().rfind(|(since, _)| *since <= format).map(|(_, release)| *release);
        let release = self.xen_version().and_then(by_version);
        release.or_else(|| self.config_format().and_then(by_format)).unwrap_or(Release::V3_0_2)
    }

    /// The same with the fields of another record.
    pub(crate) fn with(&self, more: &Document<'static>) -> Self {
        let mut builder = Builder::new();
        builder.open();
        for field in self.record().items() {
            builder.value(field);
        }
        let more = more.values().flat_map(Sexpr::items).filter(|field| field.is_list());
        for field in more.filter(|field| self.record().items().all(|known| known.name() != field.name())) {
            builder.value(field);
        }
        builder.close();
        Self::new(builder.finish())
    }

    /// The host's name.
    pub fn host(&self) -> Option<&str> {
        self.field("host")
    }

    /// How many processors it has.
    pub fn cpus(&self) -> Option<u32> {
        self.parsed("nr_cpus")
    }

    /// Speed of a processor, in MHz.
    pub fn cpu_mhz(&self) -> Option<u32> {
        self.parsed("cpu_mhz")
    }

    /// All memory, in MiB.
    pub fn total_memory_mib(&self) -> Option<u64> {
        self.parsed("total_memory")
    }

    /// Memory that is free, in MiB.
    pub fn free_memory_mib(&self) -> Option<u64> {
        self.parsed("free_memory")
    }

    /// How many nodes of memory it has.
    pub fn nodes(&self) -> Option<u32> {
        self.parsed("nr_nodes")
    }

    /// How many sockets a node has. From 3.2 on the daemon does not tell, and it follows from the other numbers.
    pub fn sockets_per_node(&self) -> Option<u32> {
        self.parsed("sockets_per_node").or_else(|| {
            let cores = self.nodes()?.checked_mul(self.cores_per_socket()?)?.checked_mul(self.threads_per_core()?)?;
            self.cpus()?.checked_div(cores)
        })
    }

    /// How many cores a socket has.
    pub fn cores_per_socket(&self) -> Option<u32> {
        self.parsed("cores_per_socket")
    }

    /// How many threads a core has.
    pub fn threads_per_core(&self) -> Option<u32> {
        self.parsed("threads_per_core")
    }

    /// Major and minor number of the hypervisor's version. The Xen-API has them in one text: `3.1.2-1`.
    pub fn xen_version(&self) -> Option<(u32, u32)> {
        if let (Some(major), Some(minor)) = (self.parsed("xen_major"), self.parsed("xen_minor")) {
            return Some((major, minor));
        }
        let mut numbers = self.field("Xen")?.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// The scheduler: `credit` or `sedf`. From 3.1 on.
    pub fn scheduler(&self) -> Option<&str> {
        self.field("xen_scheduler")
    }

    /// The number of the configuration format: 2 for 3.0.3, 3 for 3.0.4, 4 from 3.1 on; none for 3.0.2.
    pub fn config_format(&self) -> Option<u32> {
        self.parsed("xend_config_format")
    }
}
