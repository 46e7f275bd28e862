//! What records say, with their units. Whatever has no method here is still in the record.

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
        /// Records of one answer share it: no record is copied, and the answer stays as long as one of them.
        #[derive(Clone)]
        pub struct $record {
            answer: std::sync::Arc<Document<'static>>,
            /// Where in the answer it stands.
            place: usize,
        }

        impl $record {
            /// The one record of an answer.
            pub(crate) fn new(answer: Document<'static>) -> Self {
                Self { answer: std::sync::Arc::new(answer), place: 0 }
            }

            /// A record from the answer of an operation that gives one, of which the first value counts. `None` if it is
            /// another.
            pub fn read(answer: &Document<'static>) -> Option<Self> {
                let record = answer.first().filter(|record| record.name() == Some($head.as_bytes()))?;
                Some(Self::new(record.to_document()))
            }

            /// The whole record, fields without a method included.
            pub fn record(&self) -> Sexpr<'_> {
                self.answer.at(self.place).expect("the answer has a value there")
            }

            /// The text of a field, at a path below the record: `image/linux/kernel`. An empty one is not there before 4.1.
            pub fn field(&self, path: &str) -> Option<&str> {
                self.record().text(&format!(concat!($head, "/{}"), path))
            }

            /// A field that is a decimal number. What is none is not guessed at; [`field`](Self::field) still has it.
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
            /// Those of the values inside an answer that are such records.
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

/// Seconds with a fraction, as the daemon gives processor time; nanoseconds are kept as far as it prints them.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

/// Nanoseconds.
fn nanoseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_nanos)
}
