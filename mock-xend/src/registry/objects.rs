//! Objects that the world lacks, and attributes of its own objects that only the Xen-API shows.

use std::collections::BTreeMap;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::reference;
use crate::world::Identities;

/// Networks, storage and so on, and what was set on objects of the world.
#[derive(Debug)]
pub(crate) struct Objects {
    /// In the order in which they came.
    stored: Vec<Stored>,
    /// Attributes by class and reference.
    kept: BTreeMap<&'static str, BTreeMap<String, Fields>>,
    created: u64,
}

/// An object that is nothing but its record.
#[derive(Debug)]
struct Stored {
    class: &'static str,
    reference: String,
    fields: Fields,
}

/// Attributes with their values, in the order in which they came.
type Fields = Vec<(String, Datum)>;

/// Classes whose objects are records only, with the attributes of a new one in the order of the source, and what each has
/// if nothing is said.
const STORED: [(&str, &[(&str, Usual)]); 8] = [
    (
        "network",
        &[
            ("VIFs", Usual::List),
            ("PIFs", Usual::List),
            ("managed", Usual::True),
            ("name_label", Usual::Text),
            ("name_description", Usual::Text),
            ("default_gateway", Usual::Text),
            ("default_netmask", Usual::Text),
            ("other_config", Usual::Members),
        ],
    ),
    (
        "PIF",
        &[
            ("network", Usual::Text),
            ("host", Usual::Host),
            ("VLAN", Usual::Number(-1)),
            ("metrics", Usual::Text),
            ("device", Usual::Text),
            ("MAC", Usual::Text),
            ("MTU", Usual::Number(1500)),
        ],
    ),
    ("PIF_metrics", &[("pif", Usual::Text), ("io_read_kbs", Usual::Float), ("io_write_kbs", Usual::Float)]),
    (
        "SR",
        &[
            ("name_label", Usual::Text),
            ("name_description", Usual::Text),
            ("VDIs", Usual::List),
            ("PBDs", Usual::List),
            ("virtual_allocation", Usual::Number(0)),
            ("physical_utilisation", Usual::Number(0)),
            ("physical_size", Usual::Number(0)),
            ("type", Usual::Text),
            ("content_type", Usual::Text),
        ],
    ),
    (
        "VDI",
        &[
            ("name_label", Usual::Text),
            ("name_description", Usual::Text),
            ("SR", Usual::Text),
            ("VBDs", Usual::List),
            ("virtual_size", Usual::Number(0)),
            ("physical_utilisation", Usual::Number(0)),
            ("type", Usual::Text),
            ("sharable", Usual::False),
            ("read_only", Usual::False),
            ("other_config", Usual::Members),
            ("security_label", Usual::Text),
        ],
    ),
    (
        "PBD",
        &[
            ("host", Usual::Host),
            ("SR", Usual::Text),
            ("device_config", Usual::Members),
            ("currently_attached", Usual::True),
        ],
    ),
    (
        "cpu_pool",
        &[
            ("name_label", Usual::Text),
            ("name_description", Usual::Text),
            ("resident_on", Usual::Host),
            ("auto_power_on", Usual::True),
            ("started_VMs", Usual::List),
            ("ncpu", Usual::Number(2)),
            ("sched_policy", Usual::Text),
            ("proposed_CPUs", Usual::List),
            ("host_CPUs", Usual::List),
            ("activated", Usual::True),
            ("other_config", Usual::Members),
        ],
    ),
    ("debug", &[]),
];
#[derive(Clone, Copy, Debug)]
enum Usual {
    Text,
    List,
    Members,
    True,
    False,
    Float,
    Number(i64),
    Host,
}

impl Usual {
    fn value(self) -> Datum {
        match self {
            Self::Text => "".into(),
            Self::List => Datum::List(Vec::new()),
            Self::Members => Datum::Dict(Vec::new()),
            Self::True => true.into(),
            Self::False => false.into(),
            Self::Float => 0.0.into(),
            Self::Number(number) => number.into(),
            Self::Host => reference("host", "").into(),
        }
    }
}

/// The class, if its objects are records only, with the attributes of a new one.
fn stored_class(class: &str) -> Option<&'static (&'static str, &'static [(&'static str, Usual)])> {
    STORED.iter().find(|(name, _)| *name == class)
}

impl Objects {
    /// What a host has before anybody asks for more: a bridge with a network card, two places for images, and from 4.1
    /// on the pool of all CPUs.
    pub(crate) fn new(release: Release) -> Self {
        let mut objects = Self { stored: Vec::new(), kept: BTreeMap::new(), created: 0 };
        let of = |class: &str, name: &str| Datum::from(reference(class, name));
        objects.put(
            "network",
            reference("network", "xenbr0"),
            &[("name_label", "xenbr0".into()), ("PIFs", Datum::list([of("PIF", "eth0")]))],
        );
        objects.put(
            "PIF",
            reference("PIF", "eth0"),
            &[
                ("network", of("network", "xenbr0")),
                ("metrics", of("PIF_metrics", "eth0")),
                ("device", "eth0".into()),
                ("MAC", "00:16:3e:7f:00:01".into()),
            ],
        );
        objects.put("PIF_metrics", reference("PIF_metrics", "eth0"), &[("pif", of("PIF", "eth0"))]);
        for (name, label) in [("local", "Local"), ("qcow_file", "QCoW")] {
            let size = Datum::Int(64 << 30);
            let fields = [
                ("name_label", label.into()),
                ("PBDs", Datum::list([of("PBD", name)])),
                ("physical_size", size),
                ("type", name.into()),
                ("content_type", name.into()),
            ];
            objects.put("SR", reference("SR", name), &fields);
            objects.put("PBD", reference("PBD", name), &[("SR", of("SR", name))]);
        }
        if release >= Release::V4_1 {
            let cpus = Datum::List((0..2).map(|cpu| of("host_cpu", &cpu.to_string())).collect());
            let fields = [
                ("name_label", "Pool-0".into()),
                ("sched_policy", "credit".into()),
                ("proposed_CPUs", Datum::list(["0".into(), "1".into()])),
                ("host_CPUs", cpus),
            ];
            objects.put("cpu_pool", reference("cpu_pool", "Pool-0"), &fields);
        }
        objects
    }

    fn put(&mut self, class: &str, reference: String, given: &[(&str, Datum)]) {
        let (class, attributes) = stored_class(class).expect("it is a class of records");
        let value = |name: &str, usual: Usual| {
            let given = given.iter().find(|(known, _)| *known == name);
            given.map_or_else(|| usual.value(), |(_, value)| value.clone())
        };
        let fields = attributes.iter().map(|&(name, usual)| (name.to_owned(), value(name, usual))).collect();
        self.stored.push(Stored { class, reference, fields });
    }

    /// Makes an object from a struct.
    pub(crate) fn create(&mut self, class: &str, config: &Datum) -> String {
        let reference = self.new_reference(class);
        let given: Vec<(&str, Datum)> = match config {
            Datum::Dict(members) => members.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
            _ => Vec::new(),
        };
        self.put(class, reference.clone(), &given);
        reference
    }

    /// A reference that was not given yet.
    pub(crate) fn new_reference(&mut self, class: &str) -> String {
        self.created += 1;
        Identities::uuid_of(&format!("{class} {}", self.created))
    }

    /// The references of all objects of a class.
    pub(crate) fn references(&self, class: &str) -> Vec<String> {
        let of_class = self.stored.iter().filter(|object| object.class == class);
        of_class.map(|object| object.reference.clone()).collect()
    }

    /// The attributes of an object.
    pub(crate) fn fields(&self, class: &str, reference: &str) -> Option<&[(String, Datum)]> {
        let object = self.stored.iter().find(|object| object.class == class && object.reference == reference)?;
        Some(&object.fields)
    }

    /// Removes an object, with what was kept of it.
    pub(crate) fn forget(&mut self, class: &str, reference: &str) {
        self.stored.retain(|object| object.class != class || object.reference != reference);
        if let Some(kept) = self.kept.get_mut(class) {
            kept.remove(reference);
        }
    }

    /// Sets an attribute of an object, whether it is kept here or in the world.
    pub(crate) fn keep(&mut self, class: &'static str, reference: &str, field: &str, value: Datum) {
        let mut stored = self.stored.iter_mut().filter(|object| object.class == class);
        let fields = match stored.find(|object| object.reference == reference) {
            Some(object) => &mut object.fields,
            None => self.kept.entry(class).or_default().entry(reference.to_owned()).or_default(),
        };
        match fields.iter_mut().find(|(name, _)| name == field) {
            Some((_, known)) => *known = value,
            None => fields.push((field.to_owned(), value)),
        }
    }

    /// An attribute that was set on an object of the world.
    pub(crate) fn kept(&self, class: &str, reference: &str, field: &str) -> Option<Datum> {
        let kept = self.kept.get(class)?.get(reference)?.iter().find(|(name, _)| name == field);
        kept.map(|(_, value)| value.clone())
    }
}
