//! Objects of the Xen-API that the world lacks, and attributes of the world's objects that only the Xen-API shows.

use std::collections::{BTreeMap, HashSet};

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::reference::reference;
use crate::world::{Identities, World};
use crate::{python, weight};

/// Objects such as networks and storage, and the attributes that clients set on objects of the world.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    /// The objects, in the order in which they were created.
    stored: Vec<Stored>,
    /// The attributes of the world's objects, by class and reference.
    kept: BTreeMap<&'static str, BTreeMap<String, Fields>>,
    created: u64,
    /// The bytes that objects and attributes take.
    held: usize,
}

/// An object that consists of its record alone.
#[derive(Debug)]
struct Stored {
    class: &'static str,
    reference: String,
    fields: Fields,
}

/// Attributes with their values, in the order in which they were set.
pub(crate) type Fields = Vec<(String, Datum)>;

impl Objects {
    /// The limit on the bytes of objects and attributes. The daemon has none; the mock refuses what exceeds it.
    pub(crate) const BUDGET: usize = 32 << 20;

    /// Creates the objects of a new host, which are those of the captures: a bridge with a network card, two storage
    /// repositories, and from 4.1 on the pool of all processors.
    pub(super) fn new(release: Release) -> Self {
        let mut objects = Self::default();
        let of = |class: &str, name: &str| Datum::from(reference(class, name));
        let mut add = |class, name: &str, fields: &[(&str, Datum)]| {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            objects.add(class, reference(class, name), fields);
        };
        add("network", "xenbr0", &[("name_label", "xenbr0".into()), ("managed", false.into())]);
        let (mac, mtu) = (Datum::from("00:1c:23:aa:bb:cc"), Datum::Int(1500));
        // 3.1 mixes up the two (capture `xenapi-PIF.get_record@3.1`).
        let (mac, mtu) = if release <= Release::V3_1 { (mtu, mac) } else { (mac, mtu) };
        add(
            "PIF",
            "peth0",
            &[
                ("network", of("network", "xenbr0")),
                ("metrics", of("PIF_metrics", "peth0")),
                ("device", "peth0".into()),
                ("MAC", mac),
                ("MTU", mtu),
            ],
        );
        add("PIF_metrics", "peth0", &[("pif", of("PIF", "peth0"))]);
        for (kind, label, description, size) in [
            ("qcow_file", "QCoW", "Xend QCoW Storage Repository", 270_553_174_016),
            // `sys.maxint` stands for no limit.
            ("local", "Local", "Traditional Local Storage Repo", i64::MAX),
        ] {
            add(
                "SR",
                kind,
                &[
                    ("name_label", label.into()),
                    ("name_description", description.into()),
                    ("physical_size", size.into()),
                    ("type", kind.into()),
                ],
            );
        }
        if release >= Release::V4_1 {
            add("cpu_pool", "Pool-0", &[("name_label", "Pool-0".into()), ("name_description", "Pool-0".into())]);
        }
        objects
    }

    /// Adds an object.
    pub(crate) fn add(&mut self, class: &'static str, reference: String, fields: Fields) {
        self.held += weight_of_object(&reference, &fields);
        self.stored.push(Stored { class, reference, fields });
    }

    /// Returns whether a number of additional bytes is within the limit.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        self.held + bytes <= Self::BUDGET
    }

    /// Removes the attributes of domains and devices that are gone. They are cleaned up here, because the other faces
    /// end domains without knowing the registry.
    pub(crate) fn retain_existing(&mut self, world: &World) {
        let domains = || world.domains().iter();
        let devices = domains().flat_map(|domain| domain.devices.iter().map(|device| device.uuid().to_owned()));
        let known: HashSet<String> = domains().map(|domain| domain.uuid.clone()).chain(devices).collect();
        for class in ["VM", "VIF", "VBD", "VTPM", "console"] {
            let Some(kept) = self.kept.get_mut(class) else { continue };
            kept.retain(|reference, fields| {
                let is_known = known.contains(reference);
                self.held -= if is_known { 0 } else { weight_of_object(reference, fields) };
                is_known
            });
        }
        let metrics: HashSet<String> = domains()
            .filter_map(|domain| self.kept("VM", &domain.uuid, "metrics"))
            .map(|metrics| python::text(&metrics))
            .collect();
        self.stored.retain(|object| {
            let is_known = object.class != "VM_metrics" || metrics.contains(&object.reference);
            self.held -= if is_known { 0 } else { weight_of_object(&object.reference, &object.fields) };
            is_known
        });
    }

    /// Returns a reference that no object has had.
    pub(crate) fn new_reference(&mut self, class: &str) -> String {
        self.created += 1;
        Identities::uuid_of(&format!("{class} {}", self.created))
    }

    /// Returns the references of all objects of a class.
    pub(crate) fn references(&self, class: &str) -> Vec<String> {
        let of_class = self.stored.iter().filter(|object| object.class == class);
        of_class.map(|object| object.reference.clone()).collect()
    }

    /// Returns the references of the objects of a class whose attribute was set to a value.
    pub(crate) fn with_attribute(&self, class: &str, field: &str, wanted: &Datum) -> Vec<String> {
        let has_it = |object: &&Stored| object.fields.iter().any(|(name, value)| name == field && value == wanted);
        let of_class = self.stored.iter().filter(|object| object.class == class);
        of_class.filter(has_it).map(|object| object.reference.clone()).collect()
    }

    /// Returns the attributes that were set on an object.
    pub(crate) fn fields(&self, class: &str, reference: &str) -> Option<&Fields> {
        let object = self.stored.iter().find(|object| object.class == class && object.reference == reference)?;
        Some(&object.fields)
    }

    /// Removes an object with its attributes.
    pub(crate) fn forget(&mut self, class: &str, reference: &str) {
        self.stored.retain(|object| {
            let is_other = object.class != class || object.reference != reference;
            self.held -= if is_other { 0 } else { weight_of_object(&object.reference, &object.fields) };
            is_other
        });
        let kept = self.kept.get_mut(class).and_then(|kept| kept.remove(reference));
        self.held -= kept.map_or(0, |fields| weight_of_object(reference, &fields));
    }

    /// Sets an attribute of an object, whether the object is here or in the world.
    pub(crate) fn keep(&mut self, class: &'static str, reference: &str, field: &str, value: Datum) {
        let mut stored = self.stored.iter_mut().filter(|object| object.class == class);
        let fields = match stored.find(|object| object.reference == reference) {
            Some(object) => &mut object.fields,
            None => self.kept.entry(class).or_default().entry(reference.to_owned()).or_insert_with(|| {
                self.held += weight_of_object(reference, &Fields::new());
                Fields::new()
            }),
        };
        self.held += weight::of_named(field, &value);
        match fields.iter_mut().find(|(name, _)| name == field) {
            Some((_, known)) => self.held -= weight::of_named(field, &std::mem::replace(known, value)),
            None => fields.push((field.to_owned(), value)),
        }
    }

    /// Returns an attribute that was set on an object of the world.
    pub(crate) fn kept(&self, class: &str, reference: &str, field: &str) -> Option<Datum> {
        let kept = self.kept.get(class)?.get(reference)?.iter().find(|(name, _)| name == field);
        kept.map(|(_, value)| value.clone())
    }
}

/// Returns the bytes that an object, or the attributes of one, take.
fn weight_of_object(reference: &str, fields: &Fields) -> usize {
    let fields: usize = fields.iter().map(|(name, value)| weight::of_named(name, value)).sum();
    size_of::<Stored>() + weight::of_text(reference) + fields
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_objects_weigh_is_known_whatever_is_done_to_them() {
        let world = World::new(Release::V4_1, Duration::ZERO);
        let mut objects = Objects::new(Release::V4_1);
        let weighed = |objects: &Objects| {
            let kept = objects.kept.values().flatten().map(|(reference, fields)| weight_of_object(reference, fields));
            let stored = objects.stored.iter().map(|object| weight_of_object(&object.reference, &object.fields));
            kept.sum::<usize>() + stored.sum::<usize>()
        };
        let at_first = objects.held;
        assert_eq!(at_first, weighed(&objects));
        let vm1 = &world.domains()[1].uuid;
        for (class, reference) in [("VM", vm1.as_str()), ("VM", "gone"), ("VIF", "gone"), ("network", "one")] {
            for value in ["a", "much longer", ""] {
                objects.keep(class, reference, "name_label", value.into());
                assert_eq!(objects.held, weighed(&objects));
            }
        }
        objects.add("network", "one".into(), vec![("name_label".into(), "one".into())]);
        objects.add("VM_metrics", "left".into(), Vec::new());
        objects.keep("network", "one", "name_label", "another".into());
        assert_eq!(objects.held, weighed(&objects));
        objects.retain_existing(&world);
        assert_eq!(objects.held, weighed(&objects));
        assert!(objects.kept("VM", vm1, "name_label").is_some());
        assert!(objects.kept("VM", "gone", "name_label").is_none() && objects.fields("VM_metrics", "left").is_none());
        objects.forget("network", "one");
        objects.forget("VM", vm1);
        assert_eq!((objects.held, objects.held), (weighed(&objects), at_first));
    }
}
