//! Finding domains (protocol reference §6.2).

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::{Domain, Failure, PowerState, States, World};
use crate::python;

impl World {
    /// The domains: the active ones by id, with those that are only defined among them.
    pub fn domains(&self) -> &[Arc<Domain>] {
        &self.domains
    }

    /// The domain of a name or number, or from 3.1 on of a uuid (protocol reference §6.2).
    ///
    /// # Errors
    /// [`Failure::UnknownDomain`], and [`Failure::Exception`] for what is neither string nor number.
    pub fn find(&self, target: &Datum) -> Result<&Domain, Failure> {
        self.position(target).map(|at| &self.domains[at])
    }

    /// The same, to be changed.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_mut(&mut self, target: &Datum) -> Result<&mut Domain, Failure> {
        self.position(target).map(|at| &mut self.domains[at])
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
        let text = python::str(target);
        let unknown = || match target {
            // The exception that was to be raised takes `str()` of it.
            Datum::Text(text) if let Some(raised) = python::not_ascii(text) => Failure::exception(raised),
            _ => Failure::UnknownDomain { target: text.clone() },
        };
        let first = |wanted: &dyn Fn(&Domain) -> bool| self.domains.iter().position(|domain| wanted(domain));
        let by_id = |id: i64| first(&|domain| domain.id.map(i64::from) == Some(id));
        match target {
            Datum::Int(id) | Datum::Long(id) => by_id(*id).ok_or_else(unknown),
            Datum::Bool(flag) => by_id(i64::from(*flag)).ok_or_else(unknown),
            Datum::Bytes(_) | Datum::Text(_) => {
                let has_name = |domain: &Domain| domain.name.as_bytes() == text;
                let has_uuid = |domain: &Domain| domain.uuid.as_bytes() == text;
                let knows_uuids = self.release >= Release::V3_1;
                first(&|domain| domain.id.is_some() && has_name(domain))
                    .or_else(|| first(&has_name))
                    .or_else(|| python::int(&text).ok().and_then(by_id))
                    .or_else(|| first(&|domain| knows_uuids && domain.id.is_some() && has_uuid(domain)))
                    .or_else(|| first(&|domain| knows_uuids && has_uuid(domain)))
                    .ok_or_else(unknown)
            }
            Datum::Float(id) => by_id(*id as i64).ok_or_else(unknown),
            other => Err(Failure::exception(python::not_a_number(other))),
        }
    }
}
