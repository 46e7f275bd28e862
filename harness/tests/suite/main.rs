//! Every case, by every rules that it speaks of, against the built-in codec, and every exchange against a mock: a test by
//! name each.

mod cases;
mod exchanges;
mod subject;

use libtest_mimic::Arguments;

fn main() {
    let arguments = Arguments::from_args();
    // A runner that starts a process for each test should not read all files in each.
    let only = arguments.filter.as_deref().filter(|_| arguments.exact);
    let trials = cases::trials(only).into_iter().chain(exchanges::trials(only)).chain(subject::trials()).collect();
    libtest_mimic::run(&arguments, trials).exit();
}
