//! What takes several requests, and what is left when one of them fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mock_xend::Daemon;
use mock_xend::world::Domain;
use xend_client::{Client, Deadlines, Device, ErrorCode, Face, PowerState, Release, Uri, Vcpu};
use xend_wire::operation::{ALL, Arguments, Implementation, Operation, find};
use xend_wire::sexpr::{Rules, Sexpr, print_value};
use xend_wire::xenapi;

use crate::faces::between::{self, Fate};
use crate::faces::daemon::{client, daemon, run};

type Pairs = &'static [(&'static str, &'static str)];

/// An operation, and what is done before it over XML-RPC.
#[derive(Clone, Copy, Debug)]
struct Row(&'static str, Pairs, &'static [(&'static str, Pairs)]);

const CONFIG: &str = "(vm (name new) (memory 64) (vcpus 1) (image (linux (kernel /srv/xend/etc/vmlinuz))) \
    (device (vif (bridge xenbr0))) (device (vbd (uname phy:/dev/x) (dev sda1) (mode w))) (device (vif (bridge xenbr0))))";
const VM1: (&str, &str) = ("domain", "vm1");
const DISK: (&str, &str) = ("config", "(vbd (uname phy:/dev/y) (dev sdb1) (mode w))");
const DRIVE: (&str, Pairs) =
    ("device.attach", &[VM1, ("config", "(vbd (uname file:/a.iso) (dev hdc:cdrom) (mode r))")]);
const CREATE: Row = Row("domain.create", &[("config", CONFIG)], &[]);
const DEFINE: Row = Row("domain.define", &[("config", CONFIG)], &[]);
const CREATE_AND_START: Row = Row("domain.create_and_start", &[("config", CONFIG)], &[]);
const ATTACH: Row = Row("device.attach", &[VM1, DISK], &[]);
/// Those that take methods of the Xen-API.
const ROWS: &[Row] = &[
    CREATE,
    CREATE_AND_START,
    DEFINE,
    Row("domain.records_in_state", &[("state", "paused")], &[]),
    Row("domain.vcpus", &[VM1], &[]),
    Row("domain.set_credit", &[VM1, ("weight", "512"), ("cap", "0")], &[]),
    Row("device.list", &[VM1, ("type", "vif")], &[]),
    Row("device.list", &[VM1, ("type", "vbd")], &[("device.attach", &[VM1, DISK])]),
    Row("device.attach", &[VM1, ("config", "(vif (bridge xenbr0))")], &[]),
    ATTACH,
    Row(
        "device.configure",
        &[VM1, ("device", "hdc"), ("config", "(vbd (uname file:/b.iso) (dev hdc:cdrom))")],
        &[DRIVE],
    ),
    Row("device.detach", &[VM1, ("type", "vif"), ("device", "0")], &[]),
    Row("device.detach", &[VM1, ("type", "vbd"), ("device", "sdb1")], &[("device.attach", &[VM1, DISK])]),
];

const RELEASES: [Release; 3] = [Release::V3_1, Release::V3_4, Release::V4_1];

/// What came of an operation.
struct Attempt {
    /// How it failed.
    error: Option<xend_client::Error>,
    /// The methods that were sent for it, each with whether the daemon did it.
    sent: Vec<(String, bool)>,
    before: Vec<Arc<Domain>>,
    after: Vec<Arc<Domain>>,
    took: Duration,
}

impl Attempt {
    /// Whether the host is another than it was: its domains, or the objects that were made for them.
    fn is_left(&self) -> bool {
        let done = |act: &str, class: &str| {
            let name = format!("{class}.{act}");
            self.sent.iter().filter(|(method, is_done)| *is_done && *method == name).count()
        };
        // Devices stand in their domain; an image is an object of its own.
        self.before != self.after || done("create", "VDI") > done("destroy", "VDI")
    }
}

async fn ask(client: &Client, name: &str, pairs: Pairs) -> Result<(), xend_client::Error> {
    let arguments: Arguments = pairs.iter().copied().collect();
    client.call(find(name).expect(name), &arguments).await.map(drop)
}

/// Does an operation in a world of its own, with other fates for some of its requests.
fn attempt(
    row: Row,
    (face, release): (Face, Release),
    fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static,
) -> Attempt {
    attempt_on(&daemon(release), row, face, fate)
}

fn attempt_on(
    daemon: &Daemon,
    Row(name, arguments, before): Row,
    face: Face,
    fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static,
) -> Attempt {
    let domains = || daemon.with_world(|world| world.domains().to_vec());
    run(async {
        for (name, arguments) in before {
            ask(&client(daemon, Face::XmlRpc), name, arguments).await.expect(name);
        }
        let (between, sent) = between::client(daemon, face, fate);
        let between = between.deadlines(Deadlines { first_byte: LIMIT, whole: LIMIT, ..Deadlines::default() });
        let (before, start) = (domains(), tokio::time::Instant::now());
        let error = ask(&between, name, arguments).await.err();
        let sent = sent.lock().unwrap().clone();
        Attempt { error, sent, before, after: domains(), took: start.elapsed() }
    })
}

const LIMIT: Duration = Duration::from_secs(10);
/// Beyond the time of the operation.
const UNMAKING: Duration = Duration::from_secs(30);

fn is_supported(row: &Row, release: Release) -> bool {
    find(row.0).expect("an operation").is_supported(Face::XenApi, release)
}

/// What opens a session, and looks up the domain that an operation is about, comes before any.
fn is_lookup(method: &str) -> bool {
    ["session.login_with_password", "VM.get_by_name_label"].contains(&method)
}

/// Each operation has each of its requests fail in turn, in each way. What a refusal or a lost look-up leaves behind is
/// nothing, or the error says that it may be something; a session that was forgotten is opened again.
#[test]
fn a_failure_at_any_step_leaves_nothing_behind() {
    let (mut failed, mut wrong, mut in_part) = (0, Vec::new(), BTreeSet::new());
    for release in RELEASES {
        for &row in ROWS.iter().filter(|row| is_supported(row, release)) {
            let whole = attempt(row, (Face::XenApi, release), |_, _| Fate::Pass);
            assert!(whole.error.is_none(), "{row:?} {release}: {:?}", whole.error);
            for at in 1..whole.sent.len() {
                for fate in Fate::FAILURES {
                    let it = attempt(row, (Face::XenApi, release), move |n, _| if n == at { fate } else { Fate::Pass });
                    let (method, id) =
                        (&whole.sent[at].0, format!("{} {release}: {fate:?} {}", row.0, whole.sent[at].0));
                    failed += 1;
                    let reads = xenapi::is_getter(method);
                    let is_right = match it.error.as_ref().map(xend_client::Error::fate) {
                        None => fate == Fate::Forget,
                        Some(xend_client::Fate::Refused) => fate == Fate::Refuse && !it.is_left(),
                        Some(xend_client::Fate::Sent) => fate != Fate::Refuse && reads && !it.is_left(),
                        Some(xend_client::Fate::Unknown) if fate == Fate::Refuse || reads => {
                            in_part.insert(row.0);
                            // What 3.1 keeps of a parameter only its Xen-API shows.
                            it.is_left() || row.0 == "domain.set_credit"
                        }
                        Some(xend_client::Fate::Unknown) => true,
                        Some(_) => false,
                    };
                    if !is_right || it.took > LIMIT + UNMAKING {
                        wrong.push(format!("{id}: {:?} {}", it.error, it.is_left()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The first of two parameters is set, and can't be put back; a disk may be gone although the daemon said otherwise.
    assert_eq!(in_part.into_iter().collect::<Vec<_>>(), ["device.detach", "domain.set_credit"]);
    assert!(failed > 1000, "{failed} failures");
}

/// A server that gives what no daemon does gets an error, in time: nothing is taken for an answer that is none.
#[test]
fn what_no_daemon_gives_is_an_error() {
    const ODD: [&str; 9] = [
        "<nil/>",
        "",
        "<int>5</int>",
        "<boolean>1</boolean>",
        "<array><data></data></array>",
        "<array><data><value><int>5</int></value></data></array>",
        "<struct></struct>",
        "<struct><member><name>a</name><value><nil/></value></member></struct>",
        "<array><data><value>unknown</value><value>unknown</value></data></array>",
    ];
    let mut taken = BTreeSet::new();
    for &row in ROWS {
        let whole = attempt(row, (Face::XenApi, Release::V4_1), |_, _| Fate::Pass);
        for at in 1..whole.sent.len() {
            for value in ODD {
                let odd = move |n, _: &str| if n == at { Fate::Give(value) } else { Fate::Pass };
                let it = attempt(row, (Face::XenApi, Release::V4_1), odd);
                assert!(it.took <= LIMIT + UNMAKING, "{row:?} {value}");
                if it.error.is_none() {
                    let method = whole.sent[at].0.as_str();
                    taken.insert((method.to_owned(), value));
                }
            }
        }
    }
    // What gives nothing is not looked at; a list or a set of records may be empty, or of others.
    let gives_nothing = ["VM.start", "VM.add_to_VCPUs_params_live", "VBD.media_change", "VIF.destroy", "VBD.destroy"];
    let may_be = |method: &str, value: &str| match method {
        "VM.get_all" | "VM.get_VIFs" | "VM.get_VBDs" => value.starts_with("<array>") && !value.contains("int"),
        "VM.get_all_records" | "VDI.get_all_records" | "VM_metrics.get_record" | "VM.get_record" => {
            value.starts_with("<struct>")
        }
        method => gives_nothing.contains(&method),
    };
    let wrong: Vec<_> = taken.iter().filter(|(method, value)| !may_be(method, value)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The table names the methods that are sent, and no others.
#[test]
fn the_steps_are_those_of_the_table() {
    let steps = |operation: &Operation| match operation.implementation(Face::XenApi, Release::V4_1) {
        Ok(Implementation::Methods { steps }) => Some((operation.name(), steps)),
        _ => None,
    };
    let steps: BTreeMap<_, _> = ALL.iter().filter_map(steps).collect();
    let of_methods: BTreeSet<_> = steps.keys().copied().collect();
    assert_eq!(of_methods, ROWS.iter().map(|row| row.0).collect());
    for name in of_methods {
        let mut sent = BTreeSet::new();
        for &row in ROWS.iter().filter(|row| row.0 == name) {
            let whole = attempt(row, (Face::XenApi, Release::V4_1), |_, _| Fate::Pass);
            for at in 0..whole.sent.len() {
                let refused = move |n, _: &str| if n == at { Fate::Refuse } else { Fate::Pass };
                sent.extend(attempt(row, (Face::XenApi, Release::V4_1), refused).sent.into_iter().map(|it| it.0));
            }
            sent.extend(whole.sent.into_iter().map(|it| it.0));
        }
        sent.retain(|method| !is_lookup(method));
        assert_eq!(sent, steps[name].iter().map(|step| (*step).to_owned()).collect(), "{name}");
    }
}

/// What is made of calls: the domain that was made is ended again, and no other.
#[test]
fn a_domain_that_does_not_start_is_ended() {
    for &release in Release::ALL {
        for face in [Face::Sxp, Face::XmlRpc] {
            let whole = attempt(CREATE_AND_START, (face, release), |_, _| Fate::Pass);
            assert_eq!(
                whole.after.last().map(|domain| domain.power_state()),
                Some(mock_xend::world::PowerState::Running)
            );
            // Creation itself, and what it takes after it.
            for at in 1..whole.sent.len() {
                for fate in [Fate::Lose, Fate::LoseReply, Fate::Garble, Fate::Hang] {
                    let it =
                        attempt(CREATE_AND_START, (face, release), move |n, _| if n == at { fate } else { Fate::Pass });
                    let id = format!("{face} {release}: {fate:?} {}", whole.sent[at].0);
                    assert_eq!(it.error.as_ref().and_then(xend_client::Error::domain), Some("new"), "{id}");
                    assert_eq!(it.before, it.after, "{id}");
                }
            }
            let lost = attempt(CREATE_AND_START, (face, release), |n, _| if n > 0 { Fate::Lose } else { Fate::Pass });
            assert_eq!(lost.error.as_ref().map(xend_client::Error::fate), Some(xend_client::Fate::Unknown));
        }
    }
}

/// Every step that unmakes something is tried, and what could not be unmade is told.
#[test]
fn a_failure_to_unmake_is_told_too() {
    let check = |row, refused: &'static [&'static str], expected: &str| {
        let fate = |_, method: &str| if refused.contains(&method) { Fate::Refuse } else { Fate::Pass };
        let it = attempt(row, (Face::XenApi, Release::V4_1), fate);
        let error = it.error.as_ref().expect("an error");
        assert_eq!((error.fate(), error.message()), (xend_client::Fate::Unknown, expected));
        it.sent.iter().filter(|(method, _)| method.ends_with(".destroy")).map(|it| it.0.clone()).collect::<Vec<_>>()
    };
    let said = "INTERNAL_ERROR it can't";
    let unmade = check(DEFINE, &["VBD.create", "VIF.destroy"], &format!("{said}; then VIF.destroy: {said}"));
    assert_eq!(unmade, ["VDI.destroy", "VIF.destroy", "VM.destroy"]);
    let unmade = check(CREATE, &["VM.start", "VBD.destroy"], &format!("{said}; then VBD.destroy: {said}"));
    assert_eq!(unmade, ["VIF.destroy", "VBD.destroy", "VDI.destroy", "VIF.destroy", "VM.destroy"]);
    let shutdown = format!("{said}; then VM.hard_shutdown: {said}");
    check(CREATE_AND_START, &["VM.get_record", "VM.hard_shutdown"], &shutdown);
}

/// A definition that is overwritten can't be brought back, so it is not taken away either; nor is what runs shut down.
#[test]
fn what_was_there_before_is_not_unmade() {
    const OF_VM1: &str = "(vm (name vm1) (uuid 11111111-1111-1111-1111-111111111111) (memory 64) (vcpus 1) \
        (image (linux (kernel /srv/xend/etc/vmlinuz))))";
    const AGAIN: &str = "(vm (name new) (uuid 33333333-3333-3333-3333-333333333333) (memory 64) (vcpus 1) \
        (image (linux (kernel /k))) (device (vif (bridge xenbr0))))";
    const RENAMED: &str = "(vm (name other) (uuid 33333333-3333-3333-3333-333333333333) (memory 64) (vcpus 1) \
        (image (linux (kernel /k))) (device (vif (bridge xenbr0))))";
    const BEFORE: &[(&str, Pairs)] = &[("domain.define", &[("config", AGAIN)])];
    for release in RELEASES {
        for row in
            [Row("domain.define", &[("config", AGAIN)], BEFORE), Row("domain.define", &[("config", RENAMED)], BEFORE)]
        {
            let cant = |_, method: &str| if method == "VIF.create" { Fate::Refuse } else { Fate::Pass };
            let it = attempt(row, (Face::XenApi, release), cant);
            assert_eq!(it.error.map(|error| error.fate()), Some(xend_client::Fate::Unknown), "{release}");
            assert!(it.sent.iter().all(|(method, _)| method != "VM.destroy"), "{release}");
        }
        let started_again = Row("domain.create_and_start", &[("config", AGAIN)], BEFORE);
        let cant = |_, method: &str| if method == "VM.start" { Fate::Refuse } else { Fate::Pass };
        let it = attempt(started_again, (Face::XenApi, release), cant);
        assert_eq!(it.error.map(|error| error.fate()), Some(xend_client::Fate::Unknown), "{release}");
        assert!(it.after.iter().any(|domain| domain.name == "new"), "{release}");
        let it = attempt(Row("domain.create", &[("config", OF_VM1)], &[]), (Face::XenApi, release), |_, _| Fate::Pass);
        assert!(it.error.is_some(), "{release}");
        assert!(it.after.iter().any(|domain| domain.name == "vm1" && domain.id == Some(1)), "{release}");
    }
}

/// A disk that may be there keeps its image.
#[test]
fn an_image_stays_while_its_disk_may_be_there() {
    let it = attempt(ATTACH, (Face::XenApi, Release::V4_1), |_, method| {
        if method == "VBD.create" { Fate::LoseReply } else { Fate::Pass }
    });
    assert_eq!(it.error.as_ref().map(xend_client::Error::fate), Some(xend_client::Fate::Unknown));
    assert!(it.sent.iter().all(|(method, _)| method != "VDI.destroy"), "{:?}", it.sent);
}

/// Only what is refused for want of a session is asked again, and nothing is done twice.
#[test]
fn what_was_refused_is_not_done_twice() {
    let is_forgotten = AtomicBool::new(false);
    let it = attempt(DEFINE, (Face::XenApi, Release::V4_1), move |_, method| {
        let is_time = method == "VBD.create" && !is_forgotten.swap(true, Ordering::SeqCst);
        if is_time { Fate::Forget } else { Fate::Pass }
    });
    assert!(it.error.is_none(), "{:?}", it.error);
    let done = |name: &str| it.sent.iter().filter(|(method, is_done)| *is_done && method == name).count();
    assert_eq!(["session.login_with_password", "VM.create", "VBD.create", "VIF.create"].map(done), [2, 1, 1, 2]);
}

/// Calls at the same time open one session, at first and after it was forgotten.
#[test]
fn calls_at_the_same_time_share_a_session() {
    let daemon = daemon(Release::V4_1);
    run(async {
        let is_forgotten = AtomicBool::new(false);
        let fate = move |number, method: &str| {
            let is_time = number > 5 && method == "VM.get_record" && !is_forgotten.swap(true, Ordering::SeqCst);
            if is_time { Fate::Forget } else { Fate::Pass }
        };
        let (client, sent) = between::client(&daemon, Face::XenApi, fate);
        for logins in [1, 2] {
            let (info, vcpus, records) = tokio::join!(client.domain("vm1"), client.vcpus("vm1"), client.records());
            assert!(info.is_ok() && vcpus.is_ok() && records.is_ok(), "{info:?} {vcpus:?} {records:?}");
            let sent = sent.lock().unwrap();
            let opened = sent.iter().filter(|(method, _)| method == "session.login_with_password");
            assert_eq!(opened.count(), logins);
        }
    });
}

/// All requests of an operation go over one connection, if it is to be kept.
#[test]
fn the_requests_share_a_connection() {
    for &Row(name, arguments, before) in ROWS {
        let daemon = daemon(Release::V4_1);
        run(async {
            for (name, arguments) in before {
                ask(&client(&daemon, Face::XmlRpc), name, arguments).await.expect(name);
            }
            let connections = Arc::new(AtomicUsize::new(0));
            let (served, counted) = (daemon.clone(), Arc::clone(&connections));
            let connect = move || {
                let (near, far) = tokio::io::duplex(1 << 16);
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(served.serve(far, Face::XenApi));
                async { Ok(near) }
            };
            let client = Client::new(Uri::tcp(Face::XenApi, "mock.example", 9363)).credentials("root", "");
            ask(&client.connect_with(connect).keep_alive(true), name, arguments).await.expect(name);
            assert_eq!(connections.load(Ordering::SeqCst), 1, "{name}");
        });
    }
}

#[test]
fn a_disk_is_found_by_the_name_that_it_was_given() {
    for release in RELEASES {
        let daemon = daemon(release);
        run(async {
            let client = client(&daemon, Face::XenApi);
            client.attach_device("vm1", "(vbd (uname phy:/dev/x) (dev xvdp) (mode w))").await.unwrap();
            client.detach_device("vm1", "vbd", "xvdp").await.unwrap();
            assert_eq!(
                client.detach_device("vm1", "vbd", "xvdp").await.unwrap_err().code(),
                ErrorCode::OperationFailed
            );
        });
    }
}

/// The time of the operation is that of all its requests.
#[test]
fn the_limit_holds_for_the_whole() {
    for (face, row) in [(Face::XmlRpc, CREATE_AND_START), (Face::XenApi, CREATE_AND_START), (Face::XenApi, CREATE)] {
        let it = attempt(row, (face, Release::V4_1), |_, method| {
            let hangs = ["xend.domain.unpause", "VM.unpause", "VM.start", "VM.hard_shutdown", "xend.domain.destroy"];
            if hangs.contains(&method) { Fate::Hang } else { Fate::Pass }
        });
        assert_eq!(it.error.as_ref().map(xend_client::Error::fate), Some(xend_client::Fate::Unknown), "{face}");
        assert!(it.took <= LIMIT + UNMAKING, "{face}: {:?}", it.took);
    }
}

/// What a configuration leaves behind is the same, whichever face took it, as the XML-RPC face tells it.
#[test]
fn a_definition_is_that_of_the_other_faces() {
    const WHOLE: &str = "(vm (name new) (uuid 33333333-3333-3333-3333-333333333333) (memory 64) (maxmem 128) (vcpus 2) \
        (cpu_weight 512) (cpu_cap 50) (on_poweroff restart) (on_reboot destroy) (on_crash rename-restart) \
        (image (linux (kernel /k) (ramdisk /r) (root '/dev/sda1 ro') (ip dhcp) (args 'a \"b\"'))) \
        (device (vif (mac 00:16:3e:00:00:09) (bridge xenbr0))) (device (vbd (uname phy:/x) (dev sda1) (mode w))) \
        (device (tap (uname tap:aio:/y) (dev sdb) (mode r))) (device (vbd (uname file:/z) (dev hdc:cdrom) (mode r))))";
    for release in RELEASES {
        let told = |face| {
            let daemon = daemon(release);
            run(async {
                client(&daemon, face).define(WHOLE).await.expect("defined");
                let domain = client(&daemon, Face::XmlRpc).domain("new").await.expect("described");
                let shown = |record: Sexpr<'_>, but: &[&[u8]]| -> BTreeSet<String> {
                    let fields = record.items().filter(|field| !but.contains(&field.name().unwrap_or_default()));
                    fields
                        .map(|field| String::from_utf8_lossy(&print_value(field, Rules::strict())).into_owned())
                        .collect()
                };
                // What a disk is called and holds: the Xen-API's has more members (`XendConfig.device_add`).
                let devices = domain.devices();
                let told = |device: &Device, name| match device.field(name) {
                    Some(value) if name == "dev" => Some(value.trim_end_matches(":disk").to_owned()),
                    value => value.map(str::to_owned),
                };
                let fields = ["mac", "bridge", "uname", "dev", "mode"];
                let devices = devices.iter().map(|device| {
                    (device.kind().trim_end_matches('2').to_owned(), fields.map(|name| told(device, name)))
                });
                // The record lists a class after the other, and from 4.1 on the Xen-API makes a `tap2` of what the
                // others call `tap`, which comes elsewhere (protocol reference §9.4).
                let mut devices: Vec<_> = devices.collect();
                devices.sort_by(|one, other| one.0.cmp(&other.0));
                (shown(domain.record(), &[b"device"]), devices)
            })
        };
        let (theirs, ours) = (told(Face::XmlRpc), told(Face::XenApi));
        assert_eq!(theirs.1.len(), 4, "{release}");
        assert_eq!(ours, theirs, "{release}");
    }
}

/// What is changed over the Xen-API shows on the other faces.
#[test]
fn a_pin_and_a_disc_show_on_the_other_faces() {
    for release in RELEASES {
        let daemon = daemon(release);
        run(async {
            let (xenapi, xmlrpc) = (client(&daemon, Face::XenApi), client(&daemon, Face::XmlRpc));
            let cpus =
                async |client: &Client| client.vcpus("vm2").await.unwrap().iter().map(Vcpu::cpus).collect::<Vec<_>>();
            assert_eq!(cpus(&xmlrpc).await, [[0, 1], [0, 1]]);
            // Each of the two is an operation of some releases only.
            let pinned = xenapi.pin_vcpu("vm2", 1, &[1]).await;
            if release >= Release::V4_1 {
                assert!(pinned.unwrap_err().unsupported().is_some(), "{release}");
            } else {
                assert_eq!(cpus(&xmlrpc).await, [vec![0, 1], vec![1]], "{release}");
                assert_eq!(cpus(&xenapi).await, [vec![0, 1], vec![1]], "{release}");
            }

            ask(&xmlrpc, DRIVE.0, DRIVE.1).await.unwrap();
            let changed = xenapi.configure_device("vm1", "(vbd (uname file:/b.iso) (dev hdc:cdrom))", "hdc").await;
            if release < Release::V4_1 {
                assert!(changed.unwrap_err().unsupported().is_some(), "{release}");
                return;
            }
            let devices = xmlrpc.domain("vm1").await.unwrap().devices();
            let drive = devices.iter().find(|device| device.field("dev") == Some("hdc:cdrom")).expect("a drive");
            assert_eq!(drive.field("uname"), Some("file:/b.iso"), "{release}");
        });
    }
}

/// A domain with full virtualisation is one on every face.
#[test]
fn an_image_is_that_of_the_other_faces() {
    const HVM: &str = "(vm (name new) (memory 64) (vcpus 1) (image (hvm (kernel /k) (boot dc) (acpi 1))))";
    for release in RELEASES {
        let daemon = daemon(release);
        run(async {
            client(&daemon, Face::XenApi).define(HVM).await.expect("defined");
            for face in Face::ALL {
                let domain = client(&daemon, face).domain("new").await.expect("described");
                assert_eq!(domain.os_type(), "hvm", "{face} {release}");
            }
            let domain = client(&daemon, Face::XmlRpc).domain("new").await.expect("described");
            let told = ["kernel", "boot", "acpi"]
                .map(|name| domain.field(&format!("image/hvm/{name}")).filter(|it| !it.is_empty()));
            // From 3.3 on the kernel of a machine is what loads it.
            let kernel = (release < Release::V3_3).then_some("/k");
            assert_eq!(told, [kernel, Some("dc"), Some("1")], "{release}");
        });
    }
}

/// What starts with the daemon can be changed while it is halted, again and again.
#[test]
fn autostart_is_set_back_and_forth() {
    for release in RELEASES {
        for face in [Face::Sxp, Face::XmlRpc] {
            let daemon = daemon(release);
            run(async {
                let client = client(&daemon, face);
                client
                    .define("(vm (name new) (memory 64) (vcpus 1) (device (vbd (uname phy:/x) (dev sda1))))")
                    .await
                    .unwrap();
                let told = client.domain("new").await.unwrap();
                for autostart in [true, false, true, false] {
                    client.set_autostart("new", autostart).await.unwrap();
                    assert_eq!(client.autostart("new").await.unwrap(), autostart, "{face} {release}");
                }
                assert_eq!(client.domain("new").await.unwrap(), told, "{face} {release}");
                let error = client.set_autostart("vm1", true).await.unwrap_err();
                let said = (error.operation(), error.domain(), error.code(), error.fate());
                let refused = xend_client::Fate::Refused;
                assert_eq!(said, ("domain.set_autostart", Some("vm1"), ErrorCode::WrongStateForOp, refused));
            });
        }
    }
}

/// A domain is found by its id, whatever its state.
#[test]
fn a_paused_domain_is_found_by_its_id() {
    let daemon = daemon(Release::V4_1);
    run(async {
        let client = client(&daemon, Face::XenApi);
        assert_eq!(client.domain("2").await.unwrap().power_state(), Some(PowerState::Paused));
        client.unpause("2").await.unwrap();
    });
}
