//! The report as a badge for a README.

use crate::run::Run;
use crate::verdict::Status;
use xend_wire::visible;

/// Formats a run as an SVG: the number of passed verdicts of those that were judged, in green if the run is as expected.
pub fn badge(run: &Run) -> String {
    let judged = run.verdicts.iter().filter(|verdict| verdict.status.is_judged()).count();
    let passed = run.count(Status::Pass) + run.count(Status::Flaky);
    let color = match run.exit_code() {
        0 if passed == judged => "#2e7d32",
        0 => "#8a6d00",
        _ => "#b3261e",
    };
    let (name, count) = ("xend-harness", format!("{passed} of {judged} pass"));
    // Verdana at 11 px has about 6.5 px for a character; `textLength` fits the text to the room.
    let width = |text: &str| text.chars().count() * 13 / 2 + 10;
    let (left, right) = (width(name), width(&count));
    let (whole, title) = (left + right, escaped(&format!("{}: {count}", run.subject)));
    let (name_at, count_at) = (left / 2, left + right / 2);
    let (name_length, count_length) = (left - 10, right - 10);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{title}\">\
         <title>{title}</title>\
         <rect width=\"{left}\" height=\"20\" fill=\"#444\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"20\" fill=\"{color}\"/>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
         <text x=\"{name_at}\" y=\"14\" textLength=\"{name_length}\">{name}</text>\
         <text x=\"{count_at}\" y=\"14\" textLength=\"{count_length}\">{count}</text></g></svg>\n"
    )
}

/// Escapes a text for an attribute or the content of an element.
fn escaped(text: &str) -> String {
    let text = visible(text.as_bytes());
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
