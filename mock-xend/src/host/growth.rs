//! Twice as much of something costs at most 2.5 times the work.
//!
//! Work is what is looked at, and is counted: names of fields that are compared, expectations that are tried, domains
//! that are looked at because all are. So the count is the same on every machine, however busy it is. `make gates`
//! counts instructions of the same work, which shows what looks at nothing that is counted here.

use std::cell::Cell;
use std::fmt::Write;
use std::thread::LocalKey;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use xend_wire::Release;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{Value, encode_call};

use super::{Builder, Daemon, MockXend};
use crate::fields::COMPARISONS;
use crate::scenario::{EXPECTATIONS_LOOKED_AT, Scenario};
use crate::world::{DOMAINS_LOOKED_AT, World};

/// Checks that the work for a request does not grow with the number of requests before it and of what they are about.
///
/// `work` does as much as its argument says and gives the number of requests, each of which is work in any case.
#[track_caller]
fn assert_grows_in_proportion(counter: &'static LocalKey<Cell<usize>>, work: impl Fn(usize) -> usize) {
    let count = |size: usize| {
        let before = counter.get();
        let requests = work(size);
        requests + counter.get() - before
    };
    let (one, two) = (count(SIZE), count(2 * SIZE));
    assert!(2 * two <= 5 * one, "{SIZE}: {one}, {}: {two}", 2 * SIZE);
}

const SIZE: usize = 200;

const RELEASE: Release = Release::V3_4;

fn daemon(builder: Builder) -> Daemon {
    builder.release(RELEASE).build().expect("nothing conflicts")
}

/// A daemon with that many domains beside Domain-0.
fn with_domains(count: usize) -> Daemon {
    let domains = (0..count).fold(String::new(), |mut text, number| {
        writeln!(text, "[[domain]]\nname = \"vm{number}\"\nmemory = 64").expect("a String takes all");
        text
    });
    let world = World::parse("world.toml", &domains, Some(RELEASE), Duration::ZERO).expect("a world");
    daemon(MockXend::builder().world(world))
}

fn call(method: &str, params: &[Value]) -> Vec<u8> {
    let body = encode_call(method, params).expect("XML can hold it");
    let head = format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), &body].concat()
}

/// Sends requests, one after the other, and returns how many, with the last reply.
fn ask(daemon: &Daemon, face: Face, requests: impl IntoIterator<Item = Vec<u8>>) -> (usize, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut asked = (0, String::new());
        for request in requests {
            let (mut near, far) = duplex(1 << 20);
            let client = async {
                near.write_all(&request).await.expect("the mock reads it");
                near.shutdown().await.expect("the mock is there");
                let mut reply = Vec::new();
                near.read_to_end(&mut reply).await.expect("the mock answers");
                String::from_utf8_lossy(&reply).into_owned()
            };
            asked = (asked.0 + 1, tokio::join!(client, daemon.serve(far, face)).0);
        }
        asked
    })
}

/// Has a session told of the power states of domains.
fn register_for_events(daemon: &Daemon) {
    let (_, reply) = ask(daemon, Face::XenApi, [call("session.login_with_password", &["u".into(), "p".into()])]);
    let session = reply.split("<name>Value</name>").nth(1).and_then(|rest| rest.split(['<', '>']).nth(4));
    let params = [session.expect("a session").into(), Value::Array(vec!["VM".into()])];
    let (_, reply) = ask(daemon, Face::XenApi, [call("event.register", &params)]);
    assert!(reply.contains("Success"), "{reply}");
}

#[test]
fn fields_of_a_form() {
    assert_grows_in_proportion(&COMPARISONS, |size| {
        let form: String = (0..size).map(|number| format!("f{number}=1&f{number}=2&")).collect();
        let head = "POST /xend/domain/vm1 HTTP/1.1\r\nContent-type: application/x-www-form-urlencoded\r\n";
        let request = format!("{head}Content-length: {}\r\n\r\n{form}op=nonsense", form.len() + 11);
        let (_, reply) = ask(&daemon(MockXend::builder()), Face::Sxp, [request.into_bytes()]);
        assert!(reply.starts_with("HTTP/1.1 501 "), "{reply}");
        size
    });
}

#[test]
fn expectations_that_are_met_in_their_order() {
    assert_grows_in_proportion(&EXPECTATIONS_LOOKED_AT, |size| {
        let text: String = (0..size)
            .map(|number| format!("[[expect]]\nface = \"xmlrpc\"\nmethod = \"m{number}\"\nreply = {{ value = 1 }}\n"))
            .collect();
        let scenario = Scenario::parse("scenario.toml", &text, ".".as_ref()).expect("a scenario");
        let daemon = daemon(MockXend::builder().scenario(scenario));
        let (requests, _) = ask(&daemon, Face::XmlRpc, (0..size).map(|number| call(&format!("m{number}"), &[])));
        assert!(daemon.report().is_empty(), "{}", daemon.report());
        requests
    });
}

#[test]
fn domains_that_are_defined_created_and_destroyed() {
    let field = |name: &str, value: Value| Value::Array(vec![name.into(), value]);
    let config = |number: usize| {
        let image = Value::Array(vec!["linux".into(), field("kernel", "/boot/vmlinuz".into())]);
        let name = field("name", format!("domain{number}").into());
        Value::Array(vec![
            "vm".into(),
            name,
            field("vcpus", 1.into()),
            field("memory", 64.into()),
            field("image", image),
        ])
    };
    assert_grows_in_proportion(&DOMAINS_LOOKED_AT, |size| {
        let daemon = daemon(MockXend::builder());
        let (defined, _) =
            ask(&daemon, Face::XmlRpc, (0..size).map(|number| call("xend.domain.new", &[config(number)])));
        let created = (size..2 * size).map(|number| call("xend.domain.create", &[config(number)]));
        let (created, _) = ask(&daemon, Face::XmlRpc, created);
        assert_eq!(daemon.with_world(|world| world.domains().len()), 3 + 2 * size);
        let name = |number| format!("domain{number}").as_str().into();
        let destroy = (size..2 * size).map(|number| call("xend.domain.destroy", &[name(number)]));
        let (destroyed, _) = ask(&daemon, Face::XmlRpc, destroy);
        assert_eq!(daemon.with_world(|world| world.domains().len()), 3 + size);
        defined + created + destroyed
    });
}

#[test]
fn requests_with_many_domains_and_a_session_that_is_told_of_events() {
    for methods in [["xend.domain", "xend.domain"], ["xend.domain.pause", "xend.domain.unpause"]] {
        assert_grows_in_proportion(&DOMAINS_LOOKED_AT, |size| {
            let daemon = with_domains(size);
            register_for_events(&daemon);
            let requests = (0..size).map(|number| call(methods[number % 2], &["vm0".into()]));
            let (requests, reply) = ask(&daemon, Face::XmlRpc, requests);
            assert!(!reply.contains("<fault>"), "{reply}");
            requests
        });
    }
}
