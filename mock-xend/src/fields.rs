//! The fields of a URL's query or of a form.

use std::hash::{Hash, Hasher};

use indexmap::{Equivalent, IndexMap};

/// The fields of a query or a form, by name. Each has all its values; the names are in the order in which they first
/// came.
///
/// A field is found by its name in constant time, because a form of one megabyte can hold hundreds of thousands of
/// fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(IndexMap<Name, Vec<Vec<u8>>>);

impl Fields {
    /// Returns the values of a field, in the order in which they came.
    pub(crate) fn get(&self, name: impl AsRef<[u8]>) -> Option<&[Vec<u8>]> {
        self.0.get(&Wanted(name.as_ref())).map(Vec::as_slice)
    }

    /// Returns all fields with their values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[Vec<u8>])> {
        self.0.iter().map(|(name, values)| (name.0.as_slice(), values.as_slice()))
    }

    /// Adds a value to a field.
    pub(crate) fn add(&mut self, name: Vec<u8>, value: Vec<u8>) {
        self.0.entry(Name(name)).or_default().push(value);
    }

    /// Replaces the fields that `other` has, too, and adds its other fields.
    pub(crate) fn update(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// The name of a field.
#[derive(Clone, Debug)]
struct Name(Vec<u8>);

/// The name of a field that is looked up, borrowed.
struct Wanted<'n>(&'n [u8]);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Hash for Wanted<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Name> for Wanted<'_> {
    fn equivalent(&self, name: &Name) -> bool {
        #[cfg(test)]
        COMPARISONS.set(COMPARISONS.get() + 1);
        self.0 == name.0
    }
}

#[cfg(test)]
thread_local! {
    /// The number of comparisons of two names, counted for tests.
    pub(crate) static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_all_their_values() {
        let mut fields = Fields::default();
        for (name, value) in [("b", "1"), ("a", "2"), ("b", "3")] {
            fields.add(name.into(), value.into());
        }
        let all: Vec<_> = fields.iter().map(|(name, values)| (name.to_vec(), values.concat())).collect();
        assert_eq!(all, [(b"b".to_vec(), b"13".to_vec()), (b"a".to_vec(), b"2".to_vec())]);
        assert_eq!(fields.get("c"), None);
    }

    #[test]
    fn names_are_compared_a_few_times_each_however_many_there_are() {
        const COUNT: usize = 40_000;
        let name = |number: usize| format!("field{number}").into_bytes();
        let before = COMPARISONS.get();
        let mut fields = Fields::default();
        for number in 0..COUNT {
            fields.add(name(number), b"first".to_vec());
            fields.add(name(number), b"second".to_vec());
        }
        let mut form = Fields::default();
        (0..COUNT).for_each(|number| form.add(name(number), b"third".to_vec()));
        fields.update(form);
        for number in 0..COUNT {
            assert_eq!(fields.get(name(number)), Some([b"third".to_vec()].as_slice()));
        }
        // `add`, `update` and `get` look each name up five times. One comparison finds it; the few others are of names
        // that share a part of their hash.
        let comparisons = COMPARISONS.get() - before;
        assert!(comparisons < 8 * COUNT, "{comparisons}");
    }
}
