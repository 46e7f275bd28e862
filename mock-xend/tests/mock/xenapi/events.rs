//! Events: from this face, from others, and waiting for them.

use std::time::Duration;

use mock_xend::world::Command;
use mock_xend::{Daemon, Face, Release};
use serde_json::{Value, json};

use super::values::{call, daemon};
use crate::peer::{NOW, run};

const VM1: &str = "11111111-1111-1111-1111-111111111111";

async fn login(daemon: &Daemon) -> Value {
    call(daemon, Face::XenApi, "session.login_with_password", &["root".into(), "x".into()]).await["Value"].clone()
}

async fn next(daemon: &Daemon, session: &Value) -> Value {
    call(daemon, Face::XenApi, "event.next", std::slice::from_ref(session)).await
}

/// What each event says, without its time.
fn told(answer: &Value) -> Vec<[String; 4]> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let events = answer["Value"].as_array().unwrap_or_else(|| panic!("no events: {answer}"));
    events
        .iter()
        .map(|event| {
            assert_eq!(event["timestamp"], "dateTime 20261122T10:00:00");
            assert_eq!(event["ref"], event["obj_uuid"]);
            ["class", "operation", "field", "ref"].map(|name| text(event, name))
        })
        .collect()
}

fn event(class: &str, operation: &str, field: &str, reference: &str) -> [String; 4] {
    [class, operation, field, reference].map(str::to_owned)
}

#[test]
fn whoever_is_not_registered_is_told_so() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let session = login(&daemon).await;
        let answer = next(&daemon, &session).await;
        assert_eq!(answer, json!({ "Status": "Failure", "ErrorDescription": ["SESSION_NOT_REGISTERED", session] }));
    });
}

#[test]
fn changes_of_every_face_are_told_to_the_classes_registered() {
    for release in [Release::V3_1, Release::V3_4, Release::V4_1] {
        run(async {
            let daemon = daemon(release);
            let session = login(&daemon).await;
            let ask = async |method: &str, params: &[Value]| {
                let params: Vec<_> = [session.clone()].into_iter().chain(params.iter().cloned()).collect();
                call(&daemon, Face::XenApi, method, &params).await
            };
            ask("event.register", &[json!(["VM"])]).await;
            ask("VM.set_name_label", &[json!(VM1), json!("renamed")]).await;
            ask("VIF.create", &[json!({ "VM": VM1 })]).await;
            call(&daemon, Face::XmlRpc, "xend.domain.pause", &[json!("renamed")]).await;
            let pause = Command::Unpause { domain: 1.into() };
            daemon.with_world(|world| world.perform(NOW, &pause)).expect("it is paused");
            let created = ask(
                "VM.create",
                &[json!({ "name_label": "new", "memory_dynamic_max": "134217728", "memory_static_max": "134217728" })],
            )
            .await;
            let new = created["Value"].as_str().expect("it is created");
            ask("VM.destroy", &[json!(new)]).await;
            let answer = next(&daemon, &session).await;
            let expected = [
                event("VM", "mod", "name_label", VM1),
                event("VM", "mod", "power_state", VM1),
                event("VM", "mod", "power_state", VM1),
                event("VM", "add", "", new),
                event("VM", "del", "", new),
            ];
            assert_eq!(told(&answer), expected, "{release}");
            let ids: Vec<_> = answer["Value"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
            assert_eq!(ids, ["1", "2", "3", "4", "5"]);
        });
    }
}

#[test]
fn next_waits_for_an_event_and_keeps_nobody_else_waiting() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let session = login(&daemon).await;
        call(&daemon, Face::XenApi, "event.register", &[session.clone(), json!([])]).await;
        let waiting = tokio::spawn({
            let (daemon, session) = (daemon.clone(), session.clone());
            async move { next(&daemon, &session).await }
        });
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(!waiting.is_finished());
        let paused = call(&daemon, Face::XenApi, "VM.pause", &[session.clone(), json!(VM1)]).await;
        assert_eq!(paused["Status"], "Success");
        assert_eq!(told(&waiting.await.unwrap()), [event("VM", "mod", "power_state", VM1)]);
    });
}

#[test]
fn a_guest_that_obeys_in_its_own_time_is_an_event() {
    run(async {
        let daemon = daemon(Release::V4_1);
        daemon.with_world(|world| world.guest_delay = Some(Duration::from_secs(5)));
        let session = login(&daemon).await;
        call(&daemon, Face::XenApi, "event.register", &[session.clone(), json!(["VM"])]).await;
        call(&daemon, Face::XenApi, "VM.clean_shutdown", &[session.clone(), json!(VM1)]).await;
        let waiting = tokio::spawn({
            let (daemon, session) = (daemon.clone(), session.clone());
            async move { next(&daemon, &session).await["Value"][0]["field"].clone() }
        });
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!waiting.is_finished());
        daemon.advance(Duration::from_secs(5));
        assert_eq!(waiting.await.unwrap(), "power_state");
    });
}

#[test]
fn next_ends_even_if_nothing_ever_happens() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let session = login(&daemon).await;
        call(&daemon, Face::XenApi, "event.register", &[session.clone(), json!([])]).await;
        let begun = tokio::time::Instant::now();
        assert_eq!(next(&daemon, &session).await, json!({ "Status": "Success", "Value": [] }));
        assert!(begun.elapsed() >= Duration::from_secs(300), "{:?}", begun.elapsed());
    });
}

/// `event_unregister` drops the classes that are not named (`intersection_update`).
#[test]
fn to_unregister_a_class_leaves_it_alone_registered() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let session = login(&daemon).await;
        call(&daemon, Face::XenApi, "event.register", &[session.clone(), json!(["VM", "VIF"])]).await;
        call(&daemon, Face::XenApi, "event.unregister", &[session.clone(), json!(["VIF"])]).await;
        call(&daemon, Face::XenApi, "VM.pause", &[session.clone(), json!(VM1)]).await;
        let vif = call(&daemon, Face::XenApi, "VIF.create", &[session.clone(), json!({ "VM": VM1 })]).await;
        let vif = vif["Value"].as_str().unwrap();
        assert_eq!(told(&next(&daemon, &session).await), [event("VIF", "add", "", vif)]);
        call(&daemon, Face::XenApi, "event.unregister", &[session.clone(), json!([])]).await;
        assert_eq!(next(&daemon, &session).await["ErrorDescription"][0], "SESSION_NOT_REGISTERED");
    });
}
