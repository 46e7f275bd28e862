//! The suites: the one table of what a subject can do, and of what it is asked because of that.

use std::fmt;
use std::str::FromStr;

use crate::Error;

macro_rules! suites {
    ($($(#[$doc:meta])* $suite:ident = $name:literal, $key:literal, $activity:literal;)*) => {
        /// A part of the conformance tests, which asks one kind of question.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Suite {
            $($(#[$doc])* $suite,)*
        }

        impl Suite {
            /// All suites, in the order in which they are asked.
            pub const ALL: &[Self] = &[$(Self::$suite),*];

            /// Returns the name that the command line and reports use, such as `reading`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$suite => $name),* }
            }

            /// Returns what makes a subject be asked: the key of its hello, such as `decodes`, or `an address` for a
            /// server.
            pub fn declared_by(self) -> &'static str {
                match self { $(Self::$suite => $key),* }
            }

            /// Returns what a subject of the suite does, as a phrase such as `reads documents`.
            pub fn activity(self) -> &'static str {
                match self { $(Self::$suite => $activity),* }
            }
        }
    };
}

suites! {
    /// The subject reads documents: the cases with an input.
    Reading = "reading", "decodes", "reads documents";
    /// The subject writes documents: the cases with a value.
    Writing = "writing", "encodes", "writes documents";
    /// The subject calls an XML-RPC server over HTTP: the call cases.
    Calling = "calling", "calls_over", "calls a server over HTTP";
    /// The subject operates a Xend, or an engine of its own.
    Operating = "operating", "operates or engine", "operates domains";
    /// The subject is a server: the laws, asked over its addresses.
    Serving = "serving", "an address", "is a server";
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Suite {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.iter().copied().find(|suite| suite.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|suite| suite.name()).collect();
            Error::Usage(format!("unknown suite `{name}`, expected {}", names.join(", ")))
        })
    }
}
