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
        let unknown = || match target {
            // The exception that was to be raised takes `str()` of it.
            Datum::Text(text) if let Some(raised) = python::not_ascii(text) => Failure::exception(raised),
            _ => Failure::UnknownDomain { target: python::str(target).into() },
        };
        self.position_of(target)?.ok_or_else(unknown)
    }

    /// The same for the few methods that put what they were given into the exception as it is: a number stays one.
    pub(super) fn position_as_given(&self, target: &Datum) -> Result<usize, Failure> {
        self.position_of(target)?.ok_or_else(|| Failure::UnknownDomain { target: target.clone() })
    }

    /// Whether a domain is known by its id alone: up to 3.0.3 one that was made with the uuid of another has the other's
    /// name in the store, where the daemon reads it (captures `pine7-zero`, `pine10-taken`).
    fn lost_its_name(&self, domain: &Domain) -> bool {
        self.release < Release::V3_1
            && self.domains.iter().find(|known| known.uuid == domain.uuid).is_some_and(|first| first.id != domain.id)
    }

    /// `domain_lookup_nr`: by name, by number, by uuid. An instance of `DateTime` or `Binary` equals the text that it
    /// holds, but `int()` takes none.
    fn position_of(&self, target: &Datum) -> Result<Option<usize>, Failure> {
        let text = python::str(target);
        let first = |wanted: &dyn Fn(&Domain) -> bool| self.domains.iter().position(|domain| wanted(domain));
        let by_id = |id: i64| first(&|domain| domain.id.map(i64::from) == Some(id));
        let by_name = || {
            let has_name = |domain: &Domain| domain.name.as_bytes() == text && !self.lost_its_name(domain);
            first(&|domain| domain.id.is_some() && has_name(domain)).or_else(|| first(&has_name))
        };
        match target {
            Datum::Bytes(_) | Datum::Text(_) => {
                let has_uuid = |domain: &Domain| domain.uuid.as_bytes() == text;
                let knows_uuids = self.release >= Release::V3_1;
                Ok(by_name()
                    .or_else(|| python::int(&text).ok().and_then(by_id))
                    .or_else(|| first(&|domain| knows_uuids && domain.id.is_some() && has_uuid(domain)))
                    .or_else(|| first(&|domain| knows_uuids && has_uuid(domain))))
            }
            Datum::DateTime(_) | Datum::Binary(_) if let Some(at) = by_name() => Ok(Some(at)),
            // It is a `ValueError`, as for a text that is no number.
            Datum::Float(id) if id.is_nan() => Ok(None),
            target => Ok(by_id(python::number(target).map_err(Failure::Exception)?)),
        }
    }
}
