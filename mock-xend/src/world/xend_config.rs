//! The daemon's own configuration file, `xend-config.sxp`, as far as it is told.

use serde::{Deserialize, Serialize};
use xend_wire::Release;

/// Settings of `xend-config.sxp`. What a world does not say is as it is in the captures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct XendConfig {
    /// What Domain-0 keeps in any case, in MiB. With 0 nothing is taken from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dom0_min_mem: Option<i64>,
    /// The password of screens. 3.1 builds no machine with a screen if neither this nor the configuration of the domain
    /// says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vncpasswd: Option<String>,
    /// The address that screens are shown at, if their configuration does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vnc_listen: Option<String>,
}

impl XendConfig {
    /// What Domain-0 keeps in any case, in MiB: as the captures of the release have it if nothing is said.
    pub(super) fn dom0_min_mem(&self, release: Release) -> i64 {
        self.dom0_min_mem.unwrap_or_else(|| release.pick(&[(Release::V3_0_2, 64), (Release::V3_2, 0)]))
    }

    /// The address that screens are shown at. The one that is usual changed with 3.4 (captures `cedar1-vnc`).
    pub(super) fn screens(&self, release: Release) -> String {
        let usual = release.pick(&[(Release::V3_0_2, "localhost"), (Release::V3_4, "127.0.0.1")]);
        self.vnc_listen.clone().unwrap_or_else(|| usual.to_owned())
    }
}
