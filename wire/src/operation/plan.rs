//! What takes several methods of the Xen-API, understood before anything is sent.

use std::ops::RangeInclusive;

use super::argument::{integer, invalid};
use super::arguments::Arguments;
use super::face::Face;
use super::form::Recipe;
use super::row::{Operation, Way};
use crate::sexpr::{Rules, Sexpr, parse_with};
use crate::xenapi::{Config, DeviceClass, NewDevice};
use crate::{Error, ErrorKind, Limits, Release};

/// An operation that takes several methods, with its arguments. A domain that it is about is not in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Describe the domains in a power state.
    Records(InState),
    /// Tell what the virtual processors do.
    Vcpus,
    /// Set members of the virtual processors' parameters, one after the other.
    SetParameters(Vec<(&'static str, i32)>),
    /// Define a domain.
    Define(Config),
    /// Define a domain and start it.
    Create {
        /// Its configuration.
        config: Config,
        /// Whether it is left paused.
        paused: bool,
    },
    /// List the devices of a class.
    List(DeviceClass),
    /// Make a device.
    Attach(NewDevice),
    /// Put another disc into a drive: `VBD.media_change` changes nothing else.
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

/// Which domains are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InState {
    /// All.
    Any,
    /// Those in this power state: `Paused`.
    Only(&'static str),
    /// None, for the state has a name that the daemon does not know, as on the XML-RPC face (protocol reference §4.2).
    Unknown,
}

impl Operation {
    /// What is to be done over the Xen-API of a release where that takes several methods.
    ///
    /// # Errors
    /// As [`Operation::request`]; and for a configuration what [`Config::read`] and [`NewDevice::read`] find in it.
    pub fn plan(self, release: Release, given: &Arguments) -> Result<Plan, Error> {
        self.check(given)?;
        let text = |name: &str| {
            let value = given.get(name).unwrap_or_default();
            str::from_utf8(value).map_err(|error| {
                let at = error.valid_up_to();
                Error::new(ErrorKind::NotRepresentable, at..at + 1).expected("UTF-8")
            })
        };
        let recipe = match (self.way(Face::XenApi, release)?, &self.row().methods) {
            (Way::Methods { .. }, Some(methods)) => methods.recipe,
            _ => return Err(self.unsupported(Face::XenApi, release).into()),
        };
        Ok(match recipe {
            Recipe::RecordsInState => Plan::Records(in_state(text("state")?, release)),
            Recipe::Vcpus => Plan::Vcpus,
            Recipe::SetCredit => {
                // What is wrong with the second must be seen before the first is set.
                let weight = in_range("weight", text("weight")?, 1..=65535, "a number from 1 to 65535")?;
                let cap = text("cap")?;
                if release >= Release::V4_1 {
                    // The daemon takes a cap, says that it is set, and sets none (`_VM_VCPUs_params_refresh`).
                    in_range("cap", cap, 0..=0, "0, for the Xen-API of 4.1 and later can't set a cap")?;
                    return Ok(Plan::SetParameters(vec![("weight", weight)]));
                }
                let cap = in_range("cap", cap, 0..=65535, "a number from 0 to 100 for each virtual processor")?;
                Plan::SetParameters(vec![("weight", weight), ("cap", cap)])
            }
            Recipe::Define => Plan::Define(config(given, |config| Config::read(config, release))?),
            Recipe::Create { paused } => {
                Plan::Create { config: config(given, |config| Config::read(config, release))?, paused }
            }
            Recipe::ListDevices => Plan::List(class(text("type")?)?),
            Recipe::AttachDevice => Plan::Attach(config(given, NewDevice::read)?),
            Recipe::ChangeDisc => {
                let (drive, config) = (text("device")?, config(given, NewDevice::read)?);
                let expected =
                    "nothing but another disc for that drive, such as (vbd (uname file:/x.iso) (dev hdc:cdrom))";
                let disc = config.disc_for(drive).ok_or_else(|| invalid("config", expected))?;
                Plan::ChangeDisc { drive: drive.to_owned(), disc: disc.to_owned() }
            }
            Recipe::DetachDevice if given.get("force").is_some() => {
                let error = Error::new(ErrorKind::UnknownArgument, 0..0).found(format!("`force` of `{self}`"));
                return Err(error.expected(format!("only what the xenapi face of {release} has")));
            }
            Recipe::DetachDevice => Plan::Detach { class: class(text("type")?)?, device: text("device")?.to_owned() },
        })
    }
}

fn class(kind: &str) -> Result<DeviceClass, Error> {
    let class = DeviceClass::of(kind);
    class.ok_or_else(|| invalid("type", "`vif`, or `vbd` for disks of all kinds, which the xenapi face has"))
}

fn in_range(name: &'static str, value: &str, range: RangeInclusive<i32>, expected: &'static str) -> Result<i32, Error> {
    let number = i32::try_from(integer(name, value.as_bytes())?).ok();
    number.filter(|number| range.contains(number)).ok_or_else(|| invalid(name, expected))
}

/// Reads the one value of the argument `config`.
fn config<T>(given: &Arguments, read: impl FnOnce(Sexpr<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let text = given.get("config").unwrap_or_default();
    let document = parse_with(text, Rules::strict(), &Limits::default())?;
    let end = || Error::new(ErrorKind::UnexpectedEnd, text.len()..text.len()).expected("an S-expression");
    if let Some(second) = document.values().nth(1) {
        return Err(Error::new(ErrorKind::InvalidArgument, second.span()).found("`config`").expected("one value"));
    }
    read(document.first().ok_or_else(end)?)
}

/// The Xen-API's word (protocol reference §6.1). Before 3.4 there is no state `crashed`.
fn in_state(state: &str, release: Release) -> InState {
    match state {
        "all" => InState::Any,
        "halted" => InState::Only("Halted"),
        "paused" => InState::Only("Paused"),
        "running" => InState::Only("Running"),
        "suspended" => InState::Only("Suspended"),
        "crashed" if release >= Release::V3_4 => InState::Only("Crashed"),
        _ => InState::Unknown,
    }
}
