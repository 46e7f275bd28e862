//! Broken daemons against the laws.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use xend_client::Release;
use xend_harness::laws::{Law, Options, check};
use xend_harness::report;
use xend_harness::run::{self, Run, Selection};

use crate::callers::{all, at_once};
use crate::daemon::LayeredMock;
use crate::mutants::{self, DaemonMutant};

/// The step by which the mock's time goes on while laws wait.
const TICK: Duration = Duration::from_millis(100);

/// The laws of the folder, of which no program needs to be built anew.
fn laws() -> Vec<Law> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/laws");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .expect("the laws")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let read = |name: String| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/laws").join(&name);
        let text = std::fs::read_to_string(path).expect("a law");
        Law::parse(&format!("laws/{name}"), &name, &text).unwrap_or_else(|why| panic!("{why}"))
    };
    names.into_iter().map(read).collect()
}

/// Tries the laws that a pattern matches, or all, on a server, in virtual time.
fn tried(server: &LayeredMock, laws: &[Law], filter: &[String]) -> Run {
    let filter = filter.iter().map(|pattern| pattern.parse().expect("a pattern")).collect();
    let options = run::Options { selection: Selection { filter, ..Selection::default() }, ..run::Options::default() };
    let how = Options { is_destructive: true, kernel: "/boot/vmlinuz".to_owned() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let daemon = server.daemon.clone();
        let time = tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                daemon.advance(TICK);
            }
        });
        let run = check(&server.host(), laws, &how, &options, &mut (), std::future::pending()).await;
        time.abort();
        run.expect("the laws are tried")
    })
}

fn failed(run: &Run) -> BTreeSet<&str> {
    run.verdicts.iter().filter(|verdict| verdict.is_unexpected).map(xend_harness::Verdict::id).collect()
}

#[test]
fn a_daemon_without_faults_keeps_every_law() {
    let run = tried(&LayeredMock::whole(Release::V4_1), &laws(), &[]);
    assert_eq!(run.unexpected(), 0, "{}", report::text(&run, report::Detail::Some));
}

/// Each broken server is tried by the laws that its row names; `make power-all` tries all laws.
#[test]
fn every_broken_daemon_breaks_its_laws() {
    let laws = laws();
    let mutants = mutants::daemons();
    let ids: BTreeSet<_> = mutants.iter().map(|mutant| &*mutant.id).collect();
    assert_eq!(ids.len(), mutants.len(), "an id stands twice");
    let mut complaints: Vec<_> = at_once(&mutants, |mutant| complaint(mutant, &laws)).into_iter().flatten().collect();
    let busy: BTreeSet<_> = mutants.iter().flat_map(|mutant| &mutant.laws).collect();
    let idle = laws.iter().filter(|law| !busy.contains(&law.id));
    complaints.extend(idle.map(|law| format!("{} catches no daemon", law.id)));
    if all() {
        for line in at_once(&mutants, |mutant| line(mutant, &laws)) {
            println!("{line}");
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Who catches a server, of all laws.
fn line(mutant: &DaemonMutant, laws: &[Law]) -> String {
    let run = tried(&LayeredMock::broken(mutant), laws, &[]);
    let caught = failed(&run);
    let first: Vec<_> = caught.iter().take(4).copied().collect();
    format!("daemon {:<40} {:>4}  {}", mutant.id, caught.len(), first.join(", "))
}

fn complaint(mutant: &DaemonMutant, laws: &[Law]) -> Option<String> {
    let DaemonMutant { id, breaks, laws: named, permitted, .. } = mutant;
    if named.is_empty() == permitted.is_none() {
        return Some(format!("daemon {id} needs either laws or a reason to live"));
    }
    let unknown: Vec<_> = named.iter().filter(|id| laws.iter().all(|law| law.id != **id)).collect();
    if !unknown.is_empty() {
        return Some(format!("daemon {id} names laws that are none: {unknown:?}"));
    }
    let run = tried(&LayeredMock::broken(mutant), laws, named);
    let failed = failed(&run);
    let missed: Vec<_> = named.iter().filter(|law| !failed.contains(law.as_str())).collect();
    (!missed.is_empty()).then(|| format!("daemon {id} is not caught by {missed:?}: {breaks}"))
}
