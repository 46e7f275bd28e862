//! A host with its domains, and what it is at first.

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

/// A program that finds the kernel of a guest on its disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootloader {
    /// Where it is: `/usr/bin/pygrub`.
    pub path: String,
    /// What it answers: `(linux (kernel K) (ramdisk R) (args A))`.
    pub answer: Datum,
}

/// A host with its domains.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) release: Release,
    /// The host itself.
    pub node: Node,
    /// The daemon's own configuration.
    pub xend_config: XendConfig,
    /// Its files.
    pub files: Filesystem,
    /// The bootloaders that answer something. Any other one answers nothing.
    pub bootloaders: Vec<Bootloader>,
    /// Hosts that take domains from this one: `HOST:PORT`. None by default.
    pub peers: Vec<String>,
    /// How long a guest takes to obey a request to shut down: no time by default, so that it is gone for the next
    /// command. Without a time guests never obey, and are destroyed when the daemon's patience is at its end.
    pub guest_delay: Option<Duration>,
    /// The console ring of the hypervisor.
    pub messages: Vec<u8>,
    /// The daemon's log file.
    pub log: Vec<u8>,
    /// How many bytes domains and saved domains may take, about: [`World::BUDGET`] unless it is set. What goes beyond it
    /// is refused.
    pub budget: usize,
    pub(super) domains: Domains,
    pub(super) next_id: u32,
    pub(super) identities: Identities,
}

impl World {
    /// Domain-0 alone.
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
            // The stub hypervisor of the captures gives no limit, which from 3.1 on shows as a huge one.
            max_memory: if release <= Release::V3_0_3 { 256 } else { 4_194_303 },
            ..Domain::blank()
        }
    }

    /// The release whose daemon runs here.
    pub fn release(&self) -> Release {
        self.release
    }

    /// A number that is another one whenever a domain may have changed, come or gone: what was looked up while it was the
    /// same is still true.
    pub fn generation(&self) -> u64 {
        self.domains.generation()
    }
}
