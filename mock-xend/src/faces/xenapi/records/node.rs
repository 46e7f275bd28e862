//! What the host tells of itself (`xend.node.info`), of which the records of several objects are made.

use xend_wire::datum::Datum;

use super::super::context::Context;
use crate::python;
use crate::registry::reference;

/// A value of `xend.node.info`, if the release tells it.
pub(in super::super) fn node(call: &Context<'_>, name: &str) -> Option<Datum> {
    let pairs = call.world.node.pairs(call.release, true);
    let pair = pairs.iter().find(|pair| pair.items().first() == Some(&name.into()));
    pair.and_then(|pair| pair.items().get(1)).cloned()
}

/// Values of `xend.node.info`, those that the release tells.
pub(super) fn nodes(call: &Context<'_>, names: &[&'static str]) -> Vec<(&'static str, Datum)> {
    names.iter().filter_map(|name| Some((*name, node(call, name)?))).collect()
}

/// A value of `xend.node.info` as a number, 0 if it is none.
pub(super) fn number(call: &Context<'_>, name: &str) -> i64 {
    node(call, name).and_then(|value| python::int(&python::str(&value)).ok()).unwrap_or_default()
}

/// The references of the processors of the host.
pub(super) fn cpus(call: &Context<'_>) -> Vec<String> {
    (0..number(call, "nr_cpus")).map(|cpu| reference("host_cpu", &cpu.to_string())).collect()
}
