//! What takes several methods of the Xen-API, and what is left when one of them fails.

use std::collections::BTreeSet;

use mock_xend::Scenario;
use mock_xend::world::Domain;
use xend_client::{Client, Face, Fate, Release};
use xend_wire::operation::{Arguments, OPERATIONS, find};
use xend_wire::{Limits, xmlrpc};

use crate::daemon::{client, run, scripted};
use crate::requests::split;

type Pairs = &'static [(&'static str, &'static str)];

/// An operation, and what is done before it over XML-RPC.
type Row = (&'static str, Pairs, &'static [(&'static str, Pairs)]);

const CONFIG: &str = "(vm (name new) (memory 64) (vcpus 1) (image (linux (kernel /srv/xend/etc/vmlinuz))) \
    (device (vif (bridge xenbr0))) (device (vbd (uname phy:/dev/x) (dev sda1) (mode w))) (device (vif (bridge xenbr0))))";
const VM1: (&str, &str) = ("domain", "vm1");
const DISK: (&str, &str) = ("config", "(vbd (uname phy:/dev/y) (dev sdb1) (mode w))");
const DRIVE: (&str, Pairs) =
    ("device.attach", &[VM1, ("config", "(vbd (uname file:/a.iso) (dev hdc:cdrom) (mode r))")]);
const ROWS: &[Row] = &[
    ("domain.create", &[("config", CONFIG)], &[]),
    ("domain.define", &[("config", CONFIG)], &[]),
    ("domain.records_in_state", &[("state", "paused")], &[]),
    ("domain.vcpus", &[VM1], &[]),
    ("domain.set_credit", &[VM1, ("weight", "512"), ("cap", "50")], &[]),
    ("device.list", &[VM1, ("type", "vif")], &[]),
    ("device.list", &[VM1, ("type", "vbd")], &[("device.attach", &[VM1, DISK])]),
    ("device.attach", &[VM1, ("config", "(vif (bridge xenbr0))")], &[]),
    ("device.attach", &[VM1, DISK], &[]),
    ("device.configure", &[VM1, ("device", "hdc"), ("config", "(vbd (uname file:/b.iso) (dev hdc:cdrom))")], &[DRIVE]),
    ("device.detach", &[VM1, ("type", "vif"), ("device", "0")], &[]),
    ("device.detach", &[VM1, ("type", "vbd"), ("device", "sdb1")], &[("device.attach", &[VM1, DISK])]),
];

const RELEASES: [Release; 3] = [Release::V3_1, Release::V3_4, Release::V4_1];

/// What came of an operation.
struct Attempt {
    /// How it failed.
    error: Option<xend_client::Error>,
    /// The methods that were sent for it, each with whether the daemon did it.
    methods: Vec<(String, bool)>,
    before: Vec<Domain>,
    after: Vec<Domain>,
}

async fn ask(client: &Client, name: &str, pairs: Pairs) -> Result<(), xend_client::Error> {
    let arguments: Arguments = pairs.iter().copied().collect();
    client.call(find(name).expect(name), &arguments).await.map(drop)
}

fn attempt((name, arguments, before): Row, release: Release, scenario: &str) -> Attempt {
    let scenario = Scenario::parse("steps.toml", scenario, std::path::Path::new(".")).expect("a scenario");
    let daemon = scripted(release, scenario);
    let domains = || daemon.with_world(|world| world.domains().to_vec());
    run(async {
        for (name, arguments) in before {
            ask(&client(&daemon, Face::XmlRpc), name, arguments).await.expect(name);
        }
        let (before, from) = (domains(), daemon.journal().exchanges().count());
        let error = ask(&client(&daemon, Face::XenApi), name, arguments).await.err();
        let journal = daemon.journal();
        let methods = journal.exchanges().skip(from).map(|exchange| {
            let (_, body) = split(&exchange.request);
            let call = xmlrpc::decode_call(body, xmlrpc::Rules::xend(release), &Limits::default()).expect("a call");
            let is_done = exchange.reply.windows(7).any(|window| window == b"Success");
            (call.method().to_owned(), is_done)
        });
        Attempt { error, methods: methods.collect(), before, after: domains() }
    })
}

/// Lets the mock answer the request of a number in another way. The method may have been asked before.
fn instead(methods: &[(String, bool)], at: usize, reply: &str) -> String {
    let method = &methods[at].0;
    let earlier = methods[..at].iter().filter(|(name, _)| name == method).count();
    let expect = |times, reply: &str| {
        format!("[[expect]]\nface = \"xenapi\"\nmethod = \"{method}\"\ntimes = {times}\nreply = {reply}\n")
    };
    let before = if earlier > 0 { expect(earlier, "\"simulate\"") } else { String::new() };
    before + &expect(1, reply)
}

/// How many more objects of a class were made than destroyed.
fn left(methods: &[(String, bool)], class: &str) -> usize {
    let done =
        |act: &str| methods.iter().filter(|(name, is_done)| *is_done && *name == format!("{class}.{act}")).count();
    done("create").saturating_sub(done("destroy"))
}

/// What opens a session, and looks up the domain that an operation is about, comes before any.
fn is_lookup(row: &Row, method: &str) -> bool {
    let is_about_domain = row.1.iter().any(|(name, _)| *name == "domain");
    method == "session.login_with_password" || (is_about_domain && method == "VM.get_by_name_label")
}

/// Each operation is failed at each of its requests in turn: by a refusal, and by a connection that closes. A refusal
/// leaves the host as it was, or the error says that it may not be.
#[test]
fn a_failure_at_any_step_leaves_nothing_behind() {
    let (mut failed, mut in_part) = (0, Vec::new());
    for release in RELEASES {
        for &row in ROWS {
            let whole = attempt(row, release, "");
            assert!(whole.error.is_none(), "{row:?} {release}: {:?}", whole.error);
            for at in (0..whole.methods.len()).filter(|&at| !is_lookup(&row, &whole.methods[at].0)) {
                for reply in ["{ error = \"it can't\" }", "\"close\""] {
                    let it = attempt(row, release, &instead(&whole.methods, at, reply));
                    let id = format!("{} {release}: {reply} to {}", row.0, whole.methods[at].0);
                    let error = it.error.expect(&id);
                    failed += 1;
                    assert_eq!(error.operation(), row.0, "{id}");
                    let is_left =
                        it.before != it.after || ["VM", "VIF", "VBD", "VDI"].iter().any(|of| left(&it.methods, of) > 0);
                    let reads = whole.methods[at].0.contains(".get_");
                    match error.fate() {
                        Fate::Refused => assert!(reply.contains("error") && !is_left, "{id}: {error}"),
                        Fate::Sent => assert!(reply.contains("close") && reads && !is_left, "{id}: {error}"),
                        Fate::Unknown if is_left => in_part.push(id),
                        Fate::Unknown => assert!(reply.contains("close") && !reads, "{id}: {error}"),
                        fate => panic!("{id}: {fate:?}"),
                    }
                }
            }
        }
    }
    // The first of two parameters is set, and can't be put back.
    assert!(in_part.iter().all(|id| id.starts_with("domain.set_credit")), "{in_part:?}");
    assert_eq!((failed, in_part.len()), (330, 6));
}

/// A domain with full virtualisation is one on every face.
#[test]
fn an_image_is_that_of_the_other_faces() {
    const HVM: &str = "(vm (name new) (memory 64) (vcpus 1) (image (hvm (kernel /k) (boot dc) (acpi 1))))";
    for release in RELEASES {
        let daemon = crate::daemon::daemon(release);
        run(async {
            client(&daemon, Face::XenApi).define(HVM).await.expect("defined");
            for face in Face::ALL {
                let domain = client(&daemon, face).domain("new").await.expect("described");
                assert_eq!(domain.os_type(), "hvm", "{face} {release}");
            }
            let domain = client(&daemon, Face::XmlRpc).domain("new").await.expect("described");
            let told = ["kernel", "boot", "acpi"].map(|name| domain.field(&format!("image/hvm/{name}")));
            assert_eq!(told, [Some("/k"), Some("dc"), Some("1")], "{release}");
        });
    }
}

/// What could not be unmade is told, and that it may be there.
#[test]
fn a_failure_to_unmake_is_told_too() {
    let expect = |method: &str| {
        format!("[[expect]]\nface = \"xenapi\"\nmethod = \"{method}\"\nreply = {{ error = \"no {method}\" }}\n")
    };
    let it = attempt(ROWS[1], Release::V4_1, &(expect("VBD.create") + &expect("VM.destroy")));
    let error = it.error.expect("an error");
    assert_eq!(
        error.to_string(),
        "domain.define: INTERNAL_ERROR no VBD.create; then VM.destroy: INTERNAL_ERROR no VM.destroy \
         (ERR_OPERATION_FAILED, it may have been done)"
    );
    assert_eq!((it.after.len(), it.after.last().map(|it| it.name.as_str())), (it.before.len() + 1, Some("new")));
}

/// A definition that was overwritten can't be brought back, so it is not taken away either.
#[test]
fn what_was_there_before_is_not_unmade() {
    const AGAIN: &str = "(vm (name new) (uuid 33333333-3333-3333-3333-333333333333) (memory 64) (vcpus 1) \
        (image (linux (kernel /k))) (device (vif (bridge xenbr0))))";
    let row: Row = ("domain.define", &[("config", AGAIN)], &[("domain.define", &[("config", AGAIN)])]);
    let cant = "[[expect]]\nface = \"xenapi\"\nmethod = \"VIF.create\"\nreply = { error = \"it can't\" }\n";
    for release in RELEASES {
        let it = attempt(row, release, cant);
        assert_eq!(it.error.map(|error| error.fate()), Some(Fate::Unknown), "{release}");
        assert_eq!(it.after.last().map(|it| it.name.as_str()), Some("new"), "{release}");
    }
}

/// A domain that can't go on is forgotten, for over the Xen-API it was defined.
#[test]
fn a_domain_that_does_not_start_is_undefined() {
    let row = ("domain.create_and_start", ROWS[0].1, ROWS[0].2);
    let cant = "[[expect]]\nface = \"xenapi\"\nmethod = \"VM.unpause\"\nreply = { error = \"it can't\" }\n";
    for release in RELEASES {
        let it = attempt(row, release, cant);
        let error = it.error.expect("an error");
        assert_eq!((error.operation(), error.domain(), error.fate()), ("domain.unpause", Some("new"), Fate::Refused));
        assert_eq!(it.before, it.after, "{release}");
    }
}

/// The table names the methods that are sent, and no others.
#[test]
fn the_steps_are_those_of_the_table() {
    let on_xenapi = |name: &&&str| find(name).is_some_and(|it| it.steps(Face::XenApi, Release::V4_1).is_some());
    let of_methods = OPERATIONS.iter().filter(|operation| {
        let steps = operation.steps(Face::XenApi, Release::V4_1);
        steps.is_some_and(|steps| steps.iter().all(|step| find(step).is_none()))
    });
    let tried: BTreeSet<_> = ROWS.iter().map(|(name, ..)| *name).collect();
    assert!(tried.iter().all(|name| on_xenapi(&name)));
    assert_eq!(tried, of_methods.clone().map(|operation| operation.name).collect());
    for operation in of_methods {
        let mut sent = BTreeSet::new();
        for &row in ROWS.iter().filter(|(name, ..)| *name == operation.name) {
            let whole = attempt(row, Release::V4_1, "");
            let is_step = |method: &String| !is_lookup(&row, method);
            for at in 0..whole.methods.len() {
                let it = attempt(row, Release::V4_1, &instead(&whole.methods, at, "{ error = \"it can't\" }"));
                sent.extend(it.methods.into_iter().map(|(method, _)| method).filter(is_step));
            }
            sent.extend(whole.methods.into_iter().map(|(method, _)| method).filter(is_step));
        }
        let steps = operation.steps(Face::XenApi, Release::V4_1).expect("steps");
        assert_eq!(sent, steps.iter().map(|step| (*step).to_owned()).collect(), "{}", operation.name);
    }
}
