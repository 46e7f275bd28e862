//! The Xen-API dialect of XML-RPC: its envelope, its records, and the structs from which it creates objects.
//!
//! From 3.1 on, each method returns a struct that says whether it succeeded: `{Status: 'Success', Value: ...}` or
//! `{Status: 'Failure', ErrorDescription: [CODE, ARGUMENT...]}`. A method that is not implemented has `Status: 'Error'`
//! instead (protocol reference §5.1, `XendAPI.py xen_api_success`, `xen_api_error`). The XML-RPC face sends the second form
//! too, for an unknown method (§4.4).
//!
//! ```
//! use xend_wire::datum::Datum;
//! use xend_wire::xenapi::{self, Outcome};
//! use xend_wire::{Limits, Release, xmlrpc};
//!
//! let reply = xenapi::failure(["HANDLE_INVALID", "VM", "nope"]).response(Release::V4_1);
//!
//! let response = xmlrpc::decode_response(&reply, xmlrpc::Rules::xend(Release::V4_1), &Limits::default())?;
//! let document = response.into_result().expect("the dialect has no faults");
//! match xenapi::open_envelope(document.value())? {
//!     Outcome::Success(value) => println!("{value:?}"),
//!     Outcome::Failure(description) => assert_eq!(description.code(), "HANDLE_INVALID"),
//! }
//! # Ok::<(), xend_wire::Error>(())
//! ```

mod config;
mod device;
mod envelope;
mod field;
mod record;

pub use config::DomainConfig;
pub use device::{DeviceClass, DeviceConfig, image_record};
pub use envelope::{ErrorDescription, Outcome, failure, is_envelope, not_implemented, open_envelope, success};
pub(crate) use record::names;
pub use record::{are_records, has_name, is_vm_record, record, records};

/// Whether a method only reads, judged by its name: `VM.get_record` does.
pub fn is_getter(method: &str) -> bool {
    method.split_once('.').is_some_and(|(_, name)| name.starts_with("get_"))
}
