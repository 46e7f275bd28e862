//! The report as Markdown, for the summary of a CI job.

use super::causes::causes;
use super::counts::{counts, several, unjudged};
use super::text::describe;
use crate::run::Run;
use xend_wire::{visible, visible_lines};

/// The number of causes that are shown, since CI services cut long summaries.
const CAUSES: usize = 20;
/// The number of ids that are listed for a cause.
const LISTED: usize = 30;

/// Formats a run as Markdown: the counts as a table, and each cause of failures with its first case folded.
pub fn markdown(run: &Run) -> String {
    let unexpected = run.unexpected();
    let (sign, outcome) = match (unexpected, &run.interrupted) {
        (_, Some(how)) => ("⚠️", escaped(how)),
        (0, None) => ("✅", "as expected".to_owned()),
        (count, None) => ("❌", several(count, "unexpected result")),
    };
    let mut text = format!("## {sign} {}: {outcome}\n\n", escaped(&run.subject));
    text += "| verdict | count |\n| --- | ---: |\n";
    for (status, count) in counts(run) {
        text += &format!("| {status} | {count} |\n");
    }
    text += &format!("| **all** | **{}** |\n", run.verdicts.len());
    let causes = causes(run);
    for cause in causes.iter().take(CAUSES) {
        let cases = several(cause.count(), "case");
        let counts = if cause.is_unexpected { "" } else { " (fails no run)" };
        let rule = cause.rule.map(|rule| format!(" of `{rule}`")).unwrap_or_default();
        text += &format!("\n### {}, {cases}{rule}{counts}\n\n{}.\n", cause.status, escaped(&cause.what));
        if let Some((rule, source)) = &cause.text {
            text += &format!("{}\n", escaped(&format!("{rule} ({source})")));
        }
        let names: Vec<_> = cause.failures.iter().take(LISTED).map(|failure| code(&failure.name())).collect();
        let more = cause.count() - names.len();
        let more = if more > 0 { format!(", … and {more} more") } else { String::new() };
        text += &format!("\n{}{more}\n", names.join(", "));
        let first = &cause.failures[0];
        let mut details = String::new();
        describe(&mut details, first.verdict, &first.name());
        // The fence is longer than any that the text may have.
        text += &format!(
            "\n<details><summary>{}</summary>\n\n````````text\n{}````````\n\n</details>\n",
            escaped(&first.name()),
            visible_lines(details.as_bytes()).replace("````````", "```````\u{2026}")
        );
    }
    if causes.len() > CAUSES {
        text += &format!("\n… and {} more\n", several(causes.len() - CAUSES, "group"));
    }
    for stale in &run.stale {
        text += &format!("\n* {}: {}\n", code(&stale.place), escaped(&stale.why));
    }
    let unjudged = unjudged(run);
    if !unjudged.is_empty() {
        text += "\n";
    }
    for why in unjudged {
        text += &format!("* {}\n", escaped(&why));
    }
    text
}

/// Escapes what has a meaning in Markdown.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in visible(text.as_bytes()).chars() {
        if "\\`*_{}[]<>#|~".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Formats a text as code in a line.
fn code(text: &str) -> String {
    format!("`{}`", visible(text.as_bytes()).replace('`', "'").replace('|', "\\|"))
}
