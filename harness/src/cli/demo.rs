//! The command `demo`, which runs every part of the project once.

use mock_xend::{Address, Builder, MockXend};
use xend_client::{Arguments as Named, Client, Face, Operation, Release, Uri};
use xend_wire::{operation, sexpr};

use super::output::{print, runtime};
use crate::case::Case;
use crate::exchange::{CompareOptions, Comparison, Sequence, Server, Servers, compare, judge};
use crate::subject::BuiltIn;
use crate::verdict::Status;
use crate::{Error, report, run};

/// Run everything once: the cases, the exchanges of the real daemon, and the client, against mocks of every release.
///
/// The demo needs nothing but this program. Its mocks listen on free ports of the loopback interface and on Unix
/// sockets in a temporary folder.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> Result<u8, Error> {
    print("The built-in codecs, by all of their rules:\n")?;
    let cases = run::judge(&mut BuiltIn::new(), &Case::built_in()?, &run::Options::default())?;
    print(&format!("  {}\n", report::text(&cases, report::Detail::Some).trim_end().replace('\n', "\n  ")))?;

    print("Mocks, compared with exchanges of the real daemon, over TCP and Unix sockets:\n")?;
    let runtime = runtime()?;
    let mut exchanges = 0;
    let mut unexpected = cases.unexpected();
    for (sequence, comparisons) in runtime.block_on(replay_all())? {
        let name = &sequence.name;
        let judged = comparisons.iter().filter(|comparison| comparison.is_judged()).count();
        let known = comparisons.iter().filter(|it| it.status == Status::ExpectedFailure).count();
        let differing = comparisons.iter().filter(|comparison| comparison.is_unexpected()).count();
        exchanges += judged;
        unexpected += differing;
        if differing > 0 {
            let run = judge(name, &sequence, &comparisons, &run::Options::default(), &mut ())?;
            print(&report::text(&run, report::Detail::All))?;
        }
        print(&format!("  {name:<13} {judged} compared, {known} known to differ, {differing} unexpected\n"))?;
    }

    print("The client, against mocks of every release, over both protocols and both transports:\n")?;
    for &release in Release::ALL {
        let transcripts = runtime.block_on(transcripts(release))?;
        let (first_uri, first) = &transcripts[0];
        let before = unexpected;
        for (uri, transcript) in &transcripts[1..] {
            for (one, other) in first.iter().zip(transcript).filter(|(one, other)| one != other) {
                unexpected += 1;
                print(&format!("  {release}: {first_uri} says {one}\n  {release}: {uri} says {other}\n"))?;
            }
        }
        let (operations, addresses, differing) = (first.len(), transcripts.len(), unexpected - before);
        print(&format!("  {release:<13} {operations} operations on {addresses} addresses, {differing} unexpected\n"))?;
    }
    print(&format!("{} cases, {exchanges} exchanges, {unexpected} unexpected\n", cases.cases()))?;
    Ok(if unexpected == 0 { cases.exit_code() } else { 1 })
}

/// Compares mocks with all built-in sequences at the same time.
async fn replay_all() -> Result<Vec<(Sequence, Vec<Comparison>)>, Error> {
    let sequences = Sequence::built_in()?.into_iter();
    let playing: Vec<_> = sequences
        .map(|sequence| {
            tokio::spawn(async move {
                let comparisons = replay(&sequence).await;
                (sequence, comparisons)
            })
        })
        .collect();
    let mut played = Vec::new();
    for task in playing {
        let (sequence, comparisons) = task.await.map_err(|error| Error::Harness(error.to_string()))?;
        played.push((sequence, comparisons?));
    }
    Ok(played)
}

/// Compares a new mock with one sequence.
async fn replay(sequence: &Sequence) -> Result<Vec<Comparison>, Error> {
    let mock = Mock::start(sequence.release, sequence.mock()?)?;
    let servers = mock.uris().into_iter().map(Server::Uri).collect();
    compare(sequence, &Servers(servers), CompareOptions { is_own_mock: true, ..CompareOptions::default() }).await
}

/// A mock that listens on TCP and Unix sockets, with the folder for its sockets.
struct Mock {
    mock: MockXend,
    _folder: tempfile::TempDir,
}

impl Mock {
    /// Lets a mock of a release listen on all faces that it has.
    fn start(release: Release, mut builder: Builder) -> Result<Self, Error> {
        let harness = |error: String| Error::Harness(error);
        let folder = tempfile::tempdir().map_err(|error| harness(format!("no temporary folder: {error}")))?;
        let faces = Face::served_by(release);
        for face in faces {
            let socket = folder.path().join(format!("{face}.sock"));
            builder = builder.listen(face, Address::any_port()).listen(face, Address::Unix(socket));
        }
        let mock = builder.start().map_err(|error| harness(error.to_string()))?;
        Ok(Self { mock, _folder: folder })
    }

    fn uris(&self) -> Vec<Uri> {
        let listening = self.mock.listening().iter();
        listening
            .filter_map(|(face, address)| match address {
                Address::Tcp(address) => Some(Uri::tcp(*face, address.ip().to_string(), address.port())),
                Address::Unix(path) => Some(Uri::unix(*face, path)),
                // A listener on a temporary socket has the socket's path, and none has TLS.
                Address::AnyUnix | Address::Tls(_) => None,
            })
            .collect()
    }
}

/// Runs the same operations by the client at each address of a new mock, and returns the results by address.
async fn transcripts(release: Release) -> Result<Vec<(String, Vec<String>)>, Error> {
    let mut transcripts = Vec::new();
    for at in 0..4 {
        let mock = Mock::start(release, MockXend::builder().release(release))?;
        let uri = mock.uris().swap_remove(at);
        let address = match &uri.address {
            xend_client::Address::Tcp { .. } => "tcp",
            xend_client::Address::Tls { .. } => "tls",
            xend_client::Address::Unix(_) => "unix",
        };
        let name = format!("{}+{address}", uri.face);
        let client = Client::new(uri).release(release);
        let mut transcript = Vec::new();
        for &(operation, arguments) in ALL {
            let named: Named = arguments.iter().copied().collect();
            transcript.push(format!(
                "{}: {}",
                operation.name(),
                match client.call(operation, &named).await {
                    Ok(answer) =>
                        String::from_utf8_lossy(&sexpr::print(&shared(&answer), sexpr::Rules::strict())).into_owned(),
                    Err(error) => error.code().to_string(),
                }
            ));
        }
        transcripts.push((name, transcript));
    }
    Ok(transcripts)
}

/// The operations that the client is asked to do, in order.
const ALL: &[(Operation, &[(&str, &str)])] = &[
    (operation::NODE_INFO, &[]),
    (operation::LIST, &[]),
    (operation::INFO, &[("domain", "vm1")]),
    (operation::INFO, &[("domain", "nosuch")]),
    (operation::PAUSE, &[("domain", "vm1")]),
    (operation::PAUSE, &[("domain", "vm1")]),
    (operation::UNPAUSE, &[("domain", "vm1")]),
    (operation::CREATE, &[("config", "(vm (name demo) (memory 64) (vcpus 1) (image (linux (kernel /boot/vmlinuz))))")]),
    (operation::CREATE, &[("config", "(vm (name demo) (memory 64) (vcpus 1) (image (linux (kernel /boot/vmlinuz))))")]),
    (operation::UNPAUSE, &[("domain", "demo")]),
    (operation::LIST, &[]),
    (operation::REBOOT, &[("domain", "demo")]),
    (operation::SHUTDOWN, &[("domain", "demo"), ("reason", "poweroff")]),
    (operation::DESTROY, &[("domain", "Domain-0")]),
    (operation::DESTROY, &[("domain", "vm2")]),
    (operation::DESTROY, &[("domain", "vm2")]),
    (operation::LIST, &[]),
];

/// Returns a result without the fields that the daemon shows on one face only or that change from moment to moment.
fn shared(answer: &sexpr::Document<'_>) -> sexpr::Document<'static> {
    const LEFT_OUT: [&[u8]; 4] = [b"vcpu_avail", b"up_time", b"start_time", b"uuid"];
    let mut builder = sexpr::Builder::new();
    for value in answer.values() {
        if value.as_atom().is_some() {
            builder.value(value);
            continue;
        }
        builder.open();
        for item in value.items().filter(|item| item.name().is_none_or(|name| !LEFT_OUT.contains(&name))) {
            builder.value(item);
        }
        builder.close();
    }
    builder.finish()
}
