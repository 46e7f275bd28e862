//! Generated programs against a mock that is wrong only if two clients come at the same time.

use std::time::Duration;

use xend_client::Release;
use xend_harness::Status;
use xend_harness::generate::{self, Generated, Programs, Token};
use xend_harness::laws;
use xend_harness::run::{Options, Run};

use crate::daemon::LayeredMock;

fn programs(mock: &LayeredMock, generated: &Generated) -> Run {
    let how = laws::Options { is_destructive: true, kernel: "/boot/vmlinuz".to_owned() };
    let options = Options { fails_fast: true, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let programs = Programs { runtime: &runtime, how: &how, pause: Duration::ZERO };
    let never = std::future::pending();
    generate::programs(&programs, &mock.host(), generated, &options, &mut (), never).expect("the harness does not fail")
}

#[test]
fn an_operation_that_is_lost_beside_another_is_found() {
    let run = programs(&LayeredMock::racing(Release::V4_1), &Generated::Many { count: 500, seed: 0 });
    let failed = run.verdicts.iter().find(|it| it.status == Status::Fail).expect("it is found");
    let evidence = failed.evidence.as_ref().expect("a failure has evidence");
    assert!(failed.why.contains("in no order"), "{failed:?}");
    let steps: Vec<_> = evidence.input.lines().collect();
    assert!(steps.len() <= 3 && steps[steps.len() - 1].contains("at the same time: "), "{evidence:?}");
    assert!(evidence.case.is_empty(), "no law tells of two operations at once: {}", evidence.case);

    let token = format!("{}/0", failed.id().trim_start_matches("generated/"));
    let token: Token = token.parse().expect("it is a token");
    let again = programs(&LayeredMock::racing(Release::V4_1), &Generated::One(token));
    assert_eq!(again.verdicts[0].evidence, failed.evidence);
}
