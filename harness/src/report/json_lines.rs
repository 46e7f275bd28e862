//! The report as JSON lines.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use serde::Serialize;

use super::counts::counts;
use super::lines::{
    CaseInfo, CaseLine, EvidenceOf, FORMAT, Head, HeadLine, Piece, StaleLine, Summary, SummaryLine, VerdictLine,
};
use super::timing::Timing;
use crate::case::Level;
use crate::run::{Run, Shard};
use crate::shorten::escaped_json;
use crate::verdict::{Direction, Evidence, Verdict};

/// The JSON Schema of each line of the report.
pub const SCHEMA: &str = include_str!("schema.json");

/// Formats a run as JSON, one object a line.
///
/// The first line is `{"run":{"format":1,"suite":"0.1.0","subject":".."}}` and the last `{"summary":{..}}`. A line
/// `{"case":{..}}` comes before the first verdict on a case, and tells its title, rule, source and input. A verdict is
/// `{"suite":"reading","id":"xmlrpc/i4","variant":"spec","level":"must","verdict":"pass","unexpected":false}`; a failure
/// has `why` and `evidence`, too. An entry of the baseline that matches nothing is `{"baseline":"FILE:LINE:COLUMN",..}`.
/// [`SCHEMA`] describes all lines. `seconds` is there only if `timing` asks for it.
pub fn json_lines(run: &Run, timing: Timing) -> String {
    let mut text = String::new();
    let mut write = |line: &dyn erased::Line| {
        text += &escaped_json(&line.json());
        text.push('\n');
    };
    let head = Head {
        format: FORMAT,
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        subject: run.subject.clone(),
        notes: run.notes.clone(),
        shards: run.shards.iter().map(Shard::to_string).collect(),
    };
    write(&HeadLine { run: head });
    let mut told = BTreeSet::new();
    for verdict in &run.verdicts {
        if told.insert((verdict.suite, verdict.id())) {
            write(&CaseLine { case: case(verdict) });
        }
        write(&verdict_line(verdict, timing));
    }
    for stale in &run.stale {
        write(&StaleLine {
            baseline: stale.place.clone(),
            verdict: "unmatched".to_owned(),
            unexpected: true,
            why: stale.why.clone(),
            shown: stale.shown.clone(),
        });
    }
    write(&SummaryLine {
        summary: Summary {
            judged: run.cases(),
            verdicts: counts(run).into_iter().map(|(status, count)| (status.name().to_owned(), count)).collect(),
            unexpected: run.unexpected(),
            unasked: run.unasked,
            interrupted: run.interrupted.clone(),
            exit: run.exit_code(),
        },
    });
    text
}

/// Lines of different types, written in one way.
mod erased {
    pub(super) trait Line {
        fn json(&self) -> String;
    }

    impl<T: super::Serialize> Line for T {
        fn json(&self) -> String {
            serde_json::to_string(self).expect("strings and numbers are written as JSON")
        }
    }
}

fn case(verdict: &Verdict) -> CaseInfo {
    let about = &verdict.about;
    CaseInfo {
        suite: verdict.suite.name().to_owned(),
        id: about.id.clone(),
        title: about.title.clone(),
        rule: about.rule.clone(),
        source: about.source.clone(),
        input: BASE64.encode(&about.input),
        length: about.length,
        holds: about.holds.clone(),
    }
}

fn verdict_line(verdict: &Verdict, timing: Timing) -> VerdictLine {
    VerdictLine {
        suite: verdict.suite.name().to_owned(),
        id: verdict.id().to_owned(),
        variant: verdict.variant.clone(),
        level: verdict.level.map(Level::name).map(str::to_owned),
        verdict: verdict.status.name().to_owned(),
        unexpected: verdict.is_unexpected,
        why: verdict.why.clone(),
        evidence: verdict.evidence.as_deref().map(evidence),
        seconds: (timing == Timing::Shown).then_some(verdict.elapsed.as_secs_f64()),
    }
}

fn evidence(evidence: &Evidence) -> EvidenceOf {
    let piece = |(direction, bytes): &(Direction, Vec<u8>)| match direction {
        Direction::Sent => Piece::Sent(BASE64.encode(bytes)),
        Direction::Received => Piece::Received(BASE64.encode(bytes)),
    };
    EvidenceOf {
        shown: evidence.input.clone(),
        got: evidence.got.clone(),
        wanted: evidence.wanted.clone(),
        differences: evidence.differences.clone(),
        exchange: evidence.exchange.iter().map(piece).collect(),
        stderr: evidence.stderr.clone(),
        repeat: evidence.repeat.clone(),
        case: evidence.case.clone(),
    }
}
