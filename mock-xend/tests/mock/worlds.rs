//! Worlds as files: what comes back, and what they may not say.

use std::fmt::Write;
use std::time::Duration;

use mock_xend::world::{Command, Detail};
use mock_xend::{Face, Release, World};
use xend_wire::datum::Datum;

use crate::peer::{NOW, builder, get, run, send};

#[test]
fn a_world_comes_back_from_its_file() {
    for &release in Release::ALL {
        let world = World::new(release, NOW);
        let text = world.to_toml();
        let back = World::parse("world.toml", &text, Some(release), Duration::ZERO).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(back.to_toml(), text, "{release}");
        for domain in ["Domain-0", "vm1", "vm2"] {
            let record = |world: &World| {
                let command = Command::Record { domain: domain.into(), detail: Detail::Whole };
                world.clone().perform(NOW, &command).expect("it is there").show(release)
            };
            assert_eq!(record(&back).escape_ascii().to_string(), record(&world).escape_ascii().to_string());
        }
    }
}

/// All that an operation can leave behind goes through a file.
#[test]
fn a_world_with_a_past_comes_back_from_its_file() {
    let mut world = World::new(Release::V4_1, NOW);
    let config = |text: &str| {
        let parsed = xend_wire::sexpr::parse(text.as_bytes()).expect("it is one");
        parsed.first().map(Datum::from_sexpr).transpose().expect("it is flat").expect("there is one")
    };
    let kept = "(vm (name kept) (memory 64) (vcpus 2) (on_xend_start start) (image (linux (kernel /boot/vmlinuz) (args \"it's\"))))";
    let bare = "(vm (name bare) (memory 64) (vcpus 0) (image (hvm (kernel /boot/vmlinuz) (acpi 1))))";
    let vm1 = || Datum::from("vm1");
    let past = [
        Command::New { config: config(kept) },
        Command::New { config: config(bare) },
        Command::Start { domain: "kept".into(), paused: false },
        Command::Pin { domain: "kept".into(), vcpu: "1".into(), cpus: "0".into() },
        Command::Suspend { domain: "kept".into() },
        Command::SetPauseFlag { domain: vm1(), flag: true },
        Command::DestroyDevice { domain: vm1(), class: b"vif".to_vec(), device: b"0".to_vec(), forget: false },
        Command::Save { domain: vm1(), path: b"/srv/vm1.save".to_vec(), checkpoint: true },
        Command::Shutdown { domain: "vm2".into(), reason: b"halt".to_vec() },
    ];
    for command in past {
        world.perform(NOW, &command).unwrap_or_else(|failure| panic!("{command:?}: {failure:?}"));
    }
    let text = world.to_toml();
    let back = World::parse("world.toml", &text, None, Duration::ZERO).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(back.to_toml(), text);
}

#[test]
fn a_world_of_ones_own_is_what_clients_see() {
    let text =
        "[[domain]]\nname = \"web\"\nmemory = 96\n\n[[domain]]\nname = \"spare\"\nstate = \"halted\"\nmemory = 64\n";
    let world = World::parse("world.toml", text, Some(Release::V3_4), NOW).unwrap_or_else(|error| panic!("{error}"));
    let daemon = builder(Release::V3_4).world(world).build().expect("nothing conflicts");
    let body = |path: &str| {
        let (reply, _) = run(send(&daemon, Face::Sxp, &[&get(path)]));
        reply.split_once("\r\n\r\n").expect("a reply").1.to_owned()
    };
    assert_eq!(body("/xend/domain"), "(Domain-0 web)");
    assert_eq!(body("/xend/domain?state=halted"), "(spare)");
    assert!(body("/xend/domain/web").starts_with("(domain (domid 1) "));
}

#[test]
fn after_the_last_id_come_the_first() {
    let text = "next-id = 32750\n[[domain]]\nname = \"a\"\nid = 1\nmemory = 64\n\
                [[domain]]\nname = \"b\"\nid = 32751\nmemory = 64\n";
    let mut world = World::parse("world.toml", text, Some(Release::V4_1), NOW).unwrap_or_else(|e| panic!("{e}"));
    for _ in 0..2 {
        world.perform(NOW, &Command::Reset { domain: "a".into() }).expect("it runs");
    }
    let ids = |world: &World| world.domains().iter().map(|domain| domain.id).collect::<Vec<_>>();
    // Reset gives `a` first 32750, then past the one of `b` 1.
    assert_eq!(ids(&world), [Some(0), Some(32751), Some(1)]);
    let back = World::parse("world.toml", &world.to_toml(), None, NOW).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(back.to_toml(), world.to_toml());
}

/// Up to 3.0.3 the daemon itself lets a domain have more than it may, and 3.0.2 less than nothing.
#[test]
fn memory_that_an_old_daemon_allows_comes_back() {
    for (release, memory) in [(Release::V3_0_2, -5), (Release::V3_0_3, 4096)] {
        let mut world = World::new(release, NOW);
        let command = Command::SetMemoryTarget { domain: "vm1".into(), target: memory.into() };
        world.perform(NOW, &command).expect("it is not checked");
        World::parse("world.toml", &world.to_toml(), None, NOW).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn mistakes_in_worlds_are_shown() {
    let domain = |more: &str| format!("[[domain]]\nname = \"a\"\nmemory = 64\n{more}\n");
    let mistakes = [
        "guest_delay = 1.0".to_owned(),
        "release = \"4.2\"".to_owned(),
        "release = \"3.1\"".to_owned(),
        "guest-obeys = false\nguest-delay = 2.0".to_owned(),
        "guest-delay = -1.0".to_owned(),
        "[[domain]]\nname = \"a b\"\nmemory = 64".to_owned(),
        "[[domain]]\nname = \"a\"".to_owned(),
        domain("") + &domain(""),
        domain("id = 7") + "[[domain]]\nname = \"b\"\nmemory = 64\nid = 7",
        domain("id = 0"),
        domain("id = 4294967295"),
        domain("id = -1"),
        "next-id = 32752".to_owned(),
        domain("state = \"halted\"\nid = 5"),
        domain("state = \"asleep\""),
        domain("vcpus = 4097"),
        "[[domain]]\nname = \"a\"\nmemory = -5".to_owned(),
        domain("max-memory = 32"),
        "[node]\ntotal-memory = -1".to_owned(),
        "[node]\nfree-memory = 4096".to_owned(),
        "[node]\ntotal-memory = 1024".to_owned(),
        domain("on-crash = \"explode\""),
        domain("image = \"(linux (kernel /boot/vmlinuz)\""),
        domain("devices = [\"vbd\"]"),
        domain("devices = [\"(floppy (dev fd0))\"]"),
        domain("credit = { wait = 5 }"),
        "[[domain]]\nname = \"Domain-0\"\nmemory = 64\nstate = \"halted\"".to_owned(),
    ];
    let mut text = String::new();
    for mistake in mistakes {
        let error = World::parse("world.toml", &mistake, Some(Release::V4_1), NOW).expect_err(&mistake);
        writeln!(text, "{error}").unwrap();
    }
    let old = World::parse("world.toml", &domain("state = \"halted\""), Some(Release::V3_0_3), NOW);
    writeln!(text, "{}", old.expect_err("3.0.3 keeps no definitions")).unwrap();
    let _guard = crate::snapshots();
    insta::assert_snapshot!("world-mistakes", text);
}

mod properties {
    use proptest::prelude::*;
    use proptest::sample::select;
    use xend_wire::xmlrpc::{Value, encode_call};

    use super::*;

    fn call(method: &str, params: &[Value]) -> Vec<u8> {
        let body = encode_call(method, params).expect("XML can hold it");
        let head = format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), &body].concat()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the numbers of a file are, it is refused, or its domains are told on every face.
        #[test]
        fn no_number_of_a_world_is_a_panic(
            release in select(Release::ALL.to_vec()),
            numbers in prop::collection::btree_map(
                select(vec![
                    "started = %", "restarted = %", "restarts = #", "id = #", "vcpus = #", "vcpu-avail = #",
                    "available-vcpus = #", "max-memory = #", "shadow-memory = #", "pinned = [[#, #], []]",
                    "last-pinned = [#]", "credit = { weight = #, cap = # }", "ran = { id = 5, started = % }",
                    "sedf = { period = #, slice = #, latency = #, weight = #, extratime = # }",
                    "shutdown-request = { reason = \"poweroff\", at = %, obeys-at = % }",
                    "settings = [\"(cpuid ((1 ((eax 0x%)))))\", \"(start_time %)\"]",
                    "devices = [\"(vif (rate %KB/s))\", \"(vbd (dev #) (uname phy:x))\"]",
                ]),
                (
                    prop_oneof![any::<i64>(), -1..300_i64, select(vec![i64::MAX, i64::MIN, 1 << 31, 1 << 32])],
                    prop_oneof![
                        any::<f64>(), 0.0..1e10, select(vec![253_402_300_800.0, 1e18, 1e19, f64::MAX, f64::NAN, f64::INFINITY]),
                    ],
                ),
                0..4,
            ),
            memory in prop_oneof![any::<i64>(), 1..4096_i64],
            is_active in any::<bool>(),
        ) {
            let state = if is_active || release < Release::V3_1 { "running" } else { "halted" };
            let mut text = format!("[[domain]]\nname = \"a\"\nmemory = {memory}\nstate = \"{state}\"\n");
            for (key, (whole, real)) in numbers {
                let real = if real.is_finite() { format!("{real:?}") } else { format!("{real:?}").to_lowercase() };
                writeln!(text, "{}", key.replace('#', &whole.to_string()).replace('%', &real)).expect("memory");
            }
            let Ok(world) = World::parse("world.toml", &text, Some(release), NOW) else { return Ok(()) };
            let again = World::parse("world.toml", &world.to_toml(), None, NOW).map(|again| again.to_toml());
            prop_assert_eq!(again.map_err(|error| error.to_string()), Ok(world.to_toml()));
            let daemon = builder(release).world(world).build().expect("nothing conflicts");
            for _ in 0..2 {
                for path in ["/xend/domain?detail=1", "/xend/domain/a", "/xend/node"] {
                    let (reply, _) = run(send(&daemon, Face::Sxp, &[&get(path)]));
                    prop_assert!(reply.starts_with("HTTP/1.1 "), "{path}: {reply}");
                }
                for method in ["xend.domain", "xend.domain.getVCPUInfo", "xend.domain.sched_credit_get", "xend.domain.cpu_sedf_get"] {
                    let (reply, _) = run(send(&daemon, Face::XmlRpc, &[&call(method, &["a".into()])]));
                    prop_assert!(reply.contains("<methodResponse>"), "{method}: {reply}");
                }
                if release >= Release::V3_1 {
                    let login = call("session.login_with_password", &["root".into(), "x".into()]);
                    let (reply, _) = run(send(&daemon, Face::XenApi, &[&login]));
                    let session = reply.split("<string>").nth(2).unwrap_or_default();
                    let session = &session[..session.find('<').unwrap_or_default()];
                    for class in ["VM", "VM_metrics", "VIF", "VBD", "console", "host", "host_metrics"] {
                        let method = format!("{class}.get_all_records");
                        let (reply, _) = run(send(&daemon, Face::XenApi, &[&call(&method, &[session.into()])]));
                        prop_assert!(reply.contains("<methodResponse>"), "{method}: {reply}");
                    }
                }
                daemon.advance(Duration::from_secs(400));
            }
        }
    }
}
