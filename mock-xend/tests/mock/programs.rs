//! Any program of requests: a world file loses nothing of what it leaves behind, and it stays in the budgets of memory.

use std::iter;
use std::time::Duration;

use mock_xend::world::{Command, Detail, Order, States};
use mock_xend::{Daemon, Face, Release, World};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use xend_wire::xmlrpc::{Value, encode_call};

use crate::peer::{builder, call, post, run, send};

/// One thing that happens to a mock.
#[derive(Clone, Debug)]
enum Step {
    /// A form that is posted to a path.
    Form(String, String),
    /// A call of the daemon's own methods.
    Call(&'static str, Vec<String>),
    /// A call of the Xen-API, whose session comes before these parameters.
    XenApi(&'static str, Vec<Value>),
    /// Time goes by, in eighths of a second, which a file holds exactly.
    Wait(u64),
}

const NAMES: [&str; 5] = ["vm1", "vm2", "a", "b", "c"];
/// Those of `vm1`, `vm2` and of the domains that are made here.
const UUIDS: [&str; 4] = [
    "11111111-1111-1111-1111-111111111111",
    "22222222-2222-2222-2222-222222222222",
    "aaaaaaaa-0000-0000-0000-000000000000",
    "bbbbbbbb-0000-0000-0000-000000000000",
];

fn name() -> impl Strategy<Value = String> {
    select(&NAMES[..]).prop_map(str::to_owned)
}

fn uuid() -> impl Strategy<Value = String> {
    select(&UUIDS[..]).prop_map(str::to_owned)
}

/// A text as a configuration may hold one: of any length, and of characters that a file has to escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(vec!["", "0", "1", "/srv/x", "phy:vg/x", "it's", "a b", "(", "\\", "\"", "\u{e9}\u{9b}\u{1}", "xenbr0"])
            .prop_map(str::to_owned),
        1 => (1..3000_usize).prop_map(|length| "x".repeat(length)),
    ]
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn device() -> impl Strategy<Value = String> {
    let setting = (
        select(vec![
            "uname",
            "mode",
            "bridge",
            "mac",
            "uuid",
            "script",
            "ip",
            "vncpasswd",
            "rate",
            "bootable",
            "backend",
        ]),
        text(),
    );
    let settings = prop::collection::vec(setting, 0..4);
    let first = select(vec![
        "vbd (dev sda1) (uname phy:x) (mode w)",
        "vbd (dev hdc:cdrom) (uname file:/srv/x) (mode r)",
        "vbd (dev xvdb)",
        "tap (dev sdb) (uname tap:aio:/srv/x)",
        "vif",
        "vif (mac 00:16:3e:00:00:01)",
        "vfb (type vnc)",
        "vkbd",
        "vtpm (instance 1)",
        "pci (dev (slot 1) (domain 0) (bus 0) (func 0))",
        "pci (dev (slot 0x2) (domain 0x0) (bus 0x0) (func 0x1) (vslt 0x7))",
        "irq (irq 7)",
        "ioports (from 3) (to 4)",
        "vscsi (dev (p-dev 1:0:0:0) (v-dev 0:0:0:0) (state Initialising))",
        "console (protocol vt100)",
        "vif (uuid aaaaaaaa-1111-0000-0000-000000000000) (uuid bbbbbbbb-1111-0000-0000-000000000000)",
    ]);
    (first, settings).prop_map(|(first, settings)| {
        let settings: String = settings.iter().map(|(name, value)| format!(" ({name} {})", quoted(value))).collect();
        format!("({first}{settings})")
    })
}

fn config() -> impl Strategy<Value = String> {
    let setting = select(vec![
        "(on_reboot rename-restart)",
        "(on_poweroff preserve)",
        "(on_crash destroy)",
        "(cpus 0-1)",
        "(cpus (0 1))",
        "(cpus 0,1,0-1)",
        "(cpu 1)",
        "(vcpus 2)",
        "(vcpu_avail 1)",
        "(maxmem 128)",
        "(shadow_memory 9)",
        "(cpu_weight 300)",
        "(cpu_cap 10)",
        "(features xyz)",
        "(start_time 5)",
        "(on_xend_start start)",
        "(bootloader /usr/bin/pygrub)",
        "(localtime 1)",
        "(rtc/timeoffset 3)",
        "(security ((access_control (policy a) (label b))))",
    ]);
    let image = select(vec![
        "(image (linux (kernel /boot/vmlinuz) (args 'root=/dev/sda1 ro')))",
        "(image (linux (kernel /boot/vmlinuz) (ramdisk /boot/initrd) (ip dhcp) (root /dev/sda1)))",
        "(image (hvm (kernel /usr/lib/xen/boot/hvmloader) (device_model /usr/lib/xen/bin/qemu-dm) (vnc 1) (vcpus 1)))",
        "",
    ]);
    let given = prop::option::weighted(0.7, uuid());
    let devices = prop::collection::vec(device(), 0..3);
    (name(), given, prop::collection::vec(setting, 0..4), image, devices, text()).prop_map(
        |(name, uuid, settings, image, devices, description)| {
            let uuid = uuid.map(|uuid| format!("(uuid {uuid})")).unwrap_or_default();
            let devices: String = devices.iter().map(|device| format!("(device {device})")).collect();
            let description = quoted(&description);
            let settings = settings.concat();
            format!("(vm (name {name}){uuid}(memory 64)(description {description}){settings}{image}{devices})")
        },
    )
}

fn form(path: &str, operation: &str, fields: &[(&str, &str)]) -> Step {
    let fields = fields.iter().map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    Step::Form(path.to_owned(), format!("op={operation}{}", fields.collect::<String>()))
}

/// What clients of the two older protocols ask for.
fn older() -> impl Strategy<Value = Step> {
    let number = || (-1..300_i32).prop_map(|number| number.to_string());
    let path = || select(vec!["/srv/one", "/srv/two", "/srv/\u{e9} \u{1}", "/nonexistent/x"]).prop_map(str::to_owned);
    let domain = |name: &str| format!("/xend/domain/{name}");
    prop_oneof![
        4 => (select(vec!["create", "new"]), config()).prop_map(|(op, config)| form("/xend/domain", op, &[("config", &config)])),
        1 => path().prop_map(|path| form("/xend/domain", "restore", &[("file", &path)])),
        2 => (name(), path()).prop_map(move |(name, path)| form(&domain(&name), "save", &[("file", &path)])),
        3 => (name(), device()).prop_map(move |(name, device)| form(&domain(&name), "device_create", &[("config", &device)])),
        1 => (name(), device(), number()).prop_map(move |(name, device, number)| {
            form(&domain(&name), "device_configure", &[("config", &device), ("dev", &number)])
        }),
        1 => (name(), select(vec!["poweroff", "reboot", "halt", "crash", "suspend"])).prop_map(move |(name, reason)| {
            form(&domain(&name), "shutdown", &[("reason", reason)])
        }),
        2 => (name(), select(vec!["start", "delete", "pause", "unpause", "destroy", "reset", "suspend", "resume"]))
            .prop_map(move |(name, op)| form(&domain(&name), op, &[])),
        1 => (name(), name()).prop_map(move |(name, other)| form(&domain(&name), "rename", &[("name", &other)])),
        1 => (name(), select(vec!["xend.domain.start", "xend.domain.suspend", "xend.domain.resume"]))
            .prop_map(|(name, method)| Step::Call(method, vec![name, "0".into()])),
        1 => (name(), path()).prop_map(|(name, path)| Step::Call("xend.domain.save", vec![name, path, "1".into()])),
        1 => (name(), number(), select(vec!["[0]", "[0,1]", "[1,1,1]", "0,1", "[7]"]))
            .prop_map(|(name, vcpu, cpus)| Step::Call("xend.domain.pincpu", vec![name, vcpu, cpus.to_owned()])),
        1 => (name(), number(), select(vec![
            "xend.domain.setVCpuCount", "xend.domain.setMemoryTarget", "xend.domain.maxmem_set", "xend.domain.set_pause_by_admin",
            "xend.domain.shadow_mem_set",
        ])).prop_map(|(name, number, method)| Step::Call(method, vec![name, number])),
        1 => (name(), number(), number())
            .prop_map(|(name, weight, cap)| Step::Call("xend.domain.sched_credit_set", vec![name, weight, cap])),
        1 => (name(), select(vec!["vif", "vbd", "vfb", "pci", "console"]), select(vec!["0", "1", "sda1", "2049"]), 0..2_u8)
            .prop_map(|(name, class, device, forget)| {
                let device = [name, class.to_owned(), device.to_owned(), "0".to_owned(), forget.to_string()];
                Step::Call("xend.domain.destroyDevice", device.into())
            }),
        1 => (0..3200_u64).prop_map(Step::Wait),
    ]
}

/// What clients of the Xen-API ask for of what the world holds.
fn newer() -> impl Strategy<Value = Step> {
    let structure = |members: Vec<(&str, Value)>| {
        Value::Struct(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    };
    // XML has no such character.
    let plain = || text().prop_map(|text| text.replace('\u{1}', ""));
    prop_oneof![
        2 => (name(), uuid(), plain(), any::<bool>()).prop_map(move |(name, uuid, text, is_transient)| {
            let other = if is_transient { vec![("transient", "1".into())] } else { Vec::new() };
            Step::XenApi("VM.create", vec![structure(vec![
                ("name_label", name.as_str().into()),
                ("uuid", uuid.as_str().into()),
                ("name_description", text.as_str().into()),
                ("memory_static_max", "134217728".into()),
                ("memory_dynamic_max", "67108864".into()),
                ("memory_static_min", "0".into()),
                ("memory_dynamic_min", "0".into()),
                ("VCPUs_max", "1".into()),
                ("PV_kernel", "/boot/vmlinuz".into()),
                ("PV_args", text.as_str().into()),
                ("other_config", structure(other)),
            ])])
        }),
        1 => (uuid(), plain()).prop_map(move |(vm, text)| {
            Step::XenApi("VIF.create", vec![structure(vec![("VM", vm.as_str().into()), ("MAC", text.as_str().into())])])
        }),
        1 => (uuid(), plain()).prop_map(move |(vm, text)| {
            let console = vec![
                ("VM", vm.as_str().into()),
                ("protocol", "rfb".into()),
                ("other_config", structure(vec![("vncpasswd", text.as_str().into())])),
            ];
            Step::XenApi("console.create", vec![structure(console)])
        }),
        2 => (uuid(), plain(), select(vec![
            "VM.set_name_label", "VM.set_PV_args", "VM.set_PV_kernel", "VM.set_PV_ramdisk", "VM.set_name_description",
            "VM.set_actions_after_crash", "VM.set_memory_dynamic_max_live", "VM.set_VCPUs_number_live",
        ])).prop_map(|(vm, text, method)| Step::XenApi(method, vec![vm.as_str().into(), text.as_str().into()])),
        1 => (uuid(), any::<bool>()).prop_map(move |(vm, is_transient)| {
            let other = if is_transient { vec![("transient", "1".into())] } else { Vec::new() };
            Step::XenApi("VM.set_other_config", vec![vm.as_str().into(), structure(other)])
        }),
        1 => (uuid(), select(vec!["VM.hard_reboot", "VM.hard_shutdown", "VM.destroy", "VM.suspend", "VM.clean_reboot"]))
            .prop_map(|(vm, method)| Step::XenApi(method, vec![vm.as_str().into()])),
    ]
}

fn program() -> impl Strategy<Value = (Release, Vec<Step>)> {
    select(Release::ALL.to_vec()).prop_flat_map(|release| {
        let newer = if release < Release::V3_1 { older().boxed() } else { newer().boxed() };
        (Just(release), prop::collection::vec(prop_oneof![2 => older(), 1 => newer], 1..25))
    })
}

/// A session of the Xen-API, where there is one.
async fn login(daemon: &Daemon) -> String {
    let login = call("session.login_with_password", &["root", "x"]);
    let (reply, _) = send(daemon, Face::XenApi, &[&login]).await;
    let uuid = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    uuid.find(&reply).map(|found| found.as_str().to_owned()).unwrap_or_default()
}

async fn perform(daemon: &Daemon, session: &str, step: &Step) -> String {
    let (face, request) = match step {
        Step::Form(path, form) => (Face::Sxp, post(path, form)),
        Step::Call(method, params) => {
            // XML has no such character.
            let params: Vec<_> = params.iter().map(|param| param.replace('\u{1}', "")).collect();
            (Face::XmlRpc, call(method, &params.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        Step::XenApi(method, params) => {
            let params: Vec<Value> = [session.into()].into_iter().chain(params.iter().cloned()).collect();
            let body = encode_call(method, &params).expect("XML can hold it");
            let head = format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
            (Face::XenApi, [head.as_bytes(), &body].concat())
        }
        Step::Wait(eighths) => {
            daemon.advance(Duration::from_millis(125 * eighths));
            return String::new();
        }
    };
    send(daemon, face, &[&request]).await.0
}

/// All that a world tells of its domains, or why it tells nothing: release 3.1 lists no domain any more once one has a
/// maximum below its memory.
fn told(world: &mut World, now: Duration) -> String {
    let records = Command::Records { states: States::All, detail: Detail::Whole, order: Order::ByName };
    let records = match world.perform(now, &records) {
        Ok(records) => records,
        Err(failure) => return format!("{failure:?}"),
    };
    records.items().iter().map(|record| format!("{}\n", record.show(Release::V4_1).escape_ascii())).collect()
}

/// The first line that is not the same in two texts.
fn first_difference(one: &str, other: &str) -> Option<(String, String)> {
    let lines = one.lines().chain(iter::repeat("")).zip(other.lines().chain(iter::repeat("")));
    let mut lines = lines.take(one.lines().count().max(other.lines().count()));
    lines.find(|(one, other)| one != other).map(|(one, other)| (one.to_owned(), other.to_owned()))
}

/// An eighth of the usual number, since each case is many requests, unless the environment says how many.
fn proptest_config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: usual.cases.div_ceil(8), ..usual }
}

/// Checks that after each step of a program the world is the same when it is written to a file and read again.
fn comes_back_after_each_step(release: Release, program: &[Step]) -> Result<(), TestCaseError> {
    let daemon = builder(release).build().expect("nothing conflicts");
    let session = run(login(&daemon));
    for step in program {
        run(perform(&daemon, &session, step));
        let (mut world, now) = (daemon.with_world(|world| world.clone()), daemon.now());
        // What is due happens whenever somebody looks.
        let told_before = told(&mut world, now);
        // What domains keep of the listing before is still true.
        if let Ok(listing) = world.listing(now, States::All, Detail::Whole, Order::ByName) {
            let (mut shown, mut anew) = (Vec::new(), Vec::new());
            listing.show_into(&mut shown);
            listing.records().for_each(|record| anew.extend([record.show(release), b" ".to_vec()].concat()));
            prop_assert_eq!(
                [shown.as_slice(), b" "].concat().escape_ascii().to_string(),
                anew.escape_ascii().to_string()
            );
        }
        let text = world.to_toml();
        let mut again = World::parse("again.toml", &text, None, now)
            .map_err(|error| TestCaseError::fail(format!("{step:?}: {error}")))?;
        // The lines that differ say more than two whole files.
        prop_assert_eq!(first_difference(&text, &again.to_toml()), None, "{:?}", step);
        prop_assert_eq!(first_difference(&told_before, &told(&mut again, now)), None, "{:?}", step);
    }
    Ok(())
}

/// Programs that once led to a world which its file did not give back.
#[test]
fn worlds_that_did_not_come_back_do() {
    let definition = "(vm (name c) (memory 64) (vcpus 1) (image (linux (kernel /boot/vmlinuz))))";
    let framebuffer = [
        form("/xend/domain", "new", &[("config", definition)]),
        form("/xend/domain/c", "device_create", &[("config", "(vfb (type vnc) (mac \"\"))")]),
    ];
    comes_back_after_each_step(Release::V3_4, &framebuffer).expect("the fields of a framebuffer keep their order");
    let define = |name: &str| {
        let config =
            format!("(vm (name {name}) (uuid {}) (memory 64) (image (linux (kernel /boot/vmlinuz))))", UUIDS[0]);
        form("/xend/domain", "new", &[("config", &config)])
    };
    let shutdown = || form("/xend/domain/vm1", "shutdown", &[("reason", "halt")]);
    let programs = [
        vec![define("vm1"), define("a"), shutdown(), Step::Wait(800), define("a")],
        vec![define("a"), define("vm1"), shutdown(), Step::Wait(800), define("a")],
    ];
    for program in programs {
        comes_back_after_each_step(Release::V3_2, &program).expect("a uuid has one definition");
    }
}

/// In 3.1 a running domain gets the image of a new one with its uuid, so that the image is kept twice.
#[test]
fn an_image_that_two_domains_get_is_counted_twice() {
    let daemon = builder(Release::V3_1).build().expect("nothing conflicts");
    let held = || daemon.with_world(|world| world.held());
    let arguments = "x".repeat(8_000);
    let create = |name: &str, uuid: &str| {
        let config = format!("(vm (name {name})(uuid {uuid})(memory 64)(image (linux (kernel /k)(args {arguments}))))");
        run(perform(&daemon, "", &form("/xend/domain", "create", &[("config", &config)])))
    };
    let before = held();
    create("a", UUIDS[2]);
    let (after, one) = (held(), held() - before);
    assert!(one > 8_000, "{one}");
    daemon.with_world(|world| world.budget = after + one + 4_000);
    let reply = create("vm1", UUIDS[0]);
    assert!(reply.contains("mock-xend keeps at most") && held() == after, "{reply}");
}

proptest! {
    #![proptest_config(proptest_config())]

    #[test]
    fn properties_a_world_comes_back_from_its_file_after_any_program((release, program) in program()) {
        comes_back_after_each_step(release, &program)?;
    }

    #[test]
    fn properties_a_world_stays_in_its_budget((release, program) in program()) {
        const BUDGET: usize = 48 << 10;
        let daemon = builder(release).build().expect("nothing conflicts");
        daemon.with_world(|world| world.budget = BUDGET);
        let session = run(login(&daemon));
        for step in &program {
            let now = daemon.now();
            let before = daemon.with_world(|world| {
                // What is due happens whenever somebody looks, and is no work of the step.
                told(world, now);
                world.to_toml()
            });
            let reply = run(perform(&daemon, &session, step));
            let (held, after) = daemon.with_world(|world| (world.held(), world.to_toml()));
            prop_assert!(held <= BUDGET, "{held}: {step:?}");
            if reply.contains("mock-xend keeps at most 48 KiB of domains") {
                // Only what was made up meanwhile differs.
                let domains = |text: &str| text.split_once("[[domain]]").map(|(_, domains)| domains.to_owned());
                prop_assert_eq!(domains(&before), domains(&after), "{:?}", step);
            }
        }
    }
}
