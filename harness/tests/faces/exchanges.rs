//! Servers that a sequence of exchanges can't be finished with.

use std::path::Path;

use mock_xend::{Face, Release, Scenario};
use xend_harness::Status;
use xend_harness::exchange::{CompareOptions, Server, Servers, compare};

use crate::faces::answers::sequences;
use crate::faces::daemon::{run, scripted};

/// What it answered before is told, and the time of all that would follow is saved.
#[test]
fn a_server_that_hangs_is_given_up() {
    let sequence = sequences().iter().find(|sequence| sequence.name == "3.0.3/sxp").unwrap();
    let hang = "[[expect]]\nface = \"sxp\"\npath = \"/xend/domain/vm1\"\ntimes = \"any\"\nreply = \"hang\"\n";
    let daemon = scripted(Release::V3_0_3, Scenario::parse("hang.toml", hang, Path::new(".")).unwrap());
    let servers = Servers(vec![Server::Memory(daemon, Face::Sxp)]);
    let comparisons = run(compare(sequence, &servers, CompareOptions::default())).unwrap();
    let (last, before) = comparisons.split_last().unwrap();
    assert!(before.iter().any(|it| it.status == Status::Pass), "something was answered");
    assert!(comparisons.len() < sequence.exchanges.len());
    assert_eq!(last.status, Status::Fail);
    let why = last.differences.last().unwrap();
    assert_eq!(
        why,
        "the server at sxp in memory did not answer in time 3 times in a row; the remaining requests were not sent"
    );
}
