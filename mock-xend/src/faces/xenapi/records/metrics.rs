//! Records of `VM_metrics`: the current state of a domain (`XendVMMetrics.py`).

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::domains::domains;
use crate::python;
use crate::registry::reference;
use crate::world::{Activity, Domain};

/// Returns the references of all metrics, including those that are left of domains that are gone.
pub(super) fn references(call: &Context<'_>) -> Vec<String> {
    let of_domains = domains(call).into_iter().map(|domain| of_domain(call, domain));
    of_domains.chain(call.registry.objects.references("VM_metrics")).collect()
}

/// Returns the reference of a domain's metrics.
pub(super) fn of_domain(call: &Context<'_>, domain: &Domain) -> String {
    let renewed = call.registry.objects.kept("VM", &domain.uuid, "metrics");
    renewed.map_or_else(|| reference("VM_metrics", &domain.uuid), |metrics| python::text(&metrics))
}

pub(super) fn record(call: &Context<'_>, metrics: &str) -> Option<Datum> {
    let domain = domains(call).into_iter().find(|domain| of_domain(call, domain) == metrics);
    let is_left = || call.registry.objects.fields("VM_metrics", metrics).is_some();
    match domain.filter(|domain| domain.id.is_some()) {
        Some(domain) => Some(of_active(call, metrics, domain)),
        None if domain.is_some() || is_left() => Some(of_inactive(call, metrics)),
        None => None,
    }
}

/// Returns the record for a domain that the hypervisor does not know.
fn of_inactive(call: &Context<'_>, metrics: &str) -> Datum {
    let nothing = || Datum::Dict(Vec::new());
    // The state is an empty text in 3.1, and an empty list later (captures `xenapi-VM_metrics.get_record-halted`).
    let state = if call.release <= Release::V3_1 { "".into() } else { Datum::List(Vec::new()) };
    python::literal([
        ("uuid", metrics.into()),
        ("memory_actual", 0.into()),
        ("VCPUs_number", 0.into()),
        ("VCPUs_utilisation", nothing()),
        ("VCPUs_CPU", nothing()),
        ("VCPUs_flags", nothing()),
        ("VCPUs_params", nothing()),
        ("state", state),
        ("start_time", python::date_time(Duration::ZERO)),
        ("last_updated", python::date_time(call.now)),
    ])
}

fn of_active(call: &Context<'_>, metrics: &str, domain: &Domain) -> Datum {
    let of_vcpus = |value: &dyn Fn(i64) -> Datum| {
        // The keys are numbers, which a Python dict yields in ascending order.
        Datum::Dict((0..domain.vcpus).map(|vcpu| (vcpu.to_string(), value(vcpu))).collect())
    };
    let states: &[&str] = match domain.activity {
        Activity::Running => &["running"],
        Activity::Blocked => &["blocked"],
        Activity::Paused => &["paused"],
        Activity::ShutDown => &["shutdown"],
        Activity::Crashed => &["shutdown", "crashed"],
        Activity::Halted | Activity::Suspended => &[],
    };
    let flags: &[&str] = if domain.activity == Activity::Paused { &["online"] } else { &["blocked", "online"] };
    let words = |words: &[&str]| Datum::List(words.iter().map(|word| Datum::from(*word)).collect());
    // The processors that each virtual CPU may run on, and the scheduler's parameters (`get_VCPUs_params`).
    let cpus = |vcpu| domain.cpus_of(vcpu).iter().map(i64::to_string).collect::<Vec<_>>().join(",").into();
    let mut params: Vec<_> = (0..domain.vcpus).map(|vcpu| (format!("cpumap{vcpu}"), cpus(vcpu))).collect();
    params.extend([("weight".to_owned(), domain.credit.weight.into()), ("cap".to_owned(), domain.credit.cap.into())]);
    python::literal([
        ("uuid", metrics.into()),
        ("memory_actual", domain.memory.saturating_mul(MIB).into()),
        ("VCPUs_number", domain.vcpus.into()),
        ("VCPUs_utilisation", of_vcpus(&|_| 0.0.into())),
        ("VCPUs_CPU", of_vcpus(&|vcpu| (vcpu % 2).into())),
        ("VCPUs_flags", of_vcpus(&|_| words(flags))),
        ("VCPUs_params", python::dict(params)),
        ("state", words(states)),
        ("start_time", python::date_time(domain.started.unwrap_or(Duration::ZERO))),
        ("last_updated", python::date_time(call.now)),
    ])
}
