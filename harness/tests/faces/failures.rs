//! Every operation that fails, on every face, by a scenario.

use std::path::Path;

use mock_xend::Scenario;
use xend_client::{Arguments, ErrorCode, Face, Fate, Release};
use xend_wire::operation::{ALL, Argument, ArgumentKind};

use crate::faces::daemon::{FACES, client, run, scripted};

/// Messages that mean the same whatever was asked, with their code (`patterns.tsv`).
const MESSAGES: [(&str, ErrorCode); 3] = [
    ("Not enough free memory", ErrorCode::OutOfMemory),
    ("VM name 'vm1' already exists", ErrorCode::AlreadyExist),
    ("No space left on device", ErrorCode::OutOfDiskSpace),
];

pub(crate) fn value(argument: &Argument) -> &'static str {
    match (argument.name, argument.kind) {
        ("reason", _) => "poweroff",
        // On the Xen-API a uuid is a reference, and need not be looked up.
        (_, ArgumentKind::Domain) => "11111111-1111-1111-1111-111111111111",
        (_, ArgumentKind::Sexpr) => "(vm (name new))",
        (_, ArgumentKind::Integer(_)) => "7",
        (_, ArgumentKind::Flag) => "1",
        (_, ArgumentKind::Key) => "h",
        (_, ArgumentKind::Cpus) => "0,1",
        (_, ArgumentKind::Path) => "/srv/file",
        (_, ArgumentKind::Text) => "text",
    }
}

#[test]
fn every_operation_tells_why_it_failed() {
    let mut failed = 0;
    for &release in Release::ALL {
        for (message, code) in MESSAGES {
            for &operation in ALL {
                let arguments: Arguments = operation
                    .arguments()
                    .iter()
                    .filter(|argument| argument.is_required)
                    .map(|argument| (argument.name, value(argument)))
                    .collect();
                for face in FACES {
                    // What takes several requests has tests of its own.
                    if !operation.takes_one_request(face, release) {
                        continue;
                    }
                    let text = format!(
                        "[[expect]]\nface = \"{face}\"\noperation = \"{}\"\nreply = {{ error = \"{message}\" }}\n",
                        operation.name()
                    );
                    let scenario = Scenario::parse("failure.toml", &text, Path::new(".")).unwrap();
                    let daemon = scripted(release, scenario);
                    let id = format!("{} {face} {release}", operation.name());
                    let error = run(client(&daemon, face).call(operation, &arguments)).expect_err(&id);
                    assert_eq!((error.code(), error.fate()), (code, Fate::Refused), "{id}: {error}");
                    let said = if face == Face::XenApi { &format!("INTERNAL_ERROR {message}") } else { message };
                    assert_eq!((error.message(), error.operation()), (said, operation.name()), "{id}");
                    assert!(error.reply().is_some(), "{id}");
                    assert_eq!(daemon.report().lines().count(), 0, "{id}: the scenario is used up");
                    failed += 1;
                }
            }
        }
    }
    assert!(failed > 1000, "{failed} failures");
}
