//! CPU pools as the XML-RPC face shows them. The daemon takes their records from the Xen-API.

use xend_wire::datum::Datum;

use super::context::Context;
use super::method::Method;
use super::records;
use crate::python;
use crate::service::Turn;

/// Returns each CPU pool as a list, with its name. The list has the uuid, and then a pair for each member of the
/// record, for the numbers of the processors and for the names of the domains (`XendCPUPool.pool_list`). There are no
/// pools before 4.1.
pub(crate) fn pools(turn: &mut Turn<'_>) -> Vec<(String, Datum)> {
    let Some(method) = Method::find("cpu_pool.get_all_records", turn.release) else { return Vec::new() };
    let call = Context {
        release: turn.release,
        now: turn.now,
        world: turn.world,
        registry: turn.registry,
        method,
        params: &[],
    };
    let pools = records::references(&call, "cpu_pool");
    pools.into_iter().filter_map(|pool| pool_list(&call, &pool)).collect()
}

fn pool_list(call: &Context<'_>, pool: &str) -> Option<(String, Datum)> {
    let Ok(Datum::Dict(mut members)) = records::record(call, "cpu_pool", pool) else { return None };
    let references = |name: &str| {
        let list = members.iter().find(|(known, _)| known == name).map(|(_, value)| value.items().to_vec());
        list.unwrap_or_default().iter().map(python::text).collect::<Vec<_>>()
    };
    let numbers = references("host_CPUs");
    let numbers = numbers.iter().filter_map(|cpu| records::attribute(call, "host_cpu", cpu, "number").ok());
    let names = references("started_VMs");
    let names = names.iter().filter_map(|vm| Some(Datum::from(records::domain(call, vm)?.name.as_str())));
    let more = [("host_CPU_numbers", numbers.collect::<Vec<_>>()), ("started_VM_names", names.collect())];
    members.extend(more.map(|(name, list)| (name.to_owned(), list.into())));
    for (name, value) in &mut members {
        if name == "auto_power_on" {
            *value = i64::from(python::truth(value)).into();
        }
    }
    let Datum::Dict(members) = python::dict(members) else { return None };
    let name = members.iter().find(|(name, _)| name == "name_label").map(|(_, value)| python::text(value));
    let pairs = members.into_iter().map(|(name, value)| pair(&name, value));
    Some((name.unwrap_or_default(), [pool.into()].into_iter().chain(pairs).collect::<Vec<_>>().into()))
}

/// Returns a member as a list that begins with its name (`sxputils.map2sxp`).
fn pair(name: &str, value: Datum) -> Datum {
    let values = match value {
        Datum::Dict(members) => members.into_iter().map(|(name, value)| pair(&name, value)).collect(),
        Datum::List(items) => items,
        value => vec![value],
    };
    [name.into()].into_iter().chain(values).collect::<Vec<_>>().into()
}
