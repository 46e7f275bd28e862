//! The generator of docs/coverage.md, which lists what is simulated of each release, from the tables that route
//! requests.

use std::fmt::Write;

use xend_wire::Release;

use super::operations;
use super::sxp::Verb;
use super::xenapi::{self, Simulation};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/coverage.md");
/// The environment variable that makes the test write the file instead of comparing it.
const REGENERATE: &str = "REGENERATE";

#[test]
fn the_table_of_coverage_is_fresh() {
    let fresh = document();
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(FILE, &fresh).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }
    let file = std::fs::read_to_string(FILE).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    assert!(file == fresh, "{FILE} is out of date: {REGENERATE}=1 cargo test -p mock-xend coverage");
}

/// The expected numbers are those of protocol reference §4.2, which the daemon itself reported.
#[test]
fn each_release_has_as_many_methods_as_the_daemon() {
    let counts = [
        (Release::V3_0_2, 42),
        (Release::V3_0_3, 47),
        (Release::V3_1, 54),
        (Release::V3_2, 67),
        (Release::V3_3, 68),
        (Release::V3_4, 69),
        (Release::V4_1, 94),
        (Release::V4_4, 94),
    ];
    for (release, count) in counts {
        let methods = operations::rows().flat_map(|row| row.xmlrpc).filter(|method| method.is_known(release));
        assert_eq!(methods.count(), count, "{release}");
    }
}

/// A row of a table: for each release, whether it has the entry; and whether the mock simulates it.
struct Row {
    name: String,
    marks: Vec<&'static str>,
}

fn document() -> String {
    let posts = operations::rows().flat_map(|row| row.sxp).filter_map(|action| match action.verb {
        Verb::Post(name) => Some((name, action)),
        Verb::Get | Verb::GetWith(_) => None,
    });
    let sxp = rows(posts.map(|(name, action)| {
        let known = each_release(|release| action.releases.contains(release));
        (format!("`{name}` on `{}`", action.resource.path()), known, true)
    }));
    let xmlrpc = rows(operations::rows().flat_map(|row| row.xmlrpc).map(|method| {
        let known = each_release(|release| method.is_known(release));
        (format!("`{}`", method.name), known, method.is_simulated())
    }));
    let mut names: Vec<_> = Release::ALL.iter().copied().flat_map(xenapi::methods).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let xenapi = rows(names.into_iter().map(|name| {
        let methods = each_release(|release| xenapi::methods(release).find(|(known, _)| *known == name));
        let is_simulated = methods.iter().flatten().all(|(_, simulation)| *simulation == Simulation::Simulated);
        (format!("`{name}`"), methods.iter().map(Option::is_some).collect(), is_simulated)
    }));
    let mut text = String::from(
        "# What is simulated\n\
         \n\
         Every operation of the S-expression face and every method of the XML-RPC face and of the Xen-API, with the \
         releases that have it.\n\
         This file is generated from the tables by which the mock routes requests; a test fails if it is out of date.\n\
         \n\
         | mark | meaning |\n\
         | --- | --- |\n\
         | yes | the simulated world answers |\n\
         | scripted | the release has the method and lists it, but only a scenario can answer it: the mock checks the number \
         of parameters, and on the Xen-API the session and the reference, and then replies with a fault 2, or an \
         `INTERNAL_ERROR`, which says that the method is not simulated |\n\
         | – | the release does not have it: the reply is a 501 on `sxp`, and the error for an unknown method on the other \
         faces |\n\
         \n\
         The tables do not list plain GET requests: all resources (`/`, `/xend`, `/xend/node` with `dmesg` and `log`, `/xend/domain`, \
         `/xend/domain/ID` with `?op=vcpuinfo`, `/xend/vnet`) exist in all releases.\n",
    );
    let faces = [
        ("S-expressions over HTTP: operations", sxp),
        ("XML-RPC: methods", xmlrpc),
        ("Xen-API: methods, many with an `Async.` form", xenapi),
    ];
    for (title, rows) in faces {
        let count = |at: usize| rows.iter().filter(|row| row.marks[at] != UNKNOWN).count();
        let simulated = |at: usize| rows.iter().filter(|row| row.marks[at] == SIMULATED).count();
        write!(text, "\n## {title}\n\n| |").expect("a String takes all");
        for &release in Release::ALL {
            write!(text, " {release} |").expect("a String takes all");
        }
        text.push_str(&format!("\n| ---{} |\n", " | ---".repeat(Release::ALL.len())));
        for row in &rows {
            writeln!(text, "| {} | {} |", row.name, row.marks.join(" | ")).expect("a String takes all");
        }
        let total = (0..Release::ALL.len())
            .map(|at| format!("{} of {}", simulated(at), count(at)))
            .collect::<Vec<_>>()
            .join(" | ");
        writeln!(text, "| simulated | {total} |").expect("a String takes all");
    }
    text
}

const SIMULATED: &str = "yes";
const SCRIPTED: &str = "scripted";
const UNKNOWN: &str = "–";

fn each_release<T>(ask: impl Fn(Release) -> T) -> Vec<T> {
    Release::ALL.iter().copied().map(ask).collect()
}

/// Returns one row for each name, in the order of the table.
fn rows(entries: impl Iterator<Item = (String, Vec<bool>, bool)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (name, known, is_simulated) in entries {
        let at = rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            rows.push(Row { name, marks: vec![UNKNOWN; Release::ALL.len()] });
            rows.len() - 1
        });
        for (mark, _) in rows[at].marks.iter_mut().zip(known).filter(|(_, known)| *known) {
            *mark = if is_simulated { SIMULATED } else { SCRIPTED };
        }
    }
    rows
}
