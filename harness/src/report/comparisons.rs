//! The report on exchanges, for people.

use crate::exchange::Comparison;
use crate::shorten::shortened;
use crate::verdict::Status;

/// Formats a report on exchanges: every unexpected result with its request and differences, and a summary as the last
/// line.
pub fn comparisons(comparisons: &[Comparison]) -> String {
    let mut text = String::new();
    for comparison in comparisons.iter().filter(|comparison| comparison.is_unexpected()) {
        let Comparison { id, status, why, request, differences } = comparison;
        text += &format!("{status}: {id}\n");
        text += &format!("  request  {}\n", shortened(&xend_wire::visible(request), 400));
        for difference in differences {
            text += &format!("  {difference}\n");
        }
        if let (Status::UnexpectedPass, Some(why)) = (status, why) {
            text += &format!("  the reply was expected to differ: {why}\n");
        }
        text.push('\n');
    }
    let count = |status: Status| comparisons.iter().filter(|comparison| comparison.status == status).count();
    let counts = Status::ALL.iter().map(|&status| (status, count(status))).filter(|&(_, count)| count > 0);
    let counts: Vec<_> = counts.map(|(status, count)| format!("{count} {status}")).collect();
    let judged = comparisons.iter().filter(|comparison| comparison.is_judged()).count();
    let unexpected = comparisons.iter().filter(|comparison| comparison.is_unexpected()).count();
    text + &format!("{judged} exchanges compared: {}; {unexpected} unexpected\n", counts.join(", "))
}
