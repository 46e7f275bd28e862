//! The optional abilities of subjects.

use crate::Error;

xend_wire::named_enum! {
    /// An optional ability of a subject that some cases need.
    ///
    /// If a subject does not declare a feature that a case needs, the verdict on the case is `unsupported`, which is no
    /// failure.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Feature {
        /// The subject reads XML-RPC's extension `nil`, and may write a value that holds a `nil` with it whatever the rules.
        Nil = "nil",
        /// The subject reads XML-RPC's extension `i8`, a 64-bit integer, and may use it whatever the rules to write a value that
        /// holds an `i8`, or an `int` of more than 32 bits.
        I8 = "i8",
        /// The subject reads the integer types `i1` and `i2`.
        SmallInts = "small-ints",
        /// The subject reads the type names of the Apache extensions: `ex:nil`, `ex:i8`.
        Ex = "ex",
        /// The subject keeps the order of the members of a struct.
        StructOrder = "struct-order",
        /// The subject keeps all members of a struct, even if several have the same name.
        StructDuplicates = "struct-duplicates",
        /// The subject reads a `dateTime` as a point in time and not as text, so answers are compared by the point in time.
        /// A fraction of a second may be kept or dropped, which the specification leaves open.
        DatetimeTyped = "datetime-typed",
        /// The subject's language can't tell an `int` from a `double` with the same value, so numbers are compared by
        /// value.
        UntypedNumbers = "untyped-numbers",
        /// The subject's language can't tell bytes from text, so the bytes of a `base64` may be answered as a `string`, or
        /// as a `base64` for the bytes of a string.
        UntypedBase64 = "untyped-base64",
        /// The subject reads documents in UTF-16, and documents that declare the encoding ISO-8859-1 or US-ASCII.
        Encodings = "encodings",
        /// The subject reads a `methodCall`, and not only a `methodResponse`.
        Calls = "calls",
        /// The subject reads atoms of S-expressions whose bytes are not UTF-8.
        AtomBytes = "atom-bytes",
    }
    /// All features.
    ALL: slice;
    /// Returns the name by which subjects declare the feature, such as `struct-order`.
    fn name;
    Err: Error = unknown;
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = Feature::ALL.iter().map(|feature| feature.name()).collect();
    Error::Usage(format!("unknown feature `{name}`, expected one of {}", names.join(", ")))
}

impl Feature {
    /// Returns whether the feature names a distinction that a subject can't make, so that its answers are compared less
    /// strictly. The other features are abilities.
    pub fn is_limitation(self) -> bool {
        matches!(self, Self::DatetimeTyped | Self::UntypedNumbers | Self::UntypedBase64)
    }
}
