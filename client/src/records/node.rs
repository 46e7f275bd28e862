//! The description of the host.

use xend_wire::Release;
use xend_wire::sexpr::{Builder, Document, Sexpr};

use super::record;

record! {
    /// The description of the host: `(node (system Linux) ...)` (protocol reference §3.9).
    Node, "node"
}

/// The daemon's release by the version of its hypervisor. Each row also holds for all later versions up to the next
/// row. 4.0 takes the same requests as 4.1.
const BY_VERSION: &[((u32, u32), Release)] = &[
    ((3, 1), Release::V3_1),
    ((3, 2), Release::V3_2),
    ((3, 3), Release::V3_3),
    ((3, 4), Release::V3_4),
    ((4, 0), Release::V4_1),
    ((4, 4), Release::V4_4),
];

/// The daemon's release by the number of its configuration format, for hypervisors below 3.1. Each row also holds for
/// all higher numbers up to the next row. 3.0.4, whose number is 3, takes the same requests as 3.1.
const BY_FORMAT: &[(u32, Release)] = &[(2, Release::V3_0_3), (3, Release::V3_1)];

impl Node {
    /// Returns the daemon's release.
    ///
    /// From 3.1 on it follows from the version of the hypervisor, before from the number of the configuration format,
    /// which 3.0.2 does not have. An unknown version counts as the newest known version before it.
    pub fn release(&self) -> Release {
        let by_version = |version| BY_VERSION.iter().rfind(|(since, _)| *since <= version).map(|(_, release)| *release);
        let by_format = |format| BY_FORMAT.iter().rfind(|(since, _)| *since <= format).map(|(_, release)| *release);
        let release = self.xen_version().and_then(by_version);
        release.or_else(|| self.config_format().and_then(by_format)).unwrap_or(Release::V3_0_2)
    }

    /// Returns a copy of this description with the additional fields of another.
    pub(crate) fn with_fields_of(&self, more: &Document<'static>) -> Self {
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

    /// Returns the host's name.
    pub fn host(&self) -> Option<&str> {
        self.field("host")
    }

    /// Returns the number of the host's processors.
    pub fn cpus(&self) -> Option<u32> {
        self.parsed("nr_cpus")
    }

    /// Returns the clock rate of a processor, in MHz.
    pub fn cpu_mhz(&self) -> Option<u32> {
        self.parsed("cpu_mhz")
    }

    /// Returns the size of the host's memory, in MiB.
    pub fn total_memory_mib(&self) -> Option<u64> {
        self.parsed("total_memory")
    }

    /// Returns the size of the host's free memory, in MiB.
    pub fn free_memory_mib(&self) -> Option<u64> {
        self.parsed("free_memory")
    }

    /// Returns the number of the host's NUMA nodes.
    pub fn nodes(&self) -> Option<u32> {
        self.parsed("nr_nodes")
    }

    /// Returns the number of sockets in a NUMA node. From 3.2 on the daemon does not tell it, and it is computed from
    /// the other numbers.
    pub fn sockets_per_node(&self) -> Option<u32> {
        self.parsed("sockets_per_node").or_else(|| {
            let cores = self.nodes()?.checked_mul(self.cores_per_socket()?)?.checked_mul(self.threads_per_core()?)?;
            self.cpus()?.checked_div(cores)
        })
    }

    /// Returns the number of cores in a socket.
    pub fn cores_per_socket(&self) -> Option<u32> {
        self.parsed("cores_per_socket")
    }

    /// Returns the number of threads in a core.
    pub fn threads_per_core(&self) -> Option<u32> {
        self.parsed("threads_per_core")
    }

    /// Returns the major and the minor number of the hypervisor's version. The Xen-API has them in one text, such as
    /// `3.1.2-1`.
    pub fn xen_version(&self) -> Option<(u32, u32)> {
        if let (Some(major), Some(minor)) = (self.parsed("xen_major"), self.parsed("xen_minor")) {
            return Some((major, minor));
        }
        let mut numbers = self.field("Xen")?.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// Returns the name of the host's scheduler: `credit` or `sedf`. Available from 3.1 on.
    pub fn scheduler(&self) -> Option<&str> {
        self.field("xen_scheduler")
    }

    /// Returns the number of the daemon's configuration format: 2 for 3.0.3, 3 for 3.0.4, 4 from 3.1 on. 3.0.2 has
    /// none.
    pub fn config_format(&self) -> Option<u32> {
        self.parsed("xend_config_format")
    }
}
