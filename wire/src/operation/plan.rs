//! What takes several methods of the Xen-API, understood before anything is sent.

use super::{Arguments, Face, Operation, Unsupported};
use crate::sexpr::{Rules, Sexpr, parse_with};
use crate::xenapi::{Config, NewDevice};
use crate::{Error, ErrorKind, Limits, Release};

/// An operation that takes several methods, with its arguments. A domain that it is about is not in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Describe the domains in a power state, `Paused`, or all.
    Records(Option<&'static str>),
    /// Tell what the virtual processors do.
    Vcpus,
    /// Set members of the virtual processors' parameters, one after the other.
    SetParameters(Vec<(&'static str, String)>),
    /// Define a domain.
    Define(Config),
    /// Define a domain and start it, paused.
    Create(Config),
    /// List the devices of a class.
    List(DeviceClass),
    /// Make a device.
    Attach(NewDevice),
    /// Put another disc into a drive.
    ChangeDisc {
        /// Number or name of the drive.
        drive: String,
        /// Where the disc's image is.
        disc: String,
    },
    /// Destroy a device.
    Detach {
        /// Its class.
        class: DeviceClass,
        /// Its number or name.
        device: String,
    },
}

/// The classes of devices that the Xen-API has objects for, and that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceClass {
    /// A network card.
    Vif,
    /// A disk or a drive.
    Vbd,
}

impl Operation {
    /// What is to be done over the Xen-API of a release where that takes several methods.
    ///
    /// # Errors
    /// As [`Operation::request`]; and for a configuration what [`Config::read`] and [`NewDevice::read`] find in it.
    pub fn plan(&self, release: Release, given: &Arguments) -> Result<Plan, Error> {
        self.check(given)?;
        let text = |name: &str| String::from_utf8_lossy(given.get(name).unwrap_or_default()).into_owned();
        Ok(match self.name {
            _ if self.steps(Face::XenApi, release).is_none() => {
                return Err(Unsupported { face: Face::XenApi, release, operation: self.name }.into());
            }
            "domain.records_in_state" => Plan::Records(power_state(&text("state"), release)),
            "domain.vcpus" => Plan::Vcpus,
            "domain.set_credit" => Plan::SetParameters(["weight", "cap"].map(|name| (name, text(name))).to_vec()),
            "domain.define" => Plan::Define(config(given, Config::read)?),
            "domain.create" => Plan::Create(config(given, Config::read)?),
            "device.list" => Plan::List(DeviceClass::of(&text("type"))?),
            "device.attach" => Plan::Attach(config(given, NewDevice::read)?),
            "device.configure" => match config(given, NewDevice::read)? {
                NewDevice { class: DeviceClass::Vbd, backend: Some(disc), .. } => {
                    Plan::ChangeDisc { drive: text("device"), disc }
                }
                _ => {
                    let disc = "a disc for a drive, such as (vbd (uname file:/x.iso) (dev hdc:cdrom))";
                    return Err(Error::new(ErrorKind::InvalidArgument, 0..0).found("`config`").expected(disc));
                }
            },
            "device.detach" if given.get("force").is_some() => {
                let error = Error::new(ErrorKind::UnknownArgument, 0..0).found("`force` of `device.detach`");
                return Err(error.expected(format!("only what the xenapi face of {release} has")));
            }
            "device.detach" => Plan::Detach { class: DeviceClass::of(&text("type"))?, device: text("device") },
            other => unreachable!("{other} is made of other operations"),
        })
    }
}

impl DeviceClass {
    fn of(kind: &str) -> Result<Self, Error> {
        match kind {
            "vif" => Ok(Self::Vif),
            "vbd" | "tap" | "tap2" => Ok(Self::Vbd),
            _ => {
                let error = Error::new(ErrorKind::InvalidArgument, 0..0).found("`type`");
                Err(error.expected("`vif`, `vbd`, `tap` or `tap2`, which the xenapi face has"))
            }
        }
    }
}

/// Reads the one value of the argument `config`.
fn config<T>(given: &Arguments, read: impl FnOnce(Sexpr<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let text = given.get("config").unwrap_or_default();
    let document = parse_with(text, Rules::strict(), &Limits::default())?;
    let end = || Error::new(ErrorKind::UnexpectedEnd, text.len()..text.len()).expected("an S-expression");
    read(document.first().ok_or_else(end)?)
}

/// The Xen-API's word (protocol reference §6.1). Of a word that no state has, no domain is, as on the XML-RPC face.
fn power_state(state: &str, release: Release) -> Option<&'static str> {
    match state {
        "all" => None,
        "halted" => Some("Halted"),
        "paused" => Some("Paused"),
        "running" => Some("Running"),
        "suspended" => Some("Suspended"),
        "crashed" if release < Release::V3_4 => Some("Unknown"),
        "crashed" => Some("Crashed"),
        _ => Some(""),
    }
}
