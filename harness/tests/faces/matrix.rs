//! Every operation on every face of every release, against the mock.

use std::collections::{BTreeMap, BTreeSet};

use mock_xend::Daemon;
use xend_client::{Client, ErrorCode, Face, Fate, PowerState, Release};
use xend_wire::Releases;
use xend_wire::operation::{self, Arguments, Operation, find};
use xend_wire::sexpr::{Document, Rules, Sexpr, print_value};

use crate::faces::daemon::{FACES, client, daemon, run};

/// One row: an operation with its arguments, what is done before, and what is to be seen afterwards.
struct Row {
    operation: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    /// Operations that come first, over XML-RPC.
    before: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    then: Then,
}

/// What is to be seen after an operation, on the same face.
#[derive(Clone, Copy)]
enum Then {
    /// It only reads: the answer is the same on all faces.
    Same,
    /// The field of a domain has this value.
    Field(&'static str, &'static str, &'static str),
    /// What an operation tells of `vm1` has this value at a path.
    Told(&'static str, &'static str, &'static str),
    /// The domain is in this state.
    State(&'static str, PowerState),
    /// The domain starts with the daemon.
    StartsWithDaemon(&'static str),
    /// There is no such domain.
    Gone(&'static str),
    /// Nothing that any face tells.
    Unseen,
}

use ErrorCode::{InvalidParmNum, OperationFailed};
use Then::{Field, Gone, Same, StartsWithDaemon, State, Told, Unseen};

const CONFIG: &str = "(vm (name new) (memory 64) (maxmem 64) (vcpus 1) (uuid 33333333-3333-3333-3333-333333333333) \
    (on_crash rename-restart) (image (linux (kernel /srv/xend/etc/vmlinuz))) \
    (device (vif (mac 00:16:3e:00:00:03) (bridge xenbr0))) (device (vbd (uname phy:/dev/x) (dev sda1) (mode w))))";
const VM1: (&str, &str) = ("domain", "vm1");
const VM2: (&str, &str) = ("domain", "vm2");
const NEW: (&str, &str) = ("domain", "new");
const DEFINE: (&str, &[(&str, &str)]) = ("domain.define", &[("config", CONFIG)]);
const START: (&str, &[(&str, &str)]) = ("domain.start", &[NEW]);
const SUSPEND: (&str, &[(&str, &str)]) = ("domain.suspend", &[NEW]);
const FILE: (&str, &str) = ("file", "/srv/xend/vm1.save");
const SAVE: (&str, &[(&str, &str)]) = ("domain.save", &[VM1, FILE]);
const DRIVE: (&str, &[(&str, &str)]) =
    ("device.attach", &[VM1, ("config", "(vbd (uname file:/a.iso) (dev hdc:cdrom) (mode r))")]);
const OTHER_DISC: (&str, &str) = ("config", "(vbd (uname file:/b.iso) (dev hdc:cdrom) (mode r))");
const VIF: (&str, &str) = ("config", "(vif (mac 00:16:3e:00:00:99) (bridge xenbr0))");

const ROWS: &[Row] = &[
    row("node.info", &[], &[], Same),
    row("node.metrics", &[], &[], Same),
    row("node.dmesg", &[], &[], Same),
    row("node.dmesg_clear", &[], &[], Unseen),
    row("node.log", &[], &[], Same),
    row("node.debug_keys", &[("keys", "h")], &[], Unseen),
    row("domain.list", &[], &[], Same),
    row("domain.list_all", &[], &[], Same),
    row("domain.list_inactive", &[], &[DEFINE], Same),
    row("domain.records", &[], &[], Same),
    row("domain.records_in_state", &[("state", "paused")], &[], Same),
    row("domain.info", &[VM1], &[], Same),
    row("domain.vcpus", &[VM1], &[], Same),
    row("domain.restart_count", &[VM1], &[], Same),
    row("domain.wait_for_devices", &[VM1], &[], Unseen),
    row("domain.create", &[("config", CONFIG)], &[], State("new", PowerState::Paused)),
    row("domain.define", &[("config", CONFIG)], &[], State("new", PowerState::Halted)),
    row("domain.create_and_start", &[("config", CONFIG)], &[], State("new", PowerState::Running)),
    row("domain.set_autostart", &[NEW, ("autostart", "1")], &[DEFINE], StartsWithDaemon("new")),
    row("domain.start", &[NEW], &[DEFINE], State("new", PowerState::Running)),
    row("domain.undefine", &[NEW], &[DEFINE], Gone("new")),
    row("domain.pause", &[VM1], &[], State("vm1", PowerState::Paused)),
    row("domain.unpause", &[VM2], &[], State("vm2", PowerState::Running)),
    row("domain.suspend", &[NEW], &[DEFINE, START], State("new", PowerState::Suspended)),
    row("domain.resume", &[NEW], &[DEFINE, START, SUSPEND], State("new", PowerState::Running)),
    row("domain.reboot", &[VM1], &[], Unseen),
    row("domain.shutdown", &[VM1, ("reason", "poweroff")], &[], Unseen),
    row("domain.destroy", &[VM1], &[], Gone("vm1")),
    row("domain.reset", &[VM1], &[], Unseen),
    row("domain.save", &[VM1, FILE], &[], Gone("vm1")),
    row("domain.restore", &[FILE], &[SAVE], State("vm1", PowerState::Running)),
    row("domain.dump", &[VM1, ("file", "/srv/core")], &[], State("vm1", PowerState::Running)),
    row("domain.migrate", &[VM1, ("destination", "127.0.0.1")], &[], Unseen),
    row("domain.rename", &[VM1, ("name", "vm9")], &[], State("vm9", PowerState::Running)),
    row("domain.sysrq", &[VM1, ("key", "h")], &[], Unseen),
    row("domain.trigger", &[VM1, ("trigger", "nmi")], &[], Unseen),
    row("domain.set_memory", &[VM1, ("memory", "48")], &[], Field("vm1", "memory", "48")),
    row("domain.set_max_memory", &[VM1, ("memory", "96")], &[], Unseen),
    row("domain.set_vcpus", &[VM2, ("vcpus", "1")], &[], Unseen),
    row("domain.pin_vcpu", &[VM1, ("vcpu", "0"), ("cpus", "1")], &[], Unseen),
    row("domain.credit", &[VM1], &[], Same),
    row(
        "domain.set_credit",
        &[VM1, ("weight", "512"), ("cap", "0")],
        &[],
        Told("domain.credit", "credit/weight", "512"),
    ),
    row("domain.sedf", &[VM1], &[], Same),
    row(
        "domain.set_sedf",
        &[VM1, ("period", "100"), ("slice", "0"), ("latency", "0"), ("extratime", "1"), ("weight", "1")],
        &[],
        Unseen,
    ),
    row("device.list", &[VM1, ("type", "vif")], &[], Same),
    row("device.attach", &[VM1, VIF], &[], Unseen),
    row("device.configure", &[VM1, OTHER_DISC, ("device", "hdc")], &[DRIVE], Unseen),
    row("device.detach", &[VM1, ("type", "vif"), ("device", "0")], &[], Unseen),
    row("session.login", &[("user", "root"), ("password", "")], &[], Unseen),
    row("session.logout", &[], &[], Unseen),
    row("host.references", &[], &[], Same),
    row("domain.references", &[("name", "vm1")], &[], Same),
];

const fn row(
    operation: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    before: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    then: Then,
) -> Row {
    Row { operation, arguments, before, then }
}

/// What the daemon itself refuses.
struct Refused {
    operation: &'static str,
    /// On this face, or on all.
    face: Option<Face>,
    /// In these releases.
    releases: Releases,
    code: ErrorCode,
    why: &'static str,
}

const fn refused(
    operation: &'static str,
    face: Option<Face>,
    releases: Releases,
    code: ErrorCode,
    why: &'static str,
) -> Refused {
    Refused { operation, face, releases, code, why }
}

const V3_0_2: Releases = Releases::only(Release::V3_0_2);
const V3_0_3: Releases = Releases::only(Release::V3_0_3);
const REFUSED: &[Refused] = &[
    refused("domain.migrate", None, Releases::ALL, OperationFailed, "nothing listens on the port"),
    refused("device.configure", Some(Face::Sxp), V3_0_3, InvalidParmNum, "it always fails (protocol reference §3.3)"),
    refused("device.configure", None, V3_0_2, OperationFailed, "no device can be changed"),
];

fn arguments(pairs: &[(&str, &str)]) -> Arguments {
    pairs.iter().copied().collect()
}

async fn ask(client: &Client, name: &str, pairs: &[(&str, &str)]) -> Result<Document<'static>, xend_client::Error> {
    client.call(find(name).expect(name), &arguments(pairs)).await
}

/// Does what a row says on a daemon of its own, and gives what came back.
async fn attempt(row: &Row, face: Face, release: Release) -> Result<Answered, String> {
    let daemon: Daemon = daemon(release);
    for (name, pairs) in row.before {
        // The daemon of 3.0.2 can't read what kind of disk a name says.
        let plain = |&(name, value): &(&'static str, &str)| (name, value.replace(":cdrom", ""));
        let pairs: Vec<(&str, String)> = match release < Release::V3_0_3 {
            true => pairs.iter().map(plain).collect(),
            false => pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect(),
        };
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ask(&client(&daemon, Face::XmlRpc), name, &pairs).await.map_err(|error| format!("before it: {error}"))?;
    }
    let client = client(&daemon, face);
    let refused = REFUSED.iter().find(|refused| {
        refused.operation == row.operation
            && refused.face.is_none_or(|on| on == face)
            && refused.releases.contains(release)
    });
    let answer = match (ask(&client, row.operation, row.arguments).await, refused) {
        (Ok(answer), None) => answer,
        (Err(error), Some(refused)) if error.code() == refused.code && error.fate() == Fate::Refused => {
            return Ok(Answered::new());
        }
        (Ok(_), Some(refused)) => return Err(format!("it should be refused: {}", refused.why)),
        (Err(error), _) => return Err(error.to_string()),
    };
    let wrong = |seen: String| Err(format!("afterwards there is {seen}"));
    match row.then {
        Unseen => {}
        Same => return Ok(comparable(&answer)),
        Field(domain, field, value) => match client.domain(domain).await {
            Ok(record) if record.field(field) == Some(value) => {}
            Ok(record) => return wrong(format!("{field} {:?}", record.field(field))),
            Err(error) => return wrong(error.to_string()),
        },
        Told(operation, path, value) => match ask(&client, operation, &[VM1]).await {
            Ok(told) if told.first().and_then(|told| told.text(path)) == Some(value) => {}
            Ok(told) => return wrong(format!("{told:?}")),
            Err(error) => return wrong(error.to_string()),
        },
        StartsWithDaemon(domain) => match client.autostart(domain).await {
            Ok(true) => {}
            Ok(false) => return wrong("a domain that does not start".to_owned()),
            Err(error) => return wrong(error.to_string()),
        },
        State(domain, state) => match client.domain(domain).await {
            Ok(record) if record.power_state() == Some(state) => {}
            Ok(record) => return wrong(format!("{:?}", record.power_state())),
            Err(error) => return wrong(error.to_string()),
        },
        Gone(domain) => match client.domain(domain).await {
            Err(error) if error.code() == ErrorCode::VmNotFound => {}
            // 3.1 keeps a destroyed domain in its look-ups until the next refresh (protocol reference §6.4).
            Ok(record) => return wrong(format!("{:?}", record.power_state())),
            Err(error) => return wrong(error.to_string()),
        },
    }
    Ok(Answered::new())
}

/// Fields that one face alone has, or has in another form (docs/faces.md).
const HIDDEN: [&str; 1] = ["vcpu_avail"];

/// What must be the same on all faces: the fields of each record by name, but for those that a face hides; of anything
/// else, all of it.
fn comparable(answer: &Document<'static>) -> Answered {
    let shown = |value: Sexpr<'_>| String::from_utf8_lossy(&print_value(value, Rules::strict())).into_owned();
    let record = |record: Sexpr<'_>| {
        let mut fields = BTreeMap::new();
        let name = |field: Sexpr<'_>| String::from_utf8_lossy(field.name().unwrap_or_default()).into_owned();
        for field in record.items().filter(|field| field.is_list()) {
            // Not all faces tell all of a virtual processor.
            let parts: Vec<_> = match field.name() {
                Some(b"vcpu") => field.items().skip(1).map(|part| (format!("vcpu/{}", name(part)), part)).collect(),
                _ => vec![(name(field), field)],
            };
            for (name, part) in parts {
                fields.entry(name).or_insert_with(Vec::new).push(shown(part));
            }
        }
        fields.retain(|name, _| !HIDDEN.contains(&name.as_str()));
        fields
    };
    let is_device = |value: Sexpr<'_>| value.name().is_some_and(|name| name.iter().all(u8::is_ascii_digit));
    match answer.first() {
        Some(first) if first.items().next().is_some_and(is_device) => first
            .items()
            .map(|device| {
                let mut fields = device.value().map(record).unwrap_or_default();
                fields.insert(
                    String::new(),
                    vec![String::from_utf8_lossy(device.name().unwrap_or_default()).into_owned()],
                );
                fields
            })
            .collect(),
        Some(first) if first.name().is_some_and(|name| name == b"domain" || name == b"node") => vec![record(first)],
        Some(first) if first.items().next().is_some_and(|item| item.name() == Some(b"domain")) => {
            first.items().map(record).collect()
        }
        Some(first) => vec![BTreeMap::from([(String::new(), vec![shown(first)])])],
        None => Vec::new(),
    }
}

/// Records, each with its fields; of a name that stands several times, all.
type Answered = Vec<BTreeMap<String, Vec<String>>>;

/// Whether two answers agree: in everything, or where one comes by the Xen-API, which has other fields, too, in those
/// that both have.
fn agree(one: &(Face, Answered), other: &(Face, Answered)) -> bool {
    if one.0 != Face::XenApi && other.0 != Face::XenApi {
        return one.1 == other.1;
    }
    let same = |(one, other): (&BTreeMap<_, _>, &BTreeMap<_, _>)| {
        one.iter().all(|(name, value)| other.get(name).is_none_or(|it| it == value))
    };
    one.1.len() == other.1.len() && one.1.iter().zip(&other.1).all(same)
}

/// Whatever the table says is there is done, and does what it is for; whatever it says is not there is not sent.
#[test]
fn every_operation_on_every_face_of_every_release() {
    let (mut done, mut unsupported) = (0, 0);
    let mut wrong = Vec::new();
    for row in ROWS {
        let operation: Operation = find(row.operation).expect(row.operation);
        for &release in Release::ALL {
            let mut answers: Vec<(Face, Answered)> = Vec::new();
            for face in FACES {
                let id = format!("{} {face} {release}", row.operation);
                if !operation.is_supported(face, release) {
                    let error = run(ask_on_fresh(row, face, release)).expect_err(&id);
                    assert_eq!((error.unsupported().is_some(), error.fate()), (true, Fate::Invalid), "{id}");
                    unsupported += 1;
                    continue;
                }
                match run(attempt(row, face, release)) {
                    Ok(answer) => {
                        done += 1;
                        answers.push((face, answer));
                    }
                    Err(why) => wrong.push(format!("{id}: {why}")),
                }
            }
            if let [first, rest @ ..] = &answers[..] {
                for answer in rest.iter().filter(|answer| !agree(first, answer)) {
                    wrong.push(format!("{} {release}: {first:?}\n  {answer:?}", row.operation));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((done, unsupported), (927, 321), "done, and not there");
}

async fn ask_on_fresh(row: &Row, face: Face, release: Release) -> Result<Document<'static>, xend_client::Error> {
    let daemon = daemon(release);
    let client = client(&daemon, face);
    let answer = ask(&client, row.operation, row.arguments).await;
    assert_eq!(daemon.journal().exchanges().count(), 0, "nothing is sent");
    answer
}

#[test]
fn the_matrix_has_every_operation() {
    let rows: BTreeSet<_> = ROWS.iter().map(|row| row.operation).collect();
    let all: BTreeSet<_> = operation::ALL.iter().map(|operation| operation.name()).collect();
    assert_eq!(rows, all);
}

/// A domain and the host are the same to a program, whichever face told of them: all that every face can tell.
#[test]
fn typed_results_are_the_same() {
    for &release in Release::ALL {
        let daemon = daemon(release);
        let told = |face| {
            run(async {
                let client = client(&daemon, face);
                let mut told = Vec::new();
                for name in ["Domain-0", "vm1", "vm2"] {
                    let domain = client.domain(name).await.unwrap();
                    told.push(format!(
                        "{:?} {:?} {:?} {:?} MiB of {:?}, {:?} vcpus, {:?}, {}, {:?}",
                        domain.name(),
                        domain.domid(),
                        domain.uuid(),
                        domain.memory_mib(),
                        domain.max_memory_mib(),
                        domain.vcpus(),
                        domain.power_state(),
                        domain.os_type(),
                        ["poweroff", "reboot", "crash"].map(|event| domain.action_on(event).map(str::to_owned)),
                    ));
                }
                let node = client.node().await.unwrap();
                let (all, free) = (node.total_memory_mib(), node.free_memory_mib());
                told.push(format!("{:?} {:?} cpus, {free:?} MiB of {all:?}", node.host(), node.cpus()));
                told
            })
        };
        let faces: Vec<_> = FACES.into_iter().filter(|face| face.is_served_by(release)).collect();
        let first = told(faces[0]);
        assert_eq!(first[1].split_once(' ').unwrap().0, "Some(\"vm1\")");
        for face in &faces[1..] {
            assert_eq!(told(*face), first, "{face} {release}");
        }
    }
}

/// The release is found on every face, whatever was taken for it before.
#[test]
fn the_release_is_detected_on_every_face() {
    for &release in Release::ALL {
        let daemon = daemon(release);
        for face in FACES.into_iter().filter(|face| face.is_served_by(release)) {
            for guess in [Release::V3_1, Release::V4_1] {
                let client = client(&daemon, face).release(guess);
                let detected = run(async { client.detect().await.unwrap().release_in_use() });
                assert_eq!(detected, release, "{face}");
            }
        }
    }
}
