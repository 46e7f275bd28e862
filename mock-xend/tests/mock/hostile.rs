//! Calls and forms with values that nobody means: each gets its answer, and the daemon goes on.

mod properties {
    use std::time::Duration;

    use mock_xend::{Daemon, Face, Release};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use xend_wire::Limits;
    use xend_wire::xmlrpc::{Rules, Value, decode_response, encode_call};

    use crate::peer::{builder, get, post, run, send};

    fn value() -> impl Strategy<Value = Value> {
        let text = select(vec![
            "", "vm1", "vm2", "Domain-0", "0", "1", "-1", "all", "vbd", "vif", "sda1", "poweroff", "/srv/x",
        ]);
        let leaf = prop_oneof![
            Just(Value::Nil),
            any::<bool>().prop_map(Value::from),
            prop_oneof![-3..200_i32, Just(i32::MAX), Just(i32::MIN)].prop_map(Value::from),
            prop_oneof![any::<f64>(), Just(f64::MAX), Just(f64::NAN)].prop_map(Value::from),
            text.prop_map(Value::from),
            "[ -~]{0,8}|[é-ü]{1,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-z]{1,4}".prop_map_into(), inner), 0..3).prop_map(Value::Struct),
            ]
        })
    }

    fn methods(daemon: &Daemon) -> Vec<String> {
        let body = rpc("system.listMethods", &[]);
        let (reply, _) = run(send(daemon, Face::XmlRpc, &[&body]));
        let (_, body) = reply.split_once("\r\n\r\n").expect("a reply");
        let rules = Rules::xend(daemon.release());
        let response = decode_response(body.as_bytes(), rules, &Limits::default()).expect("a response");
        let names = response.into_result().expect("no fault");
        names.value().items().map(|name| name.text().expect("a name").into_owned()).collect()
    }

    fn rpc(method: &str, params: &[Value]) -> Vec<u8> {
        let body = encode_call(method, params).expect("XML can hold it");
        let head = format!("POST /RPC2 HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), &body].concat()
    }

    fn release() -> impl Strategy<Value = Release> {
        select(Release::ALL.to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_method_answers_whatever_it_is_given(
            release in release(),
            calls in prop::collection::vec((any::<Index>(), prop::collection::vec(value(), 0..7)), 1..12),
        ) {
            let daemon = builder(release).build().expect("nothing conflicts");
            let methods = methods(&daemon);
            for (method, params) in calls {
                let method = method.get(&methods);
                let (reply, _) = run(send(&daemon, Face::XmlRpc, &[&rpc(method, &params)]));
                prop_assert!(reply.contains("<methodResponse>"), "{method}{params:?}: {reply}");
                daemon.advance(Duration::from_secs(7));
            }
            let (reply, _) = run(send(&daemon, Face::Sxp, &[&get("/xend/domain?detail=1")]));
            prop_assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
        }

        /// Operations that a worker does may stay without an answer; the others may not.
        #[test]
        fn every_operation_answers_whatever_it_is_given(
            release in release(),
            forms in prop::collection::vec(
                (
                    select(vec!["/xend/domain", "/xend/domain/vm1", "/xend/domain/0", "/xend/node", "/xend/vnet"]),
                    select(vec![
                        "create", "new", "list", "pause", "unpause", "rename", "shutdown", "destroy", "sysrq", "start",
                        "delete", "reset", "wait_for_devices", "pincpu", "cpu_bvt_set", "cpu_sedf_get", "cpu_sedf_set",
                        "domain_sched_credit_get", "domain_sched_credit_set", "maxmem_set", "mem_target_set",
                        "set_vcpus", "vcpuinfo", "devices", "device_create", "device_destroy", "device_configure",
                        "configure", "vif_limit_set", "reboot",
                    ]),
                    prop::collection::vec(
                        (
                            select(vec![
                                "config", "name", "reason", "key", "vcpu", "vcpus", "cpumap", "memory", "target", "type",
                                "dev", "force", "rm_cfg", "dom", "weight", "cap", "period", "slice", "latency",
                                "extratime",
                            ]),
                            prop_oneof![
                                "[ -~]{0,10}",
                                any::<i64>().prop_map(|number| number.to_string()),
                                Just("(vm (name a) (memory 9223372036854775807) (vcpus 1) (image (linux (kernel k))))".into()),
                                Just("(vbd (uname phy:x) (dev sdz99) (mode w))".into()),
                                Just("((()))".into()),
                            ],
                        ),
                        0..6,
                    ),
                ),
                1..12,
            ),
        ) {
            let daemon = builder(release).build().expect("nothing conflicts");
            for (path, operation, fields) in forms {
                let mut form = format!("op={operation}");
                for (name, value) in &fields {
                    form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
                }
                let (reply, _) = run(send(&daemon, Face::Sxp, &[&post(path, &form)]));
                prop_assert!(reply.starts_with("HTTP/1.1 "), "{path} {form}: {reply}");
            }
            let (reply, _) = run(send(&daemon, Face::XmlRpc, &[&rpc("xend.domains", &[true.into()])]));
            prop_assert!(reply.contains("<methodResponse>"), "{reply}");
        }
    }
}

/// What people are shown of requests and files, for whoever prints it without a look.
mod shown {
    use std::path::Path;
    use std::process::Command;

    use mock_xend::{Daemon, Face, MockXend, Release, Scenario, World};
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    use proptest::prelude::*;

    use crate::peer::{NOW, run, send};

    /// What terminals act on: control characters of ASCII but for the end of a line, and those of 8 bits.
    const EVIL: &str = "\u{1b}]0;x\u{7}\u{9b}31m\r\u{8}\u{7f}\u{85}\0";

    fn assert_harmless(text: &str) {
        let control = text.chars().find(|character| character.is_control() && *character != '\n');
        assert_eq!(control, None, "{text:?}");
    }

    /// A mock that expects nothing, and is asked nothing but what it does not expect.
    fn strict() -> Daemon {
        let scenario = Scenario::parse("strict.toml", "unexpected = \"refuse\"", Path::new(".")).expect("it is one");
        MockXend::builder().release(Release::V4_1).scenario(scenario).build().expect("nothing conflicts")
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![any::<u8>(), 0..0x20_u8, 0x80..0xa0_u8], 0..20)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_control_byte_of_a_request_is_in_a_report(method in bytes(), path in bytes(), field in bytes(), raw in bytes()) {
            let daemon = strict();
            let encoded = |bytes: &[u8]| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
            let (path, field) = (encoded(&path), encoded(&field));
            let method: Vec<u8> = method.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let line = [&method, format!(" /{path}?{field}=").as_bytes(), &encoded(&raw).into_bytes(), b" HTTP/1.1\r\n\r\n"].concat();
            run(send(&daemon, Face::Sxp, &[&line]));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(['<', '&'], "");
            let body = format!("<methodCall><methodName>{}</methodName><params><param><value><string>{}</string></value>\
                                </param></params></methodCall>", text(&raw), text(&method));
            let call = format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            for face in [Face::XmlRpc, Face::XenApi] {
                run(send(&daemon, face, &[call.as_bytes()]));
            }
            assert_harmless(&daemon.report().to_string());
        }

        /// What is wrong with a file is shown with its place, and names what stands there.
        #[test]
        fn no_control_byte_of_a_file_is_in_an_error(name in bytes(), key in bytes(), value in bytes()) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (name, key, value) = (text(&name), text(&key), text(&value));
            let quoted = |text: &str| toml::Value::from(text).to_string();
            for text in [
                format!("{key} = \"{value}\""),
                format!("[[expect]]\n{} = {}", quoted(&key), quoted(&value)),
                format!("[[expect]]\noperation = {}\nreply = {{ {} = 1 }}", quoted(&value), quoted(&key)),
                format!("[[domain]]\nmemory = 1\nname = {}", quoted(&value)),
                format!("[[domain]]\nmemory = 1\nname = \"a\"\ndevices = [{}]", quoted(&format!("({value} (a b))"))),
            ] {
                let mistakes = [
                    Scenario::parse(&name, &text, Path::new(".")).err(),
                    World::parse(&name, &text, None, NOW).err(),
                ];
                for mistake in mistakes.into_iter().flatten() {
                    assert_harmless(&mistake.to_string());
                }
            }
        }
    }

    #[test]
    fn no_control_byte_is_in_what_the_program_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(EVIL.replace('\0', ""));
        std::fs::write(&file, format!("[[expect]]\n\"{}\" = 1\n", "\\u001b\\u009b")).expect("it is written");
        let program = env!("CARGO_BIN_EXE_mock-xend");
        for command in ["check", "world", "--scenario", "--world"] {
            let output = Command::new(program).arg(command).arg(&file).output().expect("it runs");
            assert_eq!(output.status.code(), Some(2), "{command}");
            assert_harmless(&String::from_utf8_lossy(&output.stderr));
        }
    }

    /// A world in a file keeps its bytes; one on a terminal shows them.
    #[test]
    fn no_control_byte_of_a_world_reaches_a_terminal() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "log = \"\\u001b[31m \\u009b31m\"\n").expect("it is written");
        let program = [env!("CARGO_BIN_EXE_mock-xend"), "world", file.path().to_str().expect("UTF-8")];
        let output = Command::new(program[0]).args(&program[1..]).output().expect("it runs");
        assert!(String::from_utf8(output.stdout).expect("UTF-8").contains("\\u001B[31m \u{9b}31m"));
        let script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
        // Without Python there is no terminal.
        let Ok(output) = Command::new("python3").args(["-c", script]).args(program).output() else { return };
        assert!(output.status.success(), "{output:?}");
        assert_harmless(&String::from_utf8(output.stdout).expect("UTF-8").replace("\r\n", "\n"));
    }
}
