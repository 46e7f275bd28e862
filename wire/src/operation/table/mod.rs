//! The table itself: the operations by what they are about.
//!
//! Sources: protocol reference §3.1 and §3.3 (`server/SrvNode.py`, `server/SrvDomainDir.py`, `server/SrvDomain.py`) for the
//! S-expression face, §4.2 (`server/XMLRPCServer.py`, `XendDomain.py`) for XML-RPC, §5.5 (`XendAPI.py`) for the Xen-API.
//! Left out is what works on no release (`configure`, `vif_limit_set`, `host.reboot`), what only 3.0.2 had (BVT), and the
//! daemon's modules for security labels, CPU pools and transcendent memory.

mod device;
mod domain;
mod life_cycle;
mod node;
mod resources;
mod session;
mod steps;

use super::{Argument, ArgumentKind, Operation};

pub(super) use steps::STEPS;

const PARTS: [&[Operation]; 6] =
    [node::NODE, domain::DOMAINS, life_cycle::LIFE_CYCLE, resources::RESOURCES, device::DEVICES, session::SESSION];

/// All operations.
pub static OPERATIONS: &[Operation] = &joined::<{ count() }>();

/// The operation of a name.
pub fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

const fn count() -> usize {
    let (mut part, mut count) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
}

const fn joined<const N: usize>() -> [Operation; N] {
    let mut all = [PARTS[0][0]; N];
    let (mut part, mut from, mut at) = (0, 0, 0);
    while part < PARTS.len() {
        if from == PARTS[part].len() {
            (part, from) = (part + 1, 0);
        } else {
            all[at] = PARTS[part][from];
            (from, at) = (from + 1, at + 1);
        }
    }
    all
}

const DOMAIN: Argument = required("domain", ArgumentKind::Domain);

const fn required(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: true }
}

const fn optional(name: &'static str, kind: ArgumentKind) -> Argument {
    Argument { name, kind, is_required: false }
}
