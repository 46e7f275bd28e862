//! What objects there are, and what is told of each.

use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, dict, literal, stringify};
use super::{device, member, metrics, reference, time, vm};
use crate::python;
use crate::world::Domain;

impl Context<'_> {
    /// Whether it is a reference to an object of the class: a byte string that is known.
    pub(super) fn knows(&mut self, class: &'static str, given: &Datum) -> bool {
        match given.as_bytes().map(std::str::from_utf8) {
            Some(Ok(given)) if class == "VM" => vm::find(self, given).is_some(),
            Some(Ok(given)) => self.record(class, given).is_some(),
            _ => false,
        }
    }

    /// All objects of a class.
    pub(super) fn references(&mut self, class: &str) -> Vec<String> {
        match class {
            "VM" => vm::domains(self).into_iter().map(|domain| domain.uuid.clone()).collect(),
            "VM_metrics" => metrics::references(self),
            "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "console" => device::references(self, class),
            "host" | "host_metrics" => vec![reference(class, "")],
            "host_cpu" => self.host_cpus(),
            "task" => {
                let tasks = self.state.tasks.references();
                python::dict_order(tasks.iter().map(String::as_str)).into_iter().map(str::to_owned).collect()
            }
            _ => self.state.objects.references(class),
        }
    }

    /// The record of an object, if there is one.
    pub(super) fn record(&mut self, class: &'static str, given: &str) -> Option<Datum> {
        match class {
            "VM" => vm::find(self, given).map(|domain| vm::record(self, domain)),
            "VM_metrics" => metrics::record(self, given),
            "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "console" => device::record(self, class, given),
            "host" => (given == reference(class, "")).then(|| self.host_record(given)),
            "host_metrics" => (given == reference(class, "")).then(|| self.host_metrics_record(given)),
            "host_cpu" => self.host_cpu_record(given),
            "task" => self.state.tasks.record(given),
            _ => self.linked_record(class, given),
        }
    }

    /// The record of an object that is nothing but that, with what others say of it.
    fn linked_record(&mut self, class: &'static str, given: &str) -> Option<Datum> {
        let mut record = self.state.objects.record(class, given)?;
        let (of, by, at) = match class {
            "SR" => ("VDI", "SR", "VDIs"),
            "VDI" => ("VBD", "VDI", "VBDs"),
            "network" => ("VIF", "network", "VIFs"),
            "cpu_pool" => ("VM", "", "started_VMs"),
            "PIF_metrics" => {
                let Datum::Dict(members) = &mut record else { return None };
                members.push(("last_updated".to_owned(), time(self.now)));
                return Some(record);
            }
            _ => return Some(record),
        };
        let refers = |call: &mut Self, other: &str| {
            // There is one pool, and all domains are in it.
            of == "VM" || call.record(of, other).as_ref().and_then(|other| member(other, by)) == Some(&given.into())
        };
        let others = self.references(of);
        let links: Vec<_> = others.into_iter().filter(|other| refers(self, other)).map(Datum::from).collect();
        if let Datum::Dict(members) = &mut record
            && let Some((_, value)) = members.iter_mut().find(|(name, _)| name == at)
        {
            *value = links.into();
        }
        Some(record)
    }

    /// The records of all objects of a class. Each has been through an answer of its own.
    pub(super) fn records(&mut self, class: &'static str) -> Datum {
        let records = if class == "VM" {
            let record = |domain: &Domain| (domain.uuid.clone(), stringify(vm::record(self, domain)));
            vm::domains(self).into_iter().map(record).collect()
        } else {
            let references = self.references(class);
            let records = references.into_iter().filter_map(|reference| {
                let record = self.record(class, &reference)?;
                Some((reference, stringify(record)))
            });
            records.collect()
        };
        dict(records)
    }

    /// Objects with a value in an attribute.
    pub(super) fn having(&mut self, class: &'static str, field: &str) -> Outcome {
        let wanted = self.params[1].clone();
        if (class, field) == ("VM", "name_label") {
            let named =
                vm::domains(self).into_iter().filter(|domain| wanted.as_bytes() == Some(domain.name.as_bytes()));
            return Ok(list(named.map(|domain| domain.uuid.clone()).collect()));
        }
        let mut found = Vec::new();
        for reference in self.references(class) {
            let record = self.record(class, &reference);
            if record.as_ref().and_then(|record| member(record, field)) == Some(&wanted) {
                found.push(reference);
            }
        }
        Ok(list(found))
    }

    pub(super) fn session_attribute(&self, field: &str) -> Outcome {
        self.session_record().map(|record| member(&record, field).cloned().unwrap_or(Datum::None))
    }

    /// What a session may be told of itself, and of no other.
    pub(super) fn session_record(&self) -> Outcome {
        let own = &self.params[0];
        if *own != self.params[1] {
            return Err(ErrorDescription::new(["PERMISSION_DENIED"]));
        }
        let Some(session) = self.state.sessions.get(own) else {
            return Err(ErrorDescription::of(["SESSION_INVALID".into(), own.clone()]));
        };
        Ok(literal([
            ("uuid", own.clone()),
            ("this_host", reference("host", "").into()),
            ("this_user", session.user.clone()),
            ("last_active", time(session.last_active)),
        ]))
    }
}

pub(super) fn list(references: Vec<String>) -> Datum {
    Datum::List(references.into_iter().map(Datum::from).collect())
}
