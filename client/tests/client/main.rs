//! Tests of the client against peers in memory that the tests themselves play. Tests against the mock are in the
//! harness.

mod connections;
mod cuts;
mod deadlines;
mod errors;
mod outcomes;
mod peer;
mod properties;
mod requests;
mod sessions;
mod steps;

/// Configures insta for the snapshots of all crates, which are in one tree.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/client"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(concat!("xend-client/", env!("CARGO_PKG_VERSION")), "xend-client/VERSION");
    settings.bind_to_scope()
}
