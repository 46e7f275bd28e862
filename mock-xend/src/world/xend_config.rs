//! The settings of the daemon's own configuration file, `xend-config.sxp`, that affect its replies.

use serde::{Deserialize, Serialize};
use xend_wire::Release;

/// Settings of `xend-config.sxp`. A setting that a world leaves out has the value of the captures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct XendConfig {
    /// The memory that Domain-0 keeps in any case, in MiB. With 0 no memory is taken from Domain-0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dom0_min_mem: Option<i64>,
    /// The password for VNC. Releases up to 3.1 start no HVM domain with `vnc` unless this or the domain's configuration
    /// gives a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vncpasswd: Option<String>,
    /// The address that framebuffers listen on by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vnc_listen: Option<String>,
}

impl XendConfig {
    /// Returns the memory that Domain-0 keeps in any case, in MiB; by default that of the captures of the release.
    pub(super) fn dom0_min_mem(&self, release: Release) -> i64 {
        self.dom0_min_mem.unwrap_or_else(|| release.pick(&[(Release::V3_0_2, 64), (Release::V3_2, 0)]))
    }

    /// Returns the address that framebuffers listen on. The default changed with 3.4 (captures `cedar1-vnc`).
    pub(super) fn vnc_address(&self, release: Release) -> String {
        let usual = release.pick(&[(Release::V3_0_2, "localhost"), (Release::V3_4, "127.0.0.1")]);
        self.vnc_listen.clone().unwrap_or_else(|| usual.to_owned())
    }
}
