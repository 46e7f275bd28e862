//! What a subject may or may not be able to do.

use std::fmt;
use std::str::FromStr;

use crate::Error;

macro_rules! features {
    ($($(#[$doc:meta])* $feature:ident = $name:literal;)*) => {
        /// Something that a case needs and that not every subject can do. What a subject does not declare makes the
        /// case `unsupported`, not failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[$doc])* $feature,)*
        }

        impl Feature {
            /// Every feature.
            pub const ALL: &[Self] = &[$(Self::$feature),*];

            /// The name by which subjects declare it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$feature => $name),* }
            }
        }
    };
}

features! {
    /// Reads `nil`.
    Nil = "nil";
    /// Reads `i8`.
    I8 = "i8";
    /// Reads `i1` and `i2`.
    SmallInts = "small-ints";
    /// Reads the names of the Apache extensions: `ex:nil`, `ex:i8`.
    Ex = "ex";
    /// Keeps the order of the members of a struct.
    StructOrder = "struct-order";
    /// Keeps members of the same name of a struct.
    StructDuplicates = "struct-duplicates";
    /// Has dates and times as such and not as their text, so that they compare by what they mean.
    DatetimeTyped = "datetime-typed";
    /// Reads ISO-8859-1 and US-ASCII where a document declares it.
    Encodings = "encodings";
    /// Reads a `methodCall`, not only a `methodResponse`.
    Calls = "calls";
    /// Reads atoms of S-expressions that are not UTF-8.
    AtomBytes = "atom-bytes";
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Feature {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|feature| feature.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|feature| feature.name()).collect();
            Error::Usage(format!("unknown feature `{name}`, expected one of {}", names.join(", ")))
        })
    }
}
