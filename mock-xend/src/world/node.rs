//! The host machine.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

/// The host machine of a world. Everything else that the daemon reports of its host is as in the captures.
#[derive(Clone, Debug)]
pub struct Node {
    /// The name of the host.
    pub host: String,
    /// The memory of the host, in MiB.
    pub total_memory: i64,
    /// The memory that no domain has, in MiB.
    pub free_memory: i64,
    /// The kinds of guests that the hypervisor can run: `xen-3.0-x86_64 hvm-3.0-x86_32 `.
    pub xen_caps: String,
}

impl Default for Node {
    fn default() -> Self {
        Self { host: "oracle.example".to_owned(), total_memory: 2048, free_memory: 1500, xen_caps: XEN_CAPS.to_owned() }
    }
}

impl Node {
    /// Returns whether the hardware can run HVM domains.
    pub(super) fn supports_hvm(&self) -> bool {
        self.xen_caps.contains("hvm")
    }

    /// Returns the number of processors.
    pub(super) fn cpus(&self) -> i64 {
        2
    }

    /// Returns the pairs that describe the host, in the order of the release (`XendNode.info`, protocol reference §3.9,
    /// captures `get-node`).
    pub(crate) fn pairs(&self, release: Release, with_topology: bool) -> Vec<Datum> {
        let (major, minor) = release.pick(&[
            (Release::V3_0_2, (3, 0)),
            (Release::V3_1, (3, 1)),
            (Release::V3_2, (3, 2)),
            (Release::V3_3, (3, 3)),
            (Release::V3_4, (3, 4)),
            (Release::V4_1, (4, 1)),
            (Release::V4_4, (4, 4)),
        ]);
        let mut pairs = Vec::new();
        let mut add = |from: bool, name: &str, value: Datum| {
            if from {
                pairs.push(Datum::pair(name, value));
            }
        };
        add(true, "system", "Linux".into());
        add(true, "host", self.host.as_str().into());
        add(true, "release", "2.6.18-4-xen-amd64".into());
        add(true, "version", "#1 SMP Thu Jan 1 00:00:00 UTC 2008".into());
        add(true, "machine", "x86_64".into());
        add(true, "nr_cpus", 2.into());
        add(true, "nr_nodes", 1.into());
        add(release < Release::V3_2, "sockets_per_node", 1.into());
        add(true, "cores_per_socket", 2.into());
        add(true, "threads_per_core", 1.into());
        add(true, "cpu_mhz", 2394.into());
        add(true, "hw_caps", "bfebfbff:20100800:00000000:00000940:0000e3bd:00000000:00000001".into());
        add(release >= Release::V3_3, "virt_caps", "hvm".into());
        add(true, "total_memory", self.total_memory.into());
        add(true, "free_memory", self.free_memory.into());
        add(Releases::between(Release::V3_2, Release::V3_4).contains(release), "node_to_cpu", "node0:0-1".into());
        add(Releases::between(Release::V3_3, Release::V3_4).contains(release), "node_to_memory", "node0:1".into());
        add(release >= Release::V4_1, "free_cpus", 0.into());
        add(release >= Release::V4_1 && with_topology, "cpu_topology", CPU_TOPOLOGY.into());
        add(release >= Release::V4_1 && with_topology, "numa_info", "none".into());
        add(true, "xen_major", major.into());
        add(true, "xen_minor", minor.into());
        add(true, "xen_extra", ".2-1".into());
        add(true, "xen_caps", self.xen_caps.as_str().into());
        add(release >= Release::V3_1, "xen_scheduler", "credit".into());
        add(release >= Release::V3_0_3, "xen_pagesize", 4096.into());
        add(true, "platform_params", "virt_start=0xffff800000000000".into());
        add(true, "xen_changeset", "Tue Jan 01 00:00:00 2008 +0000 1:abcdef".into());
        add(release >= Release::V4_1, "xen_commandline", "dom0_mem=256M".into());
        add(true, "cc_compiler", "gcc version 4.1.2 20061115 (prerelease) (Debian 4.1.1-21)".into());
        add(true, "cc_compile_by", "builder".into());
        add(true, "cc_compile_domain", "example.org".into());
        add(true, "cc_compile_date", "Tue Jan  1 00:00:00 UTC 2008".into());
        add(release == Release::V3_0_3, "xend_config_format", 2.into());
        add(release >= Release::V3_1, "xend_config_format", 4.into());
        pairs
    }
}

/// The kinds of guests that the hypervisor of the captures can run. The blank at the end is part of the daemon's value.
const XEN_CAPS: &str = "xen-3.0-x86_64 xen-3.0-x86_32p ";

const CPU_TOPOLOGY: &str =
    "\ncpu:    core    socket     node\n  0:       0        0        0\n  1:       1        0        0";
