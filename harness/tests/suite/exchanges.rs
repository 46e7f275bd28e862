//! The exchanges of the real daemon, against a mock in memory.

use std::sync::{Arc, OnceLock};

use libtest_mimic::{Failed, Trial};
use xend_client::Face;
use xend_harness::Status;
use xend_harness::exchange::{CompareOptions, Comparison, Sequence, Server, Servers, compare};

/// A sequence, played once for all the tests that ask what came of it.
struct Played {
    sequence: Sequence,
    comparisons: OnceLock<Vec<Comparison>>,
}

/// A test for each exchange whose reply is known: `exchange/3.0.3/sxp/post-destroy-dom0`.
pub(crate) fn trials(only: Option<&str>) -> Vec<Trial> {
    if only.is_some_and(|name| !name.starts_with("exchange/")) {
        return Vec::new();
    }
    let sequences = Sequence::built_in().unwrap_or_else(|error| panic!("{error}"));
    let played = sequences.into_iter().map(|sequence| Arc::new(Played { sequence, comparisons: OnceLock::new() }));
    let trials = played.flat_map(|played| {
        let known = |at: &usize| played.sequence.exchanges[*at].is_known();
        let known: Vec<_> = (0..played.sequence.exchanges.len()).filter(known).collect();
        known.into_iter().map(move |at| {
            let played = Arc::clone(&played);
            let name = format!("exchange/{}/{}", played.sequence.name, played.sequence.exchanges[at].case);
            Trial::test(name, move || played.check(at))
        })
    });
    trials.collect()
}

impl Played {
    fn check(&self, at: usize) -> Result<(), Failed> {
        let comparison = &self.comparisons.get_or_init(|| play(&self.sequence))[at];
        match comparison.status {
            Status::Pass | Status::ExpectedFailure | Status::Skipped => Ok(()),
            _ => Err(format!("{comparison:#?}").into()),
        }
    }
}

/// On virtual time: waiting for a close costs nothing.
fn play(sequence: &Sequence) -> Vec<Comparison> {
    let mock = sequence.mock().unwrap_or_else(|error| panic!("{error}"));
    let daemon = mock.build().expect("nothing conflicts");
    let servers = Servers(Face::ALL.map(|face| Server::Memory(daemon.clone(), face)).into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let played = compare(sequence, &servers, CompareOptions { is_own_mock: true, ..CompareOptions::default() });
    runtime.expect("a runtime").block_on(played).expect("a server in memory is reached")
}
