//! The mock from outside: scripted replies, listeners, the Xen-API, and the program.

mod admin;
mod admin_page;
mod browser;
mod chaos;
mod command;
mod configurations;
mod cuts;
mod defined_domains;
mod definitions;
mod disks;
mod edges;
mod endurance;
mod expectations;
mod faces;
mod fault_peers;
mod faults;
mod guards;
mod hostile;
mod libvirt;
mod listeners;
mod node;
mod peer;
mod programs;
mod python;
mod quirks;
mod relay;
mod replies;
mod run;
mod scenarios;
mod schema;
mod shared_python;
#[cfg(feature = "tls")]
mod tls;
mod worlds;
mod xenapi;
mod xm;

/// Snapshots lie in one tree for the whole project.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/mock-xend"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}
