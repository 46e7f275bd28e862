//! The state of a host with its domains.

use std::collections::BTreeSet;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::Activity;
use super::domain::Domain;
use super::domains::Domains;
use super::filesystem::Filesystem;
use super::identity::Identities;
use super::node::Node;
use super::xend_config::XendConfig;

/// A program that finds the kernel of a guest on the guest's disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootloader {
    /// The path of the program, such as `/usr/bin/pygrub`.
    pub path: String,
    /// The image that the program returns: `(linux (kernel K) (ramdisk R) (args A))`.
    pub answer: Datum,
}

/// A simulated host with its domains.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) release: Release,
    /// The host machine.
    pub node: Node,
    /// The settings of the daemon's own configuration file.
    pub xend_config: XendConfig,
    /// The files of the host.
    pub files: Filesystem,
    /// The bootloaders that return an image. Any other bootloader returns nothing.
    pub bootloaders: Vec<Bootloader>,
    /// The hosts that accept migrated domains, as `HOST:PORT`. There are none by default.
    pub peers: Vec<String>,
    /// How long a guest takes to obey a shutdown request. By default it takes no time, so that the domain is gone at
    /// the next command. With `None` guests never obey, and are destroyed after the daemon's timeout.
    pub guest_delay: Option<Duration>,
    /// The content of the hypervisor's console ring.
    pub messages: Vec<u8>,
    /// The content of the daemon's log file.
    pub log: Vec<u8>,
    /// The limit on the bytes that domains and saved domains take, approximately: [`World::BUDGET`] by default.
    /// Commands that would exceed it are refused.
    pub budget: usize,
    pub(super) domains: Domains,
    pub(super) next_id: u32,
    pub(super) identities: Identities,
}

impl World {
    /// Creates a host with Domain-0 alone.
    pub fn empty(release: Release) -> Self {
        Self {
            release,
            node: Node::default(),
            xend_config: XendConfig::default(),
            files: Filesystem::default(),
            bootloaders: Vec::new(),
            peers: Vec::new(),
            guest_delay: Some(Duration::ZERO),
            messages: b"(XEN) fake console ring\n(XEN) line \"two\" & <three>\n".to_vec(),
            log: Vec::new(),
            budget: Self::BUDGET,
            domains: Self::domain_0(release).into(),
            next_id: 1,
            identities: Identities::default(),
        }
    }

    fn domain_0(release: Release) -> Domain {
        Domain {
            id: Some(0),
            name: "Domain-0".into(),
            uuid: "00000000-0000-0000-0000-000000000000".into(),
            activity: Activity::Running,
            vcpus: 2,
            pinned: vec![vec![0, 1]; 2],
            memory: 256,
            // The stub hypervisor of the captures reports no limit, which shows as a huge one from 3.1 on.
            max_memory: if release <= Release::V3_0_3 { 256 } else { 4_194_303 },
            ..Domain::blank()
        }
    }

    /// Returns the release of the daemon that runs on the host.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Returns a number that changes whenever a domain may have changed, appeared or gone. As long as it is the same,
    /// earlier lookups are still valid.
    pub fn generation(&self) -> u64 {
        self.domains.generation()
    }

    /// The uuids of the domains that may have changed, come or gone since a [generation](Self::generation). `None` if so
    /// much has happened since that a look at all is as good, or if it is the generation of another world.
    pub(crate) fn changed_since(&self, generation: u64) -> Option<BTreeSet<&str>> {
        self.domains.changed_since(generation)
    }
}
