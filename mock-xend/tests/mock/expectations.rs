//! Scenarios that are made in Rust, and the check when a mock is dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mock_xend::{
    AnsweredBy, Change, Echo, Face, FindingKind, Match, MockXend, Param, Release, Reply, Scenario, Step, Times, expect,
    expect_call, expect_http,
};
use xend_wire::operation::{CREDIT, INFO, LIST, PAUSE};

use crate::peer::{builder, call, get, post, run, send};

/// The first line of the reply to each request, and the lines of the report.
fn play(scenario: Scenario, requests: &[(Face, Vec<u8>)]) -> (Vec<String>, Vec<String>) {
    let daemon = builder(Release::V4_1).scenario(scenario).build().unwrap_or_else(|error| panic!("{error}"));
    let replies = requests.iter().map(|(face, request)| {
        let (reply, _) = run(send(&daemon, *face, &[request]));
        reply.lines().next().unwrap_or("nothing").to_owned()
    });
    (replies.collect(), daemon.report().lines().collect())
}

fn pause() -> (Face, Vec<u8>) {
    (Face::Sxp, post("/xend/domain/vm1", "op=pause"))
}

#[test]
fn a_scenario_of_values_answers_as_one_of_a_file() {
    let once = || expect(PAUSE).arg("domain", "vm1").reply(Reply::NotImplemented("pause".into())).on(Face::Sxp);
    let refused = "HTTP/1.1 501 Operation not implemented: pause";
    assert_eq!(play(Scenario::new().with(once().times(2)), &[pause(), pause()]), (vec![refused.into(); 2], vec![]));
    let (_, report) = play(Scenario::new().with(once()), &[]);
    let [line] = report.as_slice() else { panic!("{report:?}") };
    assert!(line.starts_with("unused: mock-xend/tests/mock/expectations.rs:"), "{line}");
    assert!(line.ends_with(": sxp domain.pause domain=vm1: 0 of 1"), "{line}");
    let turns = expect(PAUSE).reply(Reply::BadRequest).reply(Reply::TooLarge).on(Face::Sxp).repeated();
    let (replies, report) = play(Scenario::from_iter([turns]), &[pause(), pause(), pause()]);
    assert_eq!(report, [""; 0]);
    assert_eq!(replies[0], replies[2]);
    assert!(replies[1].starts_with("HTTP/1.1 413"), "{replies:?}");
}

#[test]
fn every_criterion_and_number_can_be_given_in_rust() {
    let scenario = Scenario::from_iter([
        expect_http("GET", "/xend//node/").header("Host", Match::any()).connection(1_i64).reply(Reply::BadRequest),
        expect_http("POST", Match::regex("/xend/domain/vm[0-9]")).field("op", "pause").body(Match::not("")).simulate(),
        expect_call(Face::XmlRpc, "xend.domain")
            .params([Param::Matches(Match::regex("vm.")), Param::Any])
            .reply(Reply::Value(Echo::Param(0).into()))
            .times(..=1),
        expect(LIST).times(Times::ANY).every(2).change(Change::Destroy("vm2".into())),
        expect(INFO).state("daemon", "down").reply(Reply::Close).next_state("daemon", "up"),
        expect(CREDIT).reply(Step::simulate().next_state("daemon", "down")).probability(1.0),
    ])
    .state("daemon", "up")
    .seed(7);
    let requests = [
        (Face::Sxp, get("/xend/node")),
        pause(),
        (Face::XmlRpc, call("xend.domain", &["vm1", "1"])),
        (Face::Sxp, get("/xend/domain/vm1")),
    ];
    let (replies, report) = play(scenario, &requests);
    assert_eq!(replies[0], "HTTP/1.1 400 Bad request");
    assert!(replies[1..].iter().all(|reply| reply.starts_with("HTTP/1.1 200")), "{replies:?}");
    assert_eq!(report.len(), 1, "{report:?}");
    assert!(report[0].contains("domain.info while daemon is down: 0 of 1"), "{report:?}");
}

#[test]
fn a_mistake_in_rust_is_told_with_its_line() {
    let why = |expectation| {
        let error =
            MockXend::builder().scenario(Scenario::new().with(expectation)).build().map(drop).expect_err("a mistake");
        let error = error.to_string();
        let (place, why) = error.split_once(": ").expect("a place and a reason");
        assert!(place.contains("expectations.rs:"), "{error}");
        why.to_owned()
    };
    assert_eq!(why(expect(PAUSE).arg("domain", Match::regex("("))), "`(` is no regular expression: unclosed group");
    assert!(why(expect(PAUSE).arg("domian", "vm1")).starts_with("`domain.pause` has no argument `domian`"));
    assert!(why(expect(PAUSE).arg("domain", "vm.*")).starts_with("`vm.*` reads like a pattern"));
    assert_eq!(why(expect(PAUSE).reply(Reply::TooLarge)), "this reply needs `face = \"sxp\"`");
    assert!(
        why(expect(PAUSE).state("daemon", "up")).starts_with("the scenario gives the state `daemon` no first value")
    );
}

#[test]
fn a_mock_that_is_dropped_checks_its_requests() {
    let start = || MockXend::builder().scenario(Scenario::new().with(expect(PAUSE))).start().unwrap();
    let message = |dropped: Box<dyn std::any::Any + Send>| {
        dropped.downcast::<String>().map_or_else(
            |other| other.downcast::<&str>().map(|text| (*text).to_owned()).unwrap_or_default(),
            |text| *text,
        )
    };
    let mock = start();
    let panic = message(catch_unwind(AssertUnwindSafe(|| drop(mock))).expect_err("the request never came"));
    assert!(panic.starts_with("the requests were not those that the scenario expects:\nunused: "), "{panic}");
    let panic = catch_unwind(|| {
        let _mock = start();
        panic!("the test's own");
    });
    assert_eq!(message(panic.expect_err("it panics")), "the test's own");
    let report = start().stop();
    assert_eq!(report.findings()[0].kind, FindingKind::Unused);
    drop(MockXend::builder().scenario(Scenario::new().with(expect(PAUSE))).verify_on_drop(false).start().unwrap());
}

#[test]
fn the_journal_tells_what_was_asked_and_what_answered() {
    let scenario = Scenario::new().with(expect(PAUSE).arg("domain", "vm1").reply(Reply::Error("no".into())));
    let daemon = builder(Release::V4_1).scenario(scenario).build().unwrap();
    let requests = [
        pause(),
        (Face::XmlRpc, call("xend.domain.pause", &["vm2"])),
        (Face::XmlRpc, call("xend.domain", &["vm1"])),
        (Face::XmlRpc, call("xend.nosuch", &[])),
    ];
    for (face, request) in &requests {
        run(send(&daemon, *face, &[request]));
    }
    let journal = daemon.journal();
    let all: Vec<_> = journal.exchanges().collect();
    let asked: Vec<_> = all.iter().map(|it| (it.operation, it.arguments.get("domain"), it.connection)).collect();
    let vm = |name: &'static str| Some(name.as_bytes());
    let expected =
        [(Some(PAUSE), vm("vm1"), 1), (Some(PAUSE), vm("vm2"), 2), (Some(INFO), vm("vm1"), 3), (None, None, 4)];
    assert_eq!(asked, expected);
    assert!(all[0].answered_by.expectation().is_some_and(|place| place.contains("expectations.rs:")));
    let why = all[1].answered_by.why_not().expect("there is a scenario");
    assert!(why.contains("✗ args.domain: \"vm2\", expected \"vm1\""), "{why}");
    assert!(matches!(all[2].answered_by, AnsweredBy::World { .. }));
    let failure = all[0].value().expect("a whole reply").expect_err("it was refused");
    assert_eq!(failure.message, "no");
    let record = all[2].value().expect("a whole reply").expect("a record");
    assert_eq!(record.first().and_then(|record| record.text("domain/name")), Some("vm1"));
    assert_eq!((all[2].status(), all[3].value().is_none()), (Some(200), true));
}
