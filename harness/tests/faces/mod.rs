//! What a client asks on every face of every release: held against captures of real clients, and tried on the mock.

mod answers;
mod between;
mod call;
mod corpus;
mod daemon;
mod exchanges;
mod failures;
mod hidden;
mod laws;
mod matrix;
mod outages;
mod outcomes;
mod programs;
mod requests;
mod scripted_outages;
mod steps;
#[cfg(feature = "tls")]
mod tls;

/// Snapshots lie in one tree for the whole project.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/client"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}
