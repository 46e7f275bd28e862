//! The types that the contenders read a response into: what a client wants to know of a domain.

#![expect(dead_code, reason = "nobody looks at what was read; it is made all the same")]

use dxr::TryFromValue;
use serde::Deserialize;

/// A domain of the layout in which domains are structs. Further members are left alone.
#[derive(Deserialize, TryFromValue)]
pub(crate) struct Domain {
    pub(crate) domid: i32,
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) memory: i32,
    pub(crate) maxmem: i32,
    pub(crate) vcpus: i32,
    pub(crate) on_crash: String,
    pub(crate) state: String,
    pub(crate) cpu_time: f64,
    pub(crate) image: Image,
}

#[derive(Deserialize, TryFromValue)]
pub(crate) struct Image {
    pub(crate) kernel: String,
    pub(crate) ramdisk: String,
    pub(crate) args: String,
    pub(crate) vnc: i32,
}
