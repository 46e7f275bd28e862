//! Reading of a report of JSON lines back into a run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;

use super::lines::{CaseInfo, EvidenceOf, FORMAT, Line, Piece, VerdictLine};
use crate::Error;
use crate::case::Level;
use crate::run::{Run, Stale};
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict};
use xend_wire::Diagnostic;

/// Reads a report of JSON lines; `file` is the name that diagnostics show.
///
/// Lines of kinds that this version does not know are passed over. A report without its last line, as one that was cut
/// off, is read as far as it goes and counts as interrupted.
///
/// # Errors
/// Returns a diagnostic for the first line that is not JSON, lacks a key or has an unknown word, if the first line is
/// no head of a report, or if the report has a later format.
pub fn read(file: &str, text: &str) -> Result<Run, Diagnostic> {
    let mut run = Run { interrupted: Some("the report is cut off".to_owned()), ..Run::default() };
    let mut abouts: HashMap<(Suite, String), Arc<About>> = HashMap::new();
    let mut is_begun = false;
    for (number, whole) in text.lines().enumerate() {
        let wrong = |message: String| Diagnostic::in_line(file, number + 1, whole.as_bytes(), 0..whole.len(), message);
        let line = match Line::parse(whole) {
            Ok(Some(line)) => line,
            Ok(None) if is_begun => continue,
            Ok(None) => return Err(wrong(NO_HEAD.to_owned())),
            Err(error) => return Err(wrong(format!("no line of a report: {error}"))),
        };
        match line {
            Line::Head(head) if !is_begun => {
                if head.run.format > FORMAT {
                    let later = head.run.format;
                    return Err(wrong(format!("the report has the format {later}, and this version reads {FORMAT}")));
                }
                is_begun = true;
                (run.subject, run.notes) = (head.run.subject, head.run.notes);
                let shards = head.run.shards.iter().map(|shard| shard.parse()).collect::<Result<_, Error>>();
                run.shards = shards.map_err(|error| wrong(error.to_string()))?;
            }
            Line::Head(_) => return Err(wrong("a second head; each file has the report of one run".to_owned())),
            _ if !is_begun => return Err(wrong(NO_HEAD.to_owned())),
            Line::Case(line) => {
                let (suite, about) = about(line.case).map_err(wrong)?;
                abouts.insert((suite, about.id.clone()), Arc::new(about));
            }
            Line::Verdict(line) => run.verdicts.push(verdict(*line, &abouts).map_err(wrong)?),
            Line::Stale(line) => {
                run.stale.push(Stale { place: line.baseline, why: line.why, shown: line.shown });
            }
            Line::Summary(line) => (run.unasked, run.interrupted) = (line.summary.unasked, line.summary.interrupted),
        }
    }
    if is_begun { Ok(run) } else { Err(Diagnostic::in_line(file, 1, b"", 0..0, NO_HEAD)) }
}

const NO_HEAD: &str = "no report of JSON lines: the first line must be {\"run\":{\"format\":1,..}}";

fn suite(name: &str) -> Result<Suite, String> {
    Suite::ALL.iter().copied().find(|suite| suite.name() == name).ok_or_else(|| format!("unknown suite `{name}`"))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text.as_bytes()).map_err(|error| format!("not base64: {error}"))
}

fn about(case: CaseInfo) -> Result<(Suite, About), String> {
    let CaseInfo { suite: name, id, title, rule, source, input, length, holds } = case;
    Ok((suite(&name)?, About { id, title, rule, source, input: bytes(&input)?, length, holds }))
}

fn verdict(line: VerdictLine, abouts: &HashMap<(Suite, String), Arc<About>>) -> Result<Verdict, String> {
    let suite = suite(&line.suite)?;
    let status = Status::ALL.iter().copied().find(|status| status.name() == line.verdict);
    let status = status.ok_or_else(|| format!("unknown verdict `{}`", line.verdict))?;
    let level = |name: String| {
        let mut all = Level::ALL.iter().copied();
        all.find(|level| level.name() == name).ok_or_else(|| format!("unknown level `{name}`"))
    };
    let seconds = line.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let key = (suite, line.id);
    let about = match abouts.get(&key) {
        Some(about) => Arc::clone(about),
        None => Arc::new(About { id: key.1, ..About::default() }),
    };
    Ok(Verdict {
        level: line.level.map(level).transpose()?,
        is_unexpected: line.unexpected,
        why: line.why,
        evidence: line.evidence.map(evidence).transpose()?.map(Box::new),
        elapsed: seconds.unwrap_or_default(),
        ..Verdict::bare(suite, about, line.variant, status)
    })
}

fn evidence(line: EvidenceOf) -> Result<Evidence, String> {
    let piece = |piece: Piece| match piece {
        Piece::Sent(text) => bytes(&text).map(|bytes| (Direction::Sent, bytes)),
        Piece::Received(text) => bytes(&text).map(|bytes| (Direction::Received, bytes)),
    };
    Ok(Evidence {
        input: line.shown,
        got: line.got,
        wanted: line.wanted,
        differences: line.differences,
        exchange: line.exchange.into_iter().map(piece).collect::<Result<_, _>>()?,
        stderr: line.stderr,
        repeat: line.repeat,
        case: line.case,
    })
}
