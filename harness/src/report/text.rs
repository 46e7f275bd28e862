//! The report for people.

use std::fmt::Write;

use super::causes::{Cause, Failure, causes};
use super::counts::{several, summary, unjudged};
use super::never::never;
use crate::run::Run;
use crate::shorten::{beginning, shortened};
use crate::suite::Suite;
use crate::verdict::{About, Evidence, Verdict};

/// The number of lines of standard error that are shown; the last ones are.
const STDERR: usize = 20;
/// A run with at most so many failing cases shows all of them in full.
const FEW: usize = 12;
/// The number of causes of which one case is shown in full, if there are more failing cases.
const CAUSES: usize = 20;
/// The number of ids that are listed for a cause.
const LISTED: usize = 12;
/// The number of lines in the short list at the end.
const FIRST: usize = 5;

/// How much a report for people tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The short list of causes and the summary.
    Short,
    /// The first case of each of the worst causes in full, and the ids of the others.
    #[default]
    Some,
    /// Every failing case in full.
    All,
}

/// Formats a run for people: the failures by their causes, the worst first, the reasons why cases were not judged, a
/// short list of what to mend first, and a summary as the last line.
pub fn text(run: &Run, detail: Detail) -> String {
    let causes = causes(run);
    let failing: usize = causes.iter().map(Cause::count).sum();
    let is_long = causes.iter().map(|cause| cause.failures.len()).sum::<usize>() > FEW;
    let never = never(run);
    let mut text = String::new();
    if detail != Detail::Short {
        if is_long {
            text += &format!(
                "{} in {}, the worst first; {}\n{}\n",
                several(failing, "failing case"),
                several(causes.len(), "group"),
                match detail {
                    Detail::All => "each is shown in full",
                    _ => "one of each group is shown in full (--details all shows every case)",
                },
                never.as_ref().map(|never| format!("{never}\n")).unwrap_or_default(),
            );
        }
        for (at, cause) in causes.iter().enumerate() {
            let all = !is_long || detail == Detail::All;
            if !all && at >= CAUSES {
                text +=
                    &format!("{}. {}: {}\n", at + 1, heading(cause), listed(cause.failures.iter().map(Failure::name)));
                continue;
            }
            if is_long {
                text += &format!("{}. {}\n", at + 1, heading(cause));
                if let Some((rule, source)) = &cause.text {
                    text += &format!("   {rule} ({source})\n");
                }
            }
            for failure in cause.failures.iter().take(if all { usize::MAX } else { 1 }) {
                write_failure(&mut text, failure);
            }
            if !all && cause.failures.len() > 1 {
                text += &format!("  {:<8}{}\n", "also", listed(cause.failures[1..].iter().map(Failure::name)));
            }
            text.push('\n');
        }
        if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
        for stale in &run.stale {
            text += &format!("error: {}\n", stale.shown);
        }
        for why in unjudged(run) {
            text += &why;
            text.push('\n');
        }
    }
    if is_long || (detail == Detail::Short && failing > 0) {
        text += "What to mend first:\n";
        // What is missing altogether is told in the place of one group.
        let first = FIRST - usize::from(never.is_some());
        text += &never.map(|never| format!("  {never}\n")).unwrap_or_default();
        for (at, cause) in causes.iter().take(first).enumerate() {
            text += &format!("  {}. {}\n", at + 1, in_short(cause));
        }
        if causes.len() > first {
            text += &format!("  … and {}\n", several(causes.len() - first, "group"));
        }
        let of_failures = || causes.iter().flat_map(|cause| &cause.failures).map(|failure| failure.verdict.id());
        if of_failures().any(|id| id != "hello" && !id.starts_with(About::GENERATED)) {
            text += "  `xend-harness explain ID` says more of a case\n";
        }
    }
    if detail == Detail::Short {
        let is_hello_wrong = run.verdicts.iter().any(|verdict| verdict.id() == "hello");
        // What there is to be said of a subject that does not start.
        for note in run.notes.iter().filter(|_| is_hello_wrong) {
            text += &format!("  {note}\n");
        }
        for stale in &run.stale {
            text += &format!("error: {}: {}\n", stale.place, stale.why);
        }
    }
    let uncounted = run.verdicts.iter().filter(|it| it.status.is_failure() && !it.is_unexpected).count();
    if uncounted > 0 {
        text += &format!("{} at the level should, which count only with --strict\n", several(uncounted, "failure"));
    }
    text + &summary(run) + "\n"
}

/// Returns the heading of a cause: how many cases fail, how, and by which rule.
fn heading(cause: &Cause<'_>) -> String {
    let cases = several(cause.count(), "case");
    let counts = if cause.is_unexpected || !cause.status.is_failure() { "" } else { " (only with --strict)" };
    match cause.rule {
        Some(rule) => format!("{}, {cases} of {rule}{counts}: {}", cause.status, cause.what),
        None => format!("{}, {cases}{counts}: {}", cause.status, beginning(&cause.what, 100)),
    }
}

/// Returns a cause on one line for the list at the end: how many cases fail, the first of them, how, and the rule.
fn in_short(cause: &Cause<'_>) -> String {
    let (cases, first) = (several(cause.count(), "case"), cause.failures[0].name());
    let such_as = if cause.count() > 1 { "such as " } else { "" };
    let rule = cause.text.as_ref().map(|(rule, _)| {
        // The first clause says what the rule is about.
        let end = ["; ", ". ", ": "].iter().filter_map(|end| rule.find(end)).min();
        let clause = rule[..end.unwrap_or(rule.len())].trim_end_matches('.');
        format!("; the rule: {}", beginning(clause, 120))
    });
    let what = beginning(&cause.what, 100);
    format!("{}, {cases}, {such_as}{first}: {what}{}", cause.status, rule.unwrap_or_default())
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let names: Vec<_> = names.take(LISTED).collect();
    if more > 0 { format!("{}, … and {more} more", names.join(", ")) } else { names.join(", ") }
}

fn write_failure(text: &mut String, failure: &Failure<'_>) {
    describe(text, failure.verdict, &failure.name());
    if failure.variants.len() > 1 {
        // The command that repeats one variant repeats all with the pattern for all.
        let (one, all) = (failure.verdict.name(), failure.name());
        let quoted = shlex::try_quote(&all).map(std::borrow::Cow::into_owned).unwrap_or_default();
        if let Some(at) = text.rfind(&format!("--filter {one}")) {
            text.replace_range(at..at + "--filter ".len() + one.len(), &format!("--filter {quoted}"));
        }
    }
    if !failure.same.is_empty() {
        let are = if failure.same.len() == 1 { "is" } else { "are" };
        let questions = several(failure.same.len(), "other question");
        let names = listed(failure.same.iter().cloned());
        *text += &format!("  {:<8}{questions} {are} this one when made small: {names}\n", "same");
    }
}

/// Appends the description of one verdict to a report.
pub(super) fn describe(text: &mut String, verdict: &Verdict, name: &str) {
    let Verdict { about, level, status, is_unexpected, why, evidence, .. } = verdict;
    let level = level.map(|level| format!(" ({level})")).unwrap_or_default();
    let counts = if *is_unexpected || !status.is_failure() { "" } else { "; counts only with --strict" };
    *text += &format!("{status}: {name}{level}: {why}{counts}\n");
    let Some(evidence) = evidence else { return };
    let Evidence { input, got, wanted, differences, stderr, repeat, case, .. } = &**evidence;
    *text += input;
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(text, "  {name:<8}{value}").expect("a string takes whatever is written");
        }
    };
    line("case", &about.title);
    line("got", got);
    line("wanted", wanted);
    for difference in differences {
        line("differs", difference);
    }
    line("source", &about.source);
    let said: Vec<_> = stderr.lines().collect();
    if said.len() > STDERR {
        line("stderr", &format!("… (the last {STDERR} lines)"));
    }
    for said in &said[said.len().saturating_sub(STDERR)..] {
        line("stderr", &shortened(&xend_wire::visible(said.as_bytes()), 400));
    }
    line("repeat", repeat);
    if !case.is_empty() {
        let is_law = verdict.suite == Suite::Serving;
        line("keep", if is_law { "as a law:" } else { "xend-harness cases --add FILE --cases DIR, where FILE is:" });
        case.lines().for_each(|row| line("", row));
    }
}
