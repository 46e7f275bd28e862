//! What a record says, with its units. Whatever has no method here is still in the record.

use xend_wire::sexpr::{Document, Sexpr};

macro_rules! record {
    ($(#[$doc:meta])* $record:ident, $head:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $record(Document<'static>);

        impl $record {
            pub(crate) fn new(record: Document<'static>) -> Self {
                Self(record)
            }

            /// The whole record, fields without a method included.
            pub fn record(&self) -> Sexpr<'_> {
                self.0.first().expect("a record is one value")
            }

            /// The text of a field, at a path below the record: `image/linux/kernel`. An empty one is not there before 4.1.
            pub fn field(&self, path: &str) -> Option<&str> {
                self.record().text(&format!(concat!($head, "/{}"), path))
            }

            fn number(&self, path: &str) -> Option<u64> {
                self.field(path)?.parse().ok()
            }
        }
    };
}

record! {
    /// A domain: `(domain (domid 1) (name vm1) ...)` (protocol reference §3.8).
    Domain, "domain"
}

record! {
    /// The host: `(node (system Linux) ...)` (protocol reference §3.9).
    Node, "node"
}

impl Domain {
    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.field("name")
    }

    /// The number by which the hypervisor knows it. A domain that is only defined has none.
    pub fn domid(&self) -> Option<u32> {
        self.field("domid")?.parse().ok()
    }

    /// The uuid in its usual form.
    pub fn uuid(&self) -> Option<&str> {
        self.field("uuid")
    }

    /// Memory that it has or is to have, in MiB.
    pub fn memory_mib(&self) -> Option<u64> {
        self.number("memory")
    }

    /// Memory that it may have at most, in MiB.
    pub fn max_memory_mib(&self) -> Option<u64> {
        self.number("maxmem")
    }

    /// How many virtual CPUs it has.
    pub fn vcpus(&self) -> Option<u32> {
        self.field("vcpus")?.parse().ok()
    }

    /// Six characters, each a letter of `rbpscd` or `-`: running, blocked, paused, shut down, crashed, dying.
    pub fn state(&self) -> Option<&str> {
        self.field("state")
    }

    /// Processor time used, in seconds.
    pub fn cpu_time_seconds(&self) -> Option<f64> {
        self.field("cpu_time")?.parse().ok()
    }
}

impl Node {
    /// The host's name.
    pub fn host(&self) -> Option<&str> {
        self.field("host")
    }

    /// How many processors it has.
    pub fn cpus(&self) -> Option<u32> {
        self.field("nr_cpus")?.parse().ok()
    }

    /// Speed of a processor, in MHz.
    pub fn cpu_mhz(&self) -> Option<u32> {
        self.field("cpu_mhz")?.parse().ok()
    }

    /// All memory, in MiB.
    pub fn total_memory_mib(&self) -> Option<u64> {
        self.number("total_memory")
    }

    /// Memory that is free, in MiB.
    pub fn free_memory_mib(&self) -> Option<u64> {
        self.number("free_memory")
    }

    /// The number of the configuration format: 2 for 3.0.3, 3 for 3.0.4, 4 from 3.1 on; none for 3.0.2.
    pub fn config_format(&self) -> Option<u32> {
        self.field("xend_config_format")?.parse().ok()
    }
}
