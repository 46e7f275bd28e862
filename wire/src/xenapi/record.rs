//! Records of the Xen-API as the records of the other faces.
//!
//! A field that the other faces have gets its name, unit and spelling there; all others stay as they are.

use crate::Release;
use crate::sexpr::{Builder, Document, Sexpr};
use crate::tuples;
use crate::xmlrpc::{Kind, ValueRef};

/// A field of a record: its name on the Xen-API, its name on the other faces, and what becomes of its value.
type Field = (&'static str, &'static str, Conversion);

#[derive(Clone, Copy)]
enum Conversion {
    /// It stays.
    Same,
    /// Bytes become MiB.
    MiB,
    /// `-1` means that there is none.
    Id,
    /// How many references there are.
    Count,
    /// What happens at the end, in the other spelling.
    Action,
    /// Each member of the struct becomes a field, with this before its name.
    Members,
}

use Conversion::{Action, Count, Id, Members, MiB, Same};

/// What happens at the end of a domain, where a configuration spells it in another way (`XendAPIConstants.py
/// XEN_API_ON_CRASH_BEHAVIOUR`, protocol reference §6.1).
const ACTIONS: [(&str, &str); 3] = [
    ("coredump_and_destroy", "coredump-destroy"),
    ("coredump_and_restart", "coredump-restart"),
    ("rename_restart", "rename-restart"),
];

/// The Xen-API's word for what a configuration says.
pub(super) fn action_of_mode(mode: &str) -> &str {
    ACTIONS.iter().find(|(_, known)| *known == mode).map_or(mode, |(action, _)| action)
}

fn mode_of_action(action: &str) -> &str {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(action, |(_, mode)| mode)
}

/// `VM.get_record`; captures `xenapi-VM.get_all_records`.
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

/// `host.get_record` and `host_metrics.get_record` (`XendAPI.py:1059`, `1263`@4.1.0; their replies were not captured).
const HOST: &[Field] = &[
    ("name_label", "host", Same),
    // Its members are the fields of `xend.node.info`, and `Xen` and `Xend` with their versions.
    ("software_version", "", Members),
    ("sched_policy", "xen_scheduler", Same),
    ("host_CPUs", "nr_cpus", Count),
    ("memory_total", "total_memory", MiB),
    ("memory_free", "free_memory", MiB),
];

/// `VIF.get_record` (`XendDomainInfo.py get_dev_xenapi_config`; not captured).
const VIF: &[Field] = &[("MAC", "mac", Same)];

/// A record with the head and fields of the other faces: `domain`, `node`, `vif`. With another head the fields stay as they
/// are.
pub fn record(head: &str, value: ValueRef<'_>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    write(&mut builder, head, value, release);
    builder.finish()
}

/// The records among the values of a struct whose names are references, those of one power state if it is given:
/// `((HEAD ...) ...)`.
pub fn records(head: &str, value: ValueRef<'_>, power_state: Option<&str>, release: Release) -> Document<'static> {
    let mut builder = Builder::new();
    builder.open();
    for record in in_state(value, power_state) {
        write(&mut builder, head, record, release);
    }
    builder.close();
    builder.finish()
}

/// The names in such a struct, sorted, as the other faces list them; or the strings of an array.
pub(crate) fn names(value: ValueRef<'_>, power_state: Option<&str>) -> Document<'static> {
    let mut builder = Builder::new();
    if value.kind() == Kind::Struct {
        let records = in_state(value, power_state);
        let mut names: Vec<_> = records.filter_map(|record| record.get("name_label")?.text()).collect();
        names.sort_unstable();
        builder.list(names.iter().map(|name| name.as_bytes()));
    } else {
        let names: Vec<_> = value.items().filter_map(ValueRef::text).collect();
        builder.list(names.iter().map(|name| name.as_bytes()));
    }
    builder.finish()
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
                // The host's name stands in its record, too.
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

/// `(NAME VALUE)`; what is in an array or a struct stands in the field itself: `(VIFs A B)`, `(platform (acpi 1))`.
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
