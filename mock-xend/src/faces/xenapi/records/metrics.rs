//! `VM_metrics`: what a domain does at the moment (`XendVMMetrics.py`).

use std::sync::Arc;
use std::time::Duration;

use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use crate::python;
use crate::registry::reference;
use crate::world::{Activity, Domain};

pub(super) fn references(call: &Context<'_>) -> Vec<String> {
    super::domains(call).into_iter().map(|domain| reference("VM_metrics", &domain.uuid)).collect()
}

pub(super) fn record(call: &Context<'_>, metrics: &str) -> Option<Datum> {
    let is_its = |domain: &&Arc<Domain>| reference("VM_metrics", &domain.uuid) == metrics;
    let domain = call.world.domains().iter().find(is_its)?;
    let of_vcpus = |value: &dyn Fn(i64) -> Datum| {
        // The keys are numbers: they come in their own order.
        let vcpus = if domain.id.is_some() { domain.vcpus } else { 0 };
        Datum::Dict((0..vcpus).map(|vcpu| (vcpu.to_string(), value(vcpu))).collect())
    };
    let flags: &[&str] = match domain.activity {
        Activity::Running => &["running"],
        Activity::Blocked => &["blocked"],
        Activity::Paused => &["paused"],
        Activity::ShutDown => &["shutdown"],
        Activity::Crashed => &["shutdown", "crashed"],
        Activity::Halted | Activity::Suspended => &[],
    };
    let memory = if domain.id.is_some() { domain.memory.saturating_mul(MIB) } else { 0 };
    // The processors that each may run on, and what the scheduler knows (`XendVMMetrics.py get_VCPUs_params`).
    let cpus = |vcpu| domain.cpus_of(vcpu).iter().map(i64::to_string).collect::<Vec<_>>().join(",").into();
    let mut params = match of_vcpus(&cpus) {
        Datum::Dict(cpus) => cpus.into_iter().map(|(vcpu, cpus)| (format!("cpumap{vcpu}"), cpus)).collect(),
        _ => Vec::new(),
    };
    params.extend([("weight".to_owned(), domain.credit.weight.into()), ("cap".to_owned(), domain.credit.cap.into())]);
    Some(python::literal([
        ("uuid", metrics.into()),
        ("memory_actual", memory.into()),
        ("VCPUs_number", domain.vcpus.into()),
        ("VCPUs_utilisation", of_vcpus(&|_| 0.0.into())),
        ("VCPUs_CPU", of_vcpus(&|vcpu| (vcpu % 2).into())),
        ("VCPUs_flags", of_vcpus(&|_| Datum::list(["blocked".into(), "online".into()]))),
        ("VCPUs_params", python::dict(params)),
        ("state", flags.iter().map(|flag| Datum::from(*flag)).collect::<Vec<_>>().into()),
        ("start_time", python::date_time(domain.started.unwrap_or(Duration::ZERO))),
        ("last_updated", python::date_time(call.now)),
    ]))
}
