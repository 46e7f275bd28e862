//! docs/faces.md is true: every row of its tables is what the captured reply says.

use std::collections::BTreeSet;

use xend_wire::Release;
use xend_wire::failure::Failure;
use xend_wire::operation::{self, ALL, Face, Implementation};
use xend_wire::sexpr::{Document, Sexpr};

use crate::faces::answers::{operation, reply, sequences};

const DOCUMENT: &str = include_str!("../../../docs/faces.md");

/// The rows of the table below a heading, cell by cell.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = DOCUMENT.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`').to_owned());
        cells.collect()
    })
    .collect()
}

/// What the reply of a capture such as `get-domain-unknown@3.1/sxp` means.
fn read(capture: &str) -> Result<Document<'static>, Failure> {
    let (case, sequence) = capture.split_once('@').expect(capture);
    let sequence = sequences().iter().find(|known| known.name == sequence).expect(capture);
    let exchange = sequence.exchanges.iter().find(|exchange| exchange.case == case).expect(capture);
    let (mut operation, _) = operation(exchange, sequence.release).expect(capture);
    if case.ends_with("get_all_records") {
        // One method of the Xen-API stands behind several operations.
        operation = operation::RECORDS;
    }
    operation.read(exchange.face, sequence.release, &reply(exchange).expect(capture))
}

#[test]
fn failures_are_as_documented() {
    let rows = table("Failures");
    assert!(rows.len() > 10, "the table is found");
    for row in rows {
        let [what, capture, code, message] = &row[..] else { panic!("four cells: {row:?}") };
        let failure = read(capture).expect_err(capture);
        assert_eq!(
            (failure.code.as_str(), failure.message.as_str()),
            (code.as_str(), message.as_str()),
            "{what}: {capture}"
        );
    }
}

#[test]
fn fields_are_as_documented() {
    let rows = table("Fields");
    assert!(rows.len() > 3, "the table is found");
    for row in rows {
        let [field, shown, hidden, why] = &row[..] else { panic!("four cells: {row:?}") };
        let has = |capture: &str| {
            let answer = read(capture).expect(capture);
            let first = answer.first().expect(capture);
            // Of several records, the first.
            let record = if first.name().is_some() { first } else { first.items().next().expect(capture) };
            record.items().any(|it| {
                it.name() == Some(field.as_bytes())
                    && it.value().is_some_and(|it| !it.is_list() || it.items().count() > 0)
            })
        };
        assert!(has(shown), "{field} is in {shown}: {why}");
        assert!(!has(hidden), "{field} is not in {hidden}: {why}");
    }
}

/// Where two faces give another code for the same failure, a row says so. The pairs are failures that both faces were
/// captured with.
#[test]
fn other_codes_are_documented() {
    const PAIRS: [(&str, &str); 9] = [
        ("get-domain-unknown", "domain-unknown"),
        ("post-pause-unknown-dom", "unpause-unknown"),
        ("post-create-dup", "create-dup"),
        ("post-create-noimage", "create-noimage"),
        ("post-shutdown-bogus", "shutdown-bogus"),
        ("post-destroy-dom0", "destroy-dom0"),
        ("post-save-dom0", "save-dom0"),
        ("post-restore-nofile", "restore-nofile"),
        ("post-rename-dup", "setName-dup"),
    ];
    let documented: BTreeSet<String> = table("Failures").into_iter().map(|row| row[1].clone()).collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for &release in Release::ALL {
        for (sxp, xmlrpc) in PAIRS {
            let has_reply = |face: &str, case: &str| {
                let name = format!("{release}/{face}");
                let sequence = sequences().iter().find(|known| known.name == name).unwrap();
                sequence.exchanges.iter().any(|exchange| exchange.case == case && exchange.response.is_some())
            };
            if !has_reply("sxp", sxp) || !has_reply("xmlrpc", xmlrpc) {
                continue;
            }
            let ids = [format!("{sxp}@{release}/sxp"), format!("{xmlrpc}@{release}/xmlrpc")];
            let codes = ids.each_ref().map(|id| read(id).map_or_else(|failure| failure.code.as_str(), |_| "done"));
            compared += 1;
            let is_documented = ids.iter().any(|id| documented.contains(id));
            if codes[0] != codes[1] && !is_documented {
                wrong.push(format!("{ids:?}: {codes:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 20, "{compared} pairs");
}

/// A record on the S-expression face and on the other one have the same fields, but for those of the table.
#[test]
fn other_fields_are_documented() {
    let documented: BTreeSet<String> = table("Fields").into_iter().map(|row| row[0].clone()).collect();
    for &release in Release::ALL {
        let fields = |capture: String| -> BTreeSet<String> {
            let answer = read(&capture).expect(&capture);
            let first = answer.first().expect(&capture);
            let record = if first.name().is_some() { first } else { first.items().next().expect(&capture) };
            let items = record.items().filter(|field| field.is_list());
            items.filter_map(Sexpr::name).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
        };
        let vm1 = if release < Release::V3_1 { "domain-name" } else { "domain-full" };
        for (sxp, xmlrpc) in [("get-node", "node-info"), ("get-domain-vm1", vm1)] {
            let (sxp, xmlrpc) = (fields(format!("{sxp}@{release}/sxp")), fields(format!("{xmlrpc}@{release}/xmlrpc")));
            let differing = sxp.symmetric_difference(&xmlrpc).filter(|field| !documented.contains(*field));
            assert_eq!(differing.collect::<Vec<_>>(), Vec::<&String>::new(), "{release}");
        }
    }
}

#[test]
fn what_takes_several_requests_is_documented() {
    let mut rows = Vec::new();
    for operation in ALL {
        for face in Face::ALL {
            let steps = operation.implementation(face, Release::V4_1).map_or(Vec::new(), Implementation::steps);
            if !steps.is_empty() {
                let steps: Vec<_> = steps.iter().map(|step| format!("`{step}`")).collect();
                rows.push(format!("| `{}` | `{face}` | {} |", operation.name(), steps.join(", ")));
            }
        }
    }
    let section =
        DOCUMENT.split("\n## ").find(|section| section.starts_with("In several requests")).expect("a section");
    let documented = section.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(documented.collect::<Vec<_>>(), rows, "\n{}", rows.join("\n"));
}

#[test]
fn what_the_xen_api_lacks_is_documented() {
    let documented: BTreeSet<String> = table("Not over the Xen-API").into_iter().map(|row| row[0].clone()).collect();
    let lacking = ALL.iter().filter(|operation| !operation.is_supported(Face::XenApi, Release::V4_1));
    assert_eq!(documented, lacking.map(|operation| operation.name().to_owned()).collect());
}
