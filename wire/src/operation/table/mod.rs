//! The rows of the table, in one file for each group of operations. To add an operation, add a row to one of the files.
//!
//! Sources: protocol reference §3.1 and §3.3 (`server/SrvNode.py`, `server/SrvDomainDir.py`, `server/SrvDomain.py`) for the
//! S-expression face, §4.2 (`server/XMLRPCServer.py`, `XendDomain.py`) for XML-RPC, §5.5 (`XendAPI.py`) for the Xen-API.
//! The table leaves out operations that work in no release (`configure`, `vif_limit_set`, `host.reboot`), operations that
//! only 3.0.2 had (BVT), and the daemon's modules for security labels, CPU pools and transcendent memory.

mod device;
mod domain;
mod life_cycle;
mod node;
mod resources;
mod session;

pub use device::*;
pub use domain::*;
pub use life_cycle::*;
pub use node::*;
pub use resources::*;
pub use session::*;

use super::row::Operation;

const PARTS: [&[Operation]; 6] =
    [node::ROWS, domain::ROWS, life_cycle::ROWS, resources::ROWS, device::ROWS, session::ROWS];

/// All operations, in the order of the table.
pub const ALL: &[Operation] = &joined::<{ count() }>();

/// The operation of this name, such as `domain.pause`; `None` if there is no such operation.
pub fn find(name: &str) -> Option<Operation> {
    ALL.iter().copied().find(|operation| operation.name() == name)
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

#[cfg(test)]
pub(super) const NAMES: [&[(&str, &str)]; 6] =
    [node::NAMES, domain::NAMES, life_cycle::NAMES, resources::NAMES, device::NAMES, session::NAMES];
