//! What the daemon does when a domain ends: `on_poweroff`, `on_reboot`, `on_crash`, and `restart`, which sets all
//! three.

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::python;
use crate::world::pairs::child;
use crate::world::{Failure, OnEnd};

/// Returns the actions that a release has for the end of a domain (`restart_modes`). From 3.3 on they include those
/// that write a core dump, for every kind of end.
pub(in crate::world) fn modes(release: Release) -> &'static [&'static str] {
    const USUAL: &[&str] = &["restart", "destroy", "preserve", "rename-restart"];
    const WITH_CORE: &[&str] =
        &["restart", "destroy", "preserve", "rename-restart", "coredump-destroy", "coredump-restart"];
    release.pick(&[(Release::V3_0_2, USUAL), (Release::V3_3, WITH_CORE)])
}

/// The Xen-API's words for actions after a crash, which 4.1 and later also take in S-expressions.
const ON_CRASH_OF_XEN_API: [(&str, &str); 3] = [
    ("coredump_and_destroy", "coredump-destroy"),
    ("coredump_and_restart", "coredump-restart"),
    ("rename_restart", "rename-restart"),
];

/// The three kinds of end: the name of the field, its name in errors from 3.1 on, and the Xen-API's field.
const EVENTS: [(&str, &str, &str); 3] = [
    ("on_poweroff", "shutdown", "actions_after_shutdown"),
    ("on_reboot", "reboot", "actions_after_reboot"),
    ("on_crash", "crash", "actions_after_crash"),
];

/// Reads the actions from a configuration, from 3.1 on.
///
/// # Errors
/// Returns the daemon's failure for a word that is not an action.
pub(super) fn read(config: &Datum, release: Release) -> Result<OnEnd, Failure> {
    // The daemon passes `never` on, and refuses it later.
    let filled: [Option<&str>; 3] = match child(config, "restart").map(python::str).as_deref() {
        Some(b"onreboot") => [Some("destroy"), Some("restart"), Some("destroy")],
        Some(b"always") => [Some("restart"); 3],
        Some(b"never") => [Some("never"); 3],
        _ => [None; 3],
    };
    let on_end = OnEnd::default();
    let mut words = [on_end.poweroff, on_end.reboot, on_end.crash];
    for (at, (field, event, of_xen_api)) in EVENTS.into_iter().enumerate() {
        let given = child(config, field).map(python::str);
        let given = given.or_else(|| filled[at].map(|word| word.as_bytes().to_vec()));
        let Some(given) = given.or_else(|| child(config, of_xen_api).map(python::str)) else { continue };
        let given = String::from_utf8_lossy(&given).into_owned();
        let translated = ON_CRASH_OF_XEN_API.iter().find(|(word, _)| *word == given);
        words[at] = match translated.filter(|_| event == "crash" && release >= Release::V4_1) {
            Some((_, mode)) => (*mode).to_owned(),
            None => given,
        };
    }
    let wrong = words.iter().zip(EVENTS).find(|(word, _)| !modes(release).contains(&word.as_str()));
    if let Some((_, (_, event, _))) = wrong {
        return Err(Failure::configuration(format!("Invalid event handling mode: {event}")));
    }
    let [poweroff, reboot, crash] = words;
    Ok(OnEnd { poweroff, reboot, crash })
}

/// Reads the actions from a configuration, up to 3.0.3. `restart` sets those that are not given.
///
/// # Errors
/// Returns the daemon's failure for a word that is not an action.
pub(super) fn read_until_3_0_3(config: &Datum, release: Release) -> Result<OnEnd, Failure> {
    let filled: Option<[&str; 3]> = match child(config, "restart").map(python::str).as_deref() {
        Some(b"onreboot") => Some(["destroy", "restart", "destroy"]),
        Some(b"always") => Some(["restart"; 3]),
        Some(b"never") => Some(["destroy"; 3]),
        _ => None,
    };
    let on_end = OnEnd::default();
    let mut words = [on_end.poweroff, on_end.reboot, on_end.crash];
    for (at, (field, ..)) in EVENTS.into_iter().enumerate() {
        let given = child(config, field).map(python::str);
        let given = given.or_else(|| filled.map(|words| words[at].as_bytes().to_vec()));
        let Some(given) = given else { continue };
        let given = String::from_utf8_lossy(&given).into_owned();
        if !modes(release).contains(&given.as_str()) {
            return Err(Failure::refused(format!("invalid restart event: {field} = {given}")));
        }
        words[at] = given;
    }
    let [poweroff, reboot, crash] = words;
    Ok(OnEnd { poweroff, reboot, crash })
}
