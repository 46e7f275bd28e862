//! Converts records of the Xen-API to records as the other faces send them.
//!
//! A field that the other faces have, too, gets the name, unit and spelling that it has there. All other fields stay as
//! they are.

use crate::Release;
use crate::sexpr::{Builder, Document, Sexpr};
use crate::tuples;
use crate::xmlrpc::{Kind, ValueRef};

/// A field of a record: its name on the Xen-API, its name on the other faces, and how its value is converted.
type Field = (&'static str, &'static str, Conversion);

#[derive(Clone, Copy)]
enum Conversion {
    /// The value stays the same.
    Same,
    /// Bytes become MiB.
    MiB,
    /// A domain id. It is left out if it is `-1`, which a domain that does not run has.
    Id,
    /// A list of references becomes their number.
    Count,
    /// What happens when the domain ends, which the other faces spell differently.
    Action,
    /// Each member of the struct becomes a field, whose name is the name of this field followed by that of the member.
    Members,
}

use Conversion::{Action, Count, Id, Members, MiB, Same};

/// What may happen when a domain ends, where the Xen-API and a configuration spell it differently
/// (`XendAPIConstants.py XEN_API_ON_CRASH_BEHAVIOUR`, protocol reference §6.1).
const ACTIONS: [(&str, &str); 3] = [
    ("coredump_and_destroy", "coredump-destroy"),
    ("coredump_and_restart", "coredump-restart"),
    ("rename_restart", "rename-restart"),
];

/// The Xen-API's word for a word of the configuration.
pub(super) fn action_of_mode(mode: &str) -> &str {
    ACTIONS.iter().find(|(_, known)| *known == mode).map_or(mode, |(action, _)| action)
}

fn mode_of_action(action: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(action, |(_, mode)| mode)
}

/// The fields of `VM.get_record` (captures `xenapi-VM.get_all_records`).
const VM: &[Field] = &[
    ("name_label", "name", Same),
    ("domid", "domid", Id),
    ("memory_dynamic_max", "memory", MiB),
    ("memory_static_max", "maxmem", MiB),
    ("VCPUs_max", "vcpus", Same),
    ("VCPUs_params", "cpu_", Members),
    ("actions_after_shutdown", "on_poweroff", Action),
    ("actions_after_reboot", "on_reboot", Action),
    ("actions_after_crash", "on_crash", Action),
];

/// The fields of `host.get_record` and `host_metrics.get_record` (`XendAPI.py:1059`, `1263`@4.1.0). Replies of these
/// methods were not captured.
const HOST: &[Field] = &[
    ("name_label", "host", Same),
    // The members are the fields of `xend.node.info`, and the versions of `Xen` and `Xend`.
    ("software_version", "", Members),
    ("sched_policy", "xen_scheduler", Same),
    ("host_CPUs", "nr_cpus", Count),
    ("memory_total", "total_memory", MiB),
    ("memory_free", "free_memory", MiB),
];

/// The fields of `VIF.get_record` (`XendDomainInfo.py get_dev_xenapi_config`). No reply of this method was captured.
const VIF: &[Field] = &[("MAC", "mac", Same)];

/// Converts a record of the Xen-API to `(HEAD (FIELD VALUE) ...)`, as the other faces send it.
///
/// Fields are converted for the heads `domain`, `node` and `vif`. With any other head they stay as they are.
pub fn record(head: &str, value: ValueRef<'_>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    write(&mut builder, head, value, release);
    builder.finish()
}

/// Converts several records to a list, `((HEAD ...) ...)`.
///
/// `value` is a struct whose member names are references and whose values are the records. If a power state is given, only
/// records of domains in that state are converted.
pub fn records(head: &str, value: ValueRef<'_>, power_state: Option<&str>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    builder.open();
    for record in in_state(value, power_state) {
        write(&mut builder, head, record, release);
    }
    builder.close();
    builder.finish()
}

/// The names of the domains in a struct of records, sorted as the other faces list them.
pub(crate) fn names(value: ValueRef<'_>, power_state: Option<&str>) -> Document<'static> {
    let mut builder = Builder::new();
    let records = in_state(value, power_state);
    let mut names: Vec<_> = records.filter_map(|record| record.get("name_label")?.text()).collect();
    names.sort_unstable();
    builder.list(names.iter().map(|name| name.as_bytes()));
    builder.finish()
}

/// Whether a value is a struct of records by their references, each of which is what `is_record` accepts.
pub fn are_records<'d>(value: ValueRef<'d>, is_record: impl Fn(ValueRef<'d>) -> bool) -> bool {
    value.kind() == Kind::Struct && value.members().all(|(_, record)| is_record(record))
}

/// Whether a value is the record of a domain: one with a name and a power state, as each has in every release
/// (`XendDomainInfo.py get_record`).
pub fn is_vm_record(value: ValueRef<'_>) -> bool {
    has_name(value) && value.get("power_state").is_some_and(|state| state.kind() == Kind::String)
}

/// Whether a value is a record of something that has a name: a domain, a host, a network, a storage or an image. A fault,
/// or an envelope inside another, has none.
pub fn has_name(value: ValueRef<'_>) -> bool {
    value.get("name_label").is_some_and(|name| name.kind() == Kind::String)
}

fn in_state<'d>(value: ValueRef<'d>, power_state: Option<&str>) -> impl Iterator<Item = ValueRef<'d>> {
    value.members().map(|(_, record)| record).filter(move |record| {
        let state = record.get("power_state").and_then(ValueRef::text);
        power_state.is_none_or(|wanted| state.as_deref() == Some(wanted))
    })
}

fn write(builder: &mut Builder, head: &str, value: ValueRef<'_>, release: Release) {
    let fields = match head {
        "domain" => VM,
        "node" => HOST,
        "vif" => VIF,
        _ => &[],
    };
    builder.open().atom(head);
    for (name, value) in value.members() {
        let known = fields.iter().find(|(known, ..)| *known == name);
        let &(_, name, conversion) = known.unwrap_or(&("", name, Same));
        let text = value.text().unwrap_or_default();
        match conversion {
            Same => field(builder, name, value, release),
            MiB => atom(
                builder,
                name,
                &text.parse::<u64>().map_or_else(|_| text.to_string(), |bytes| (bytes >> 20).to_string()),
            ),
            Id if text == "-1" => {}
            Id => atom(builder, name, &text),
            Action => atom(builder, name, mode_of_action(&text)),
            Count => atom(builder, name, &value.items().count().to_string()),
            Members => {
                // The host's name is also a field of its record.
                for (member, value) in value.members().filter(|(member, _)| *member != "host") {
                    field(builder, &format!("{name}{member}"), value, release);
                }
            }
        }
    }
    builder.close();
}

fn atom(builder: &mut Builder, name: &str, text: &str) {
    builder.open().atom(name).atom(text).close();
}

/// Writes a field, `(NAME VALUE)`. The items of an array or a struct follow the name: `(VIFs A B)`,
/// `(platform (acpi 1))`.
fn field(builder: &mut Builder, name: &str, value: ValueRef<'_>, release: Release) {
    builder.open().atom(name);
    let document = tuples::to_sexpr(value, release);
    let is_several = matches!(value.kind(), Kind::Array | Kind::Struct);
    let several = document.values().filter(|_| is_several).flat_map(Sexpr::items);
    for value in several.chain(document.values().filter(|_| !is_several)) {
        builder.value(value);
    }
    builder.close();
}
