//! Plans for operations that take several methods of the Xen-API. A plan is made, and its arguments are checked, before
//! anything is sent.

use std::ops::RangeInclusive;

use super::argument::{integer, invalid};
use super::arguments::Arguments;
use super::face::Face;
use super::form::PlanKind;
use super::row::{Implementation, Operation};
use crate::sexpr::{Rules, Sexpr, parse_with};
use crate::xenapi::{DeviceClass, DeviceConfig, DomainConfig};
use crate::{Error, ErrorKind, Limits, Release};

/// What to do on the Xen-API for an operation that takes several methods, with the operation's arguments converted.
///
/// The domain that the operation acts on is not part of the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Describe the domains in some power states.
    Records(StateFilter),
    /// Describe the virtual processors of a domain.
    Vcpus,
    /// Set these members of a domain's `VCPUs_params`, one after the other.
    SetParameters(Vec<(&'static str, i32)>),
    /// Define a domain.
    Define(DomainConfig),
    /// Define a domain and start it.
    Create {
        /// The configuration of the domain.
        config: DomainConfig,
        /// Whether the domain stays paused after it was started.
        paused: bool,
    },
    /// List the devices of a class.
    List(DeviceClass),
    /// Create a device.
    Attach(DeviceConfig),
    /// Put another disc into a drive, which is all that `VBD.media_change` can change.
    ChangeDisc {
        /// The number or name of the drive.
        drive: String,
        /// The place of the disc's image, such as `file:/x.iso`.
        disc: String,
    },
    /// Destroy a device.
    Detach {
        /// The class of the device.
        class: DeviceClass,
        /// The number or name of the device.
        device: String,
    },
}

/// The domains that a plan asks for records of, selected by their power state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Domains in any state.
    Any,
    /// Domains in this power state, such as `Paused`.
    Only(&'static str),
    /// No domains, because the daemon does not know the name of the state. The XML-RPC face does the same (protocol
    /// reference §4.2).
    UnknownState,
}

impl Operation {
    /// The plan for this operation on the Xen-API of a release, if it takes several methods there.
    ///
    /// # Errors
    /// As [`Operation::request`]; for a configuration, also the errors of [`DomainConfig::read`] and
    /// [`DeviceConfig::read`].
    pub fn plan(self, release: Release, given: &Arguments) -> Result<Plan, Error> {
        self.check(given)?;
        let text = |name: &str| {
            let value = given.get(name).unwrap_or_default();
            str::from_utf8(value).map_err(|error| {
                let at = error.valid_up_to();
                Error::new(ErrorKind::NotRepresentable, at..at + 1).expected("UTF-8")
            })
        };
        let plan = match (self.implementation(Face::XenApi, release)?, &self.row().methods) {
            (Implementation::Methods { .. }, Some(methods)) => methods.plan,
            _ => return Err(self.unsupported(Face::XenApi, release).into()),
        };
        Ok(match plan {
            PlanKind::RecordsInState => Plan::Records(in_state(text("state")?, release)),
            PlanKind::Vcpus => Plan::Vcpus,
            PlanKind::SetCredit => {
                // Both are checked here, so that nothing is set if one of them is wrong.
                let weight = in_range("weight", text("weight")?, 1..=65535, "a number from 1 to 65535")?;
                let cap = text("cap")?;
                if release >= Release::V4_1 {
                    // The daemon accepts a cap and replies that it is set, but does not set it
                    // (`_VM_VCPUs_params_refresh`).
                    in_range("cap", cap, 0..=0, "0, because the Xen-API of 4.1 and later can't set a cap")?;
                    return Ok(Plan::SetParameters(vec![("weight", weight)]));
                }
                let cap = in_range("cap", cap, 0..=65535, "a number from 0 to 100 for each virtual processor")?;
                Plan::SetParameters(vec![("weight", weight), ("cap", cap)])
            }
            PlanKind::Define => Plan::Define(config(given, |config| DomainConfig::read(config, release))?),
            PlanKind::Create { paused } => {
                Plan::Create { config: config(given, |config| DomainConfig::read(config, release))?, paused }
            }
            PlanKind::ListDevices => Plan::List(class(text("type")?)?),
            PlanKind::AttachDevice => Plan::Attach(config(given, DeviceConfig::read)?),
            PlanKind::ChangeDisc => {
                let (drive, config) = (text("device")?, config(given, DeviceConfig::read)?);
                let expected =
                    "nothing but another disc for that drive, such as (vbd (uname file:/x.iso) (dev hdc:cdrom))";
                let disc = config.disc_for(drive).ok_or_else(|| invalid("config", expected))?;
                Plan::ChangeDisc { drive: drive.to_owned(), disc: disc.to_owned() }
            }
            PlanKind::DetachDevice if given.get("force").is_some() => {
                let error = Error::new(ErrorKind::UnknownArgument, 0..0).found(format!("`force` of `{self}`"));
                return Err(error.expected(format!("only arguments that the xenapi face of {release} has")));
            }
            PlanKind::DetachDevice => Plan::Detach { class: class(text("type")?)?, device: text("device")?.to_owned() },
        })
    }
}

fn class(kind: &str) -> Result<DeviceClass, Error> {
    let class = DeviceClass::of(kind);
    class.ok_or_else(|| invalid("type", "`vif` or `vbd`, because the xenapi face has no other devices"))
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

/// The filter for the name of a state (protocol reference §6.1). Before 3.4 there is no state `crashed`.
fn in_state(state: &str, release: Release) -> StateFilter {
    match state {
        "all" => StateFilter::Any,
        "halted" => StateFilter::Only("Halted"),
        "paused" => StateFilter::Only("Paused"),
        "running" => StateFilter::Only("Running"),
        "suspended" => StateFilter::Only("Suspended"),
        "crashed" if release >= Release::V3_4 => StateFilter::Only("Crashed"),
        _ => StateFilter::UnknownState,
    }
}
