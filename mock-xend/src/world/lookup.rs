//! Looking up domains (protocol reference §6.2).

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::{Domain, Failure, PowerState, States, World};
use crate::python;

impl World {
    /// Returns all domains. Active ones are in the order of their ids; definitions stand among them.
    pub fn domains(&self) -> &[Arc<Domain>] {
        &self.domains
    }

    /// Returns the domain with a name or an id, or from 3.1 on with a uuid (protocol reference §6.2).
    ///
    /// # Errors
    /// Returns [`Failure::UnknownDomain`] if there is none, and [`Failure::Exception`] if `target` is neither a string
    /// nor a number.
    pub fn find(&self, target: &Datum) -> Result<&Domain, Failure> {
        self.position(target).map(|at| &self.domains[at])
    }

    /// Returns the domain with a name, an id or a uuid, as [`find`](Self::find) does, for changing it.
    ///
    /// # Errors
    /// Returns the errors of [`find`](Self::find).
    pub fn find_mut(&mut self, target: &Datum) -> Result<&mut Domain, Failure> {
        self.position(target).map(|at| &mut self.domains[at])
    }

    /// The domains of a uuid. There may be several only up to 3.1.
    pub(crate) fn of_uuid(&self, uuid: &str) -> impl Iterator<Item = &Domain> {
        self.domains.of_uuid(uuid).map(|at| &self.domains[at])
    }

    /// The domains of a list.
    pub fn listed(&self, states: States) -> impl Iterator<Item = &Arc<Domain>> {
        let release = self.release;
        self.domains.iter().filter(move |domain| match states {
            States::Usual => release <= Release::V3_0_3 || domain.power_state() == PowerState::Running,
            States::All => true,
            States::Only(PowerState::Crashed) if release < Release::V3_4 => false,
            States::Only(state) => domain.power_state() == state,
            States::None => false,
        })
    }

    pub(super) fn position(&self, target: &Datum) -> Result<usize, Failure> {
        let unknown = || match target {
            // The exception for an unknown domain calls `str()` on the name, which raises another one.
            Datum::Text(text) if let Some(raised) = python::not_ascii(text) => Failure::exception(raised),
            _ => Failure::UnknownDomain { target: python::str(target).into() },
        };
        self.position_of(target)?.ok_or_else(unknown)
    }

    /// Looks up a domain for the few methods whose exception contains the value as it was given, so that a number stays
    /// a number.
    pub(super) fn position_or_given_target(&self, target: &Datum) -> Result<usize, Failure> {
        self.position_of(target)?.ok_or_else(|| Failure::UnknownDomain { target: target.clone() })
    }

    /// Returns whether a domain can be found only by its id. Up to 3.0.3 the daemon reads names from the store, where a
    /// domain created with the uuid of another one has the other's name (captures `pine7-zero`, `pine10-taken`).
    fn is_known_by_id_only(&self, domain: &Domain) -> bool {
        self.release < Release::V3_1
            && self.domains.of_uuid(&domain.uuid).next().is_some_and(|first| self.domains[first].id != domain.id)
    }

    /// Looks up a domain by name, number or uuid (`domain_lookup_nr`). An instance of `DateTime` or `Binary` equals the
    /// text that it holds, but `int()` rejects it.
    fn position_of(&self, target: &Datum) -> Result<Option<usize>, Failure> {
        let text = python::str(target);
        // No name and no uuid is anything but UTF-8.
        let utf8 = str::from_utf8(&text).ok();
        let by_id = |id: i64| u32::try_from(id).ok().and_then(|id| self.domains.of_id(id));
        let active_first =
            |all: Vec<usize>| all.iter().find(|&&at| self.domains[at].id.is_some()).or(all.first()).copied();
        let by_name = || {
            let has_name = |&at: &usize| !self.is_known_by_id_only(&self.domains[at]);
            active_first(self.domains.named(utf8?).filter(has_name).collect())
        };
        let by_uuid = || active_first(self.domains.of_uuid(utf8?).collect());
        match target {
            Datum::Bytes(_) | Datum::Text(_) => {
                let knows_uuids = self.release >= Release::V3_1;
                Ok(by_name()
                    .or_else(|| python::int(&text).ok().and_then(by_id))
                    .or_else(|| by_uuid().filter(|_| knows_uuids)))
            }
            Datum::DateTime(_) | Datum::Binary(_) if let Some(at) = by_name() => Ok(Some(at)),
            // `int(nan)` raises a `ValueError`, as for a text that is not a number.
            Datum::Float(id) if id.is_nan() => Ok(None),
            target => Ok(by_id(python::number(target).map_err(Failure::Exception)?)),
        }
    }
}
