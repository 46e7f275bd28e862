//! The host's values of `xend.node.info`, from which several records are made.

use xend_wire::datum::Datum;

use super::super::context::Context;
use crate::python;
use crate::registry::reference;

/// Returns a value of `xend.node.info`, if the release has it.
pub(in super::super) fn node(call: &Context<'_>, name: &str) -> Option<Datum> {
    let pairs = call.world.node.pairs(call.release, true);
    let pair = pairs.iter().find(|pair| pair.items().first() == Some(&name.into()));
    pair.and_then(|pair| pair.items().get(1)).cloned()
}

/// Returns those of the named values of `xend.node.info` that the release has.
pub(super) fn nodes(call: &Context<'_>, names: &[&'static str]) -> Vec<(&'static str, Datum)> {
    names.iter().filter_map(|name| Some((*name, node(call, name)?))).collect()
}

/// Returns a value of `xend.node.info` as a number; 0 if it is none.
pub(super) fn number(call: &Context<'_>, name: &str) -> i64 {
    node(call, name).and_then(|value| python::int(&python::str(&value)).ok()).unwrap_or_default()
}

/// Returns the references of the host's processors.
pub(super) fn cpus(call: &Context<'_>) -> Vec<String> {
    (0..number(call, "nr_cpus")).map(|cpu| reference("host_cpu", &cpu.to_string())).collect()
}
