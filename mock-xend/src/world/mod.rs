//! The simulated host: a state machine without sockets or a clock. Each command brings the time at which it is
//! performed.
//!
//! ```
//! use std::time::Duration;
//! use mock_xend::world::{Command, World};
//! use xend_wire::Release;
//!
//! let now = Duration::from_secs(1_200_000_000);
//! let mut world = World::new(Release::V3_0_3, now);
//! let refused = world.perform(now, &Command::Pause { domain: 0.into() }).unwrap_err();
//! assert_eq!(refused.message(Release::V3_0_3), b"Cannot pause privileged domain 0");
//! ```

mod activity;
mod captures;
mod checkpoint;
mod command;
mod config;
mod device;
mod domain;
mod domains;
mod failure;
mod file;
mod filesystem;
mod identity;
mod image;
mod lifecycle;
mod listing;
mod lookup;
mod memory;
mod node;
mod pairs;
mod perform;
mod platform;
mod plug;
mod printed;
mod record;
mod room;
mod scheduler;
mod scheduling;
mod settings;
mod start;
mod state;
mod vcpu;
mod xend_config;

pub use activity::{Activity, PowerState};
pub use command::{Command, Detail, Order, States};
pub use device::Device;
pub use domain::{Domain, OnEnd, OnXend, Run, ShutdownRequest};
#[cfg(test)]
pub(crate) use domains::LOOKED_AT as DOMAINS_LOOKED_AT;
pub use failure::Failure;
pub use filesystem::{Filesystem, Patterns, Saved};
pub(crate) use identity::Identities;
pub use image::Image;
pub use listing::Listing;
pub use node::Node;
pub use scheduler::{Bvt, Credit, Scheduler, Sedf};
pub use settings::Settings;
pub use state::{Bootloader, World};
pub use xend_config::XendConfig;
