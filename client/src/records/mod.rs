//! Typed descriptions of domains, hosts and their parts. Fields without a method can be read by their names.

mod device;
mod domain;
mod node;
mod scheduler;
mod vcpu;

use std::time::Duration;

pub use device::Device;
pub use domain::{Domain, PowerState, State};
pub use node::Node;
pub use scheduler::{Credit, Sedf};
pub use vcpu::Vcpu;

macro_rules! record {
    ($(#[$doc:meta])* $record:ident, $head:literal) => {
        $(#[$doc])*
        ///
        /// The descriptions in one answer share its memory: none is copied, and the answer is freed with the last of
        /// them.
        #[derive(Clone)]
        pub struct $record {
            answer: std::sync::Arc<Document<'static>>,
            /// The position of this description in the answer.
            place: usize,
        }

        impl $record {
            /// Takes an answer that consists of one description.
            pub(crate) fn new(answer: Document<'static>) -> Self {
                Self { answer: std::sync::Arc::new(answer), place: 0 }
            }

            /// Reads the first value of an answer. Returns `None` if the value is something else.
            pub fn read(answer: &Document<'static>) -> Option<Self> {
                let record = answer.first().filter(|record| record.name() == Some($head.as_bytes()))?;
                Some(Self::new(record.to_document()))
            }

            /// Returns the whole description, including the fields that have no method.
            pub fn record(&self) -> Sexpr<'_> {
                self.answer.at(self.place).expect("the answer has a value there")
            }

            /// Returns the text of the field at a path, such as `image/linux/kernel`. Before 4.1 the daemon leaves out
            /// empty fields.
            pub fn field(&self, path: &str) -> Option<&str> {
                self.record().text(&format!(concat!($head, "/{}"), path))
            }

            /// Returns the value of a field that is a decimal number. Anything else gives `None`, but
            /// [`field`](Self::field) returns its text.
            fn parsed<N: std::str::FromStr>(&self, path: &str) -> Option<N> {
                self.field(path)?.parse().ok()
            }
        }

        impl PartialEq for $record {
            fn eq(&self, other: &Self) -> bool {
                self.record() == other.record()
            }
        }

        impl Eq for $record {}

        impl std::fmt::Debug for $record {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($record)).field(&self.record()).finish()
            }
        }
    };
    ($(#[$doc:meta])* $record:ident, $head:literal, several) => {
        record! { $(#[$doc])* $record, $head }

        impl $record {
            /// Reads all descriptions of this type in an answer.
            pub fn list(answer: Document<'static>) -> Vec<Self> {
                let answer = std::sync::Arc::new(answer);
                let values = answer.values().flat_map(Sexpr::items);
                let records = values.filter(|value| value.name() == Some($head.as_bytes()));
                records.map(|record| Self { answer: std::sync::Arc::clone(&answer), place: record.place() }).collect()
            }
        }
    };
}
use record;

/// Reads seconds with a fraction, as the daemon writes processor time.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Reads a number of nanoseconds.
fn nanoseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_nanos)
}
