//! Any calls at all, and random ones that are held against the world alone.

use mock_xend::world::{Command, PowerState};
use mock_xend::{Daemon, Face, Release, World, xenapi_methods};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::values::{call, daemon};
use crate::peer::{NOW, run};

const UUIDS: [&str; 3] = [
    "00000000-0000-0000-0000-000000000000",
    "11111111-1111-1111-1111-111111111111",
    "22222222-2222-2222-2222-222222222222",
];

/// A quarter of the usual number, since each case is many calls.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: usual.cases.div_ceil(4), ..usual }
}

fn release() -> impl Strategy<Value = Release> {
    prop::sample::select(vec![Release::V3_1, Release::V3_4, Release::V4_1])
}

/// Values that a method may stumble over.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(&UUIDS[..]).prop_map(Value::from),
        "[a-z0-9é_-]{0,8}".prop_map(Value::from),
        prop::sample::select(vec!["-1", "9223372036854775807", "-9223372036854775808"]).prop_map(Value::from),
    ];
    let member = prop::sample::select(vec![
        "VM",
        "VDI",
        "SR",
        "device",
        "mode",
        "type",
        "network",
        "MAC",
        "name_label",
        "memory_dynamic_max",
        "memory_static_max",
        "VCPUs_max",
        "platform",
        "protocol",
        "uuid",
        "VCPUs_params",
        "port",
        "actions_after_crash",
    ]);
    leaf.prop_recursive(2, 8, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(member.clone(), inner, 0..5)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

async fn login(daemon: &Daemon) -> Value {
    let login = ["root".into(), "x".into()];
    call(daemon, Face::XenApi, "session.login_with_password", &login).await["Value"].clone()
}

proptest! {
    #![proptest_config(config())]

    /// Whatever is called, with whatever: the struct of this dialect comes back, and the daemon goes on.
    #[test]
    fn every_call_is_answered(
        release in release(),
        calls in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<bool>(), prop::collection::vec(value(), 0..4)), 1..12,
        ),
    ) {
        let methods: Vec<_> = xenapi_methods(release).map(|(name, _)| name).collect();
        let daemon = daemon(release);
        run(async {
            let mut session = login(&daemon).await;
            for (method, is_asynchronous, rest) in calls {
                let name = methods[method.index(methods.len())];
                let name = if is_asynchronous { format!("Async.{name}") } else { name.to_owned() };
                let params: Vec<_> = [session.clone()].into_iter().chain(rest).collect();
                let answer = call(&daemon, Face::XenApi, &name, &params).await;
                let status = answer["Status"].as_str();
                // A method that the daemon never implemented answers with a status of its own.
                let is_todo = status == Some("Error") && answer["ErrorDescription"][0] == "ETODO";
                prop_assert!(matches!(status, Some("Success" | "Failure")) || is_todo, "{name} {params:?}: {answer}");
                if name.ends_with("session.logout") {
                    session = login(&daemon).await;
                }
            }
            let records = call(&daemon, Face::XenApi, "VM.get_all_records", &[session]).await;
            prop_assert_eq!(&records["Status"], "Success");
            Ok(())
        })?;
    }

    /// The power states and names after random operations are those of the world alone.
    #[test]
    fn the_world_decides(
        release in release(),
        steps in prop::collection::vec((0..8_usize, 0..3_usize, prop::sample::select(vec!["one", "two", "vm1"])), 1..20),
    ) {
        let daemon = daemon(release);
        let mut model = World::new(release, NOW);
        run(async {
            let session = login(&daemon).await;
            for (operation, which, name) in steps {
                let vm = UUIDS[which];
                // A domain that is gone has no reference.
                let Some(domain) = model.domains().iter().find(|domain| domain.uuid == vm) else { continue };
                let domain = domain.id.map_or_else(|| domain.name.as_str().into(), Into::into);
                let (method, rest, command) = match operation {
                    0 => ("pause", vec![], Command::Pause { domain }),
                    1 => ("unpause", vec![], Command::Unpause { domain }),
                    2 => ("clean_shutdown", vec![], Command::Shutdown { domain, reason: b"poweroff".to_vec() }),
                    3 => ("hard_shutdown", vec![], Command::Destroy { domain }),
                    4 => ("set_name_label", vec![json!(name)], Command::Rename { domain, name: name.into() }),
                    5 => ("start", vec![json!(true)], Command::Start { domain, paused: true }),
                    6 => ("suspend", vec![], Command::Suspend { domain }),
                    _ => {
                        let target = 96.into();
                        ("set_memory_dynamic_max_live", vec![json!("100663296")], Command::SetMemoryTarget { domain, target })
                    }
                };
                let params: Vec<_> = [session.clone(), json!(vm)].into_iter().chain(rest).collect();
                let answer = call(&daemon, Face::XenApi, &format!("VM.{method}"), &params).await;
                let outcome = model.perform(NOW, &command);
                prop_assert_eq!(answer["Status"] == "Success", outcome.is_ok(), "{} {}: {:?}", method, answer, outcome);
                let records = call(&daemon, Face::XenApi, "VM.get_all_records", std::slice::from_ref(&session)).await;
                // Lets happen what is due.
                model.perform(NOW, &Command::Log).expect("there is a log");
                let shown: Vec<_> = records["Value"].as_object().unwrap().iter().map(|(vm, record)| {
                    (vm.clone(), record["power_state"].clone(), record["name_label"].clone())
                }).collect();
                let mut expected: Vec<_> = model.domains().iter().map(|domain| {
                    let state = match domain.power_state() {
                        PowerState::Crashed if release < Release::V3_4 => "Unknown",
                        state => state.as_str(),
                    };
                    (domain.uuid.clone(), json!(state), json!(domain.name))
                }).collect();
                expected.sort_by(|one, other| one.0.cmp(&other.0));
                prop_assert_eq!(shown, expected);
            }
            Ok(())
        })?;
    }
}
