//! Files that people write: cases, laws, baselines and sequences of exchanges. No panic, and each mistake has its place.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xend_harness::exchange::Sequence;
use xend_harness::laws::Law;
use xend_harness::{Baseline, Case, Pattern};

fuzz_target!(|input: &[u8]| {
    // A case is one of either codec, by its path.
    for path in ["sexpr/a.toml", "xmlrpc/a.toml"] {
        match Case::parse(path, "a.toml", input, &|_| Err("no such file".to_owned())) {
            Ok(case) => drop(case.expectations().to_vec()),
            Err(error) => assert!(error.to_string().contains(" --> ")),
        }
    }
    let Ok(text) = str::from_utf8(input) else { return };
    if let Err(error) = Law::parse("laws/a.toml", "a.toml", text) {
        assert!(error.to_string().contains(" --> "));
    }
    if let Err(error) = Sequence::parse("a", "a.jsonl", text) {
        assert!(error.to_string().contains(" --> "));
    }
    if let Ok(pattern) = text.parse::<Pattern>() {
        pattern.matches_id("xmlrpc/int-plus");
    }
    match Baseline::parse("baseline", text) {
        Ok(baseline) => {
            let stale = baseline.stale([("xmlrpc/int-plus", "spec")].into_iter(), ["laws/a"].into_iter());
            assert!(stale.iter().all(|entry| entry.place().starts_with("baseline:")));
        }
        Err(error) => assert!(error.to_string().contains(" --> ")),
    }
});
