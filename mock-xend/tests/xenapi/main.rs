//! The Xen-API face from outside, over streams in memory: what no exchange of `fixtures/exchanges/xenapi.jsonl` shows.

mod budgets;
mod calls;
mod events;
mod faces;
mod peer;
mod properties;
mod python;

#[path = "../common/python.rs"]
mod shared_python;

/// Snapshots lie in one tree for the whole project.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/mock-xend/xenapi"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}
