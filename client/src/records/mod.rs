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
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $record(Document<'static>);

        impl $record {
            pub(crate) fn new(record: Document<'static>) -> Self {
                Self(record)
            }

            /// A record from the answer of an operation that gives one, of which the first value counts. `None` if it is
            /// another.
            pub fn read(answer: &Document<'static>) -> Option<Self> {
                let record = answer.first().filter(|record| record.name() == Some($head.as_bytes()))?;
                Some(Self(record.to_document()))
            }

            /// The whole record, fields without a method included.
            pub fn record(&self) -> Sexpr<'_> {
                self.0.first().expect("a record is one value")
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
