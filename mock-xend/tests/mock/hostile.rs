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
