//! The operation table against what real clients sent.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, ALL, Arguments, Face, Implementation, Operation, References, recognise_call};
use xend_wire::xmlrpc::{self, Call};
use xend_wire::{Limits, Release};

use crate::faces::answers::sequences;

/// Methods that `xm` or a capture calls and that no operation stands for, with the reason.
const WITHOUT_OPERATION: &[(&str, &str)] = &[
    ("xend.domain.cpu_bvt_set", "BVT, only in 3.0.2"),
    ("xend.node.cpu_bvt_slice_set", "BVT, only in 3.0.2"),
    ("xend_vnets", "no release has it"),
    ("xend.security.", "security labels"),
    ("xend.cpu_pool.", "CPU pools, only in 4.1"),
    ("xend.node.tmem_", "transcendent memory, only in 4.1"),
    ("xend.domain.setpauseflag", "a flag of `xm` alone, only in 4.1"),
    ("xend.domain.getBlockDeviceClass", "a device name for a number, for `xm` alone"),
    ("xend.node.pciinfo", "PCI devices for pass-through"),
];

/// Differences between what `xm` sends and what the table sends that the daemon does not see: it takes a number for a
/// string, `1` for true, and in a dump no file for one of its own.
fn is_same(ours: &Json, theirs: &Json) -> bool {
    let plain = |value: &Json| match value {
        Json::Bool(flag) => u8::from(*flag).to_string(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match (ours, theirs) {
        (Json::Array(ours), Json::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        _ => plain(ours) == plain(theirs),
    }
}

fn datum(value: &Json) -> Datum {
    match value {
        Json::Null => Datum::None,
        Json::Bool(flag) => Datum::Bool(*flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Datum::Float(number.as_f64().unwrap()), Datum::Int),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Datum::list(items.iter().map(datum)),
        Json::Object(_) => panic!("no struct is sent"),
    }
}

fn json(value: &Datum) -> Json {
    match value {
        Datum::None => Json::Null,
        Datum::Bool(flag) => (*flag).into(),
        Datum::Int(number) | Datum::Long(number) => (*number).into(),
        Datum::Float(number) => (*number).into(),
        Datum::Bytes(bytes) => String::from_utf8_lossy(bytes).into(),
        Datum::Text(text) => text.as_str().into(),
        Datum::List(items) | Datum::Tuple(items) => items.iter().map(json).collect(),
        other => panic!("no {other:?} is sent"),
    }
}

fn decode(body: &[u8], release: Release) -> Call<'_> {
    xmlrpc::decode_call(body, xmlrpc::Rules::xend(release), &Limits::default()).expect("a call")
}

fn params(call: &Call<'_>) -> Vec<Datum> {
    call.params().map(Datum::from_value).collect()
}

/// Arguments whose kind a call does not show are given as text; a configuration is printed.
fn printed(operation: Operation, method_params: &[Datum], arguments: Arguments, release: Release) -> Arguments {
    use xend_wire::operation::ArgumentKind::Sexpr;
    let is_sexpr = |name: &str| operation.arguments().iter().any(|it| it.name == name && it.kind == Sexpr);
    let config = method_params.iter().find(|param| !param.items().is_empty());
    arguments
        .iter()
        .map(|(name, value)| match config {
            // The daemon's own printer leaves no empty string behind before 4.1.
            Some(config) if is_sexpr(name) => (name, config.show(Release::V4_1.max(release))),
            _ => (name, value.to_vec()),
        })
        .collect()
}

/// The operations of a face that no capture shows, by name.
#[track_caller]
fn assert_unseen(face: Face, seen: &BTreeSet<&str>, expected: &str) {
    let is_there =
        |operation: &&Operation| Release::ALL.iter().any(|&release| operation.takes_one_request(face, release));
    let names = ALL.iter().filter(is_there).map(|operation| operation.name());
    let unseen: Vec<_> = names.filter(|name| !seen.contains(name)).collect();
    assert_eq!(unseen.join(" "), expected);
}

/// `xm-calls.jsonl`: each call is an operation of the table, whose own request is the same, or is left out by name.
#[test]
fn xm_calls_are_those_of_the_table() {
    let file = xend_fixtures::file("exchanges/xm-calls.jsonl").expect("the table is there");
    let (mut same, mut without, mut seen) = (0, 0, BTreeSet::new());
    let mut wrong = Vec::new();
    for line in str::from_utf8(file.bytes()).unwrap().lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let release: Release = line["release"].as_str().unwrap().parse().unwrap();
        for call in line["calls"].as_array().unwrap() {
            let (method, theirs) = (call[0].as_str().unwrap(), &call[1]);
            if WITHOUT_OPERATION.iter().any(|(name, _)| method.starts_with(name)) {
                without += 1;
                continue;
            }
            let given: Vec<_> = theirs.as_array().unwrap().iter().map(datum).collect();
            let Some((operation, arguments)) =
                recognise_call(ALL, Face::XmlRpc, release, method, &given).into_iter().next()
            else {
                wrong.push(format!("{release} {method}{theirs}: not recognised"));
                continue;
            };
            // A null weight or cap, and a dump without a file, have no place in the table.
            if given.contains(&Datum::None)
                && operation.arguments().iter().any(|it| it.is_required && arguments.get(it.name) == Some(b""))
            {
                without += 1;
                continue;
            }
            let arguments = printed(operation, &given, arguments, release);
            let request = match operation.request(Face::XmlRpc, release, &arguments) {
                Ok(request) => request,
                Err(error) => {
                    wrong.push(format!("{release} {method}{theirs}: {error}"));
                    continue;
                }
            };
            let ours = decode(&request.body, release);
            let ours: Json = params(&ours).iter().map(json).collect();
            // What `xm` leaves out has the daemon's default. How much of a record it wants is its own affair.
            let chosen = match operation.name() {
                "node.info" => 0,
                "domain.info" => 1,
                "domain.records_in_state" => 2,
                _ => given.len(),
            };
            let first = |params: &Json| params.as_array().unwrap().iter().take(chosen).cloned().collect::<Json>();
            if is_same(&first(&ours), &first(theirs)) {
                same += 1;
                seen.insert(operation.name());
            } else {
                wrong.push(format!("{release} {method}: `xm` sends {theirs}, the table {ours}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((same, without), (547, 29), "calls that are the same, and left out");
    assert_unseen(Face::XmlRpc, &seen, "domain.list_inactive domain.define domain.set_sedf device.configure");
}

pub(crate) fn split(request: &[u8]) -> (String, &[u8]) {
    let at = request.windows(4).position(|window| window == b"\r\n\r\n").map_or(request.len(), |at| at + 4);
    (String::from_utf8_lossy(&request[..at]).into_owned(), &request[at..])
}

/// The fields of `a=b&c=%20d+e`.
pub(crate) fn form(text: &str) -> Vec<(String, Vec<u8>)> {
    let fields = text.split('&').filter_map(|field| field.split_once('='));
    let decode = |text: &str| percent_decoded(&text.replace('+', " "));
    fields.map(|(name, value)| (String::from_utf8(decode(name)).unwrap(), decode(value))).collect()
}

/// The operation that a request for a resource is.
pub(crate) fn recognise_resource(
    release: Release,
    method: &str,
    path: &[Vec<u8>],
    fields: &[(String, Vec<u8>)],
) -> Option<(Operation, Arguments)> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice());
    operation::recognise_resource(ALL, release, method.as_bytes(), path, field).into_iter().next()
}

pub(crate) fn elements(path: &str) -> Vec<Vec<u8>> {
    path.split('/').filter(|element| !element.is_empty()).map(percent_decoded).collect()
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => bytes.extend([&[byte], &piece.as_bytes()[2..]].concat()),
            None => bytes.extend([b"%", piece.as_bytes()].concat()),
        }
    }
    bytes
}

/// Requests for resources that were captured: what is recognised is asked with the same path and fields by the table.
#[test]
fn captured_requests_for_resources_are_those_of_the_table() {
    let mut seen = BTreeSet::new();
    for sequence in sequences() {
        for exchange in sequence.exchanges.iter().filter(|exchange| exchange.face == Face::Sxp) {
            let release = sequence.release;
            let (head, body) = split(&exchange.request);
            let line: Vec<_> = head.lines().next().unwrap_or_default().split(' ').collect();
            let [method, target, _] = line[..] else { continue };
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let given = form(&format!("{query}&{}", String::from_utf8_lossy(body)));
            let path = elements(path);
            let Some((operation, arguments)) = recognise_resource(release, method, &path, &given) else {
                continue;
            };
            let Ok(request) = operation.request(Face::Sxp, release, &arguments) else { continue };
            let (ours, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            assert_eq!(elements(ours), path, "{}", exchange.case);
            let ours = form(&format!("{query}&{}", String::from_utf8_lossy(&request.body)));
            // Which NUMA node a domain migrates to is left to the other host here: `node` is always -1.
            for (name, value) in given.iter().filter(|(name, _)| name != "node") {
                let is_twice = given.iter().filter(|(known, _)| known == name).count() > 1;
                if let Some((_, ours)) = ours.iter().find(|(known, _)| known == name && !is_twice) {
                    assert_eq!(ours, value, "{} {name}", exchange.case);
                }
            }
            seen.insert(operation.name());
        }
    }
    let unseen = "domain.list_all domain.list_inactive domain.start domain.reset domain.dump \
                  domain.set_credit device.configure";
    assert_unseen(Face::Sxp, &seen, unseen);
}

/// What libvirt's last Xen driver sends (`xen_internal.c` at `1dac5fbbbb^`), where it has a function for an operation:
/// the same resource, and the same fields in the same order.
#[test]
fn libvirt_requests_are_those_of_the_table() {
    let check = |operation: &str, arguments: &[(&str, &str)], method: &str, target: &str, fields: &str| {
        let arguments = arguments.iter().copied().collect();
        let operation = operation::find(operation).unwrap();
        let request = operation.request(Face::Sxp, Release::V4_1, &arguments).unwrap();
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let ours = form(&format!("{query}&{}", String::from_utf8_lossy(&request.body)));
        let (theirs, their_query) = target.split_once('?').unwrap_or((target, ""));
        let their_fields = form(&format!("{their_query}&{fields}"));
        assert_eq!(
            (request.method, elements(path), ours),
            (method, elements(theirs), their_fields),
            "{}",
            operation.name()
        );
    };
    let vm1 = [("domain", "vm1")];
    let with = |more: &[(&'static str, &'static str)]| [&vm1[..], more].concat();
    let d = "/xend/domain/vm1";
    check("domain.list", &[], "GET", "/xend/domain", "");
    check("domain.list_inactive", &[], "GET", "/xend/domain?state=halted", "");
    check("node.info", &[], "GET", "/xend/node/", "");
    check("domain.create", &[("config", "(vm (name a))")], "POST", "/xend/domain/", "op=create&config=(vm (name a))");
    check("domain.wait_for_devices", &vm1, "POST", d, "op=wait_for_devices");
    check("domain.unpause", &vm1, "POST", d, "op=unpause");
    check("domain.pause", &vm1, "POST", d, "op=pause");
    check("domain.shutdown", &with(&[("reason", "poweroff")]), "POST", d, "op=shutdown&reason=poweroff");
    check("domain.reboot", &vm1, "POST", d, "op=shutdown&reason=reboot");
    check("domain.destroy", &vm1, "POST", d, "op=destroy");
    check("domain.save", &with(&[("file", "/x")]), "POST", d, "op=save&file=/x");
    check("domain.restore", &[("file", "/x")], "POST", "/xend/domain/", "op=restore&file=/x");
    check("domain.set_max_memory", &with(&[("memory", "128")]), "POST", d, "op=maxmem_set&memory=128");
    check("domain.set_memory", &with(&[("memory", "96")]), "POST", d, "op=mem_target_set&target=96");
    check("domain.rename", &with(&[("name", "b")]), "POST", d, "op=rename&name=b");
    check("node.dmesg", &[], "GET", "/xend/node/dmesg", "");
    check("node.dmesg_clear", &[], "POST", "/xend/node/dmesg", "op=clear");
    check("node.log", &[], "GET", "/xend/node/log", "");
    let vbd = "(vbd (dev sdb))";
    check("device.attach", &with(&[("config", vbd)]), "POST", d, "op=device_create&config=(vbd (dev sdb))");
    // libvirt sends the name, which the daemon of 4.1 does not know.
    let configure = [("config", vbd), ("device", "2064")];
    check("device.configure", &with(&configure), "POST", d, "op=device_configure&config=(vbd (dev sdb))&dev=2064");
    let detach = [("type", "vbd"), ("device", "sdb")];
    check("device.detach", &with(&detach), "POST", d, "op=device_destroy&type=vbd&dev=sdb&force=0&rm_cfg=1");
    let migrate = "op=migrate&destination=h&live=1&port=0&node=-1&ssl=0&change_home_server=0&resource=0";
    check("domain.migrate", &with(&[("destination", "h"), ("live", "1")]), "POST", d, migrate);
    check("domain.define", &[("config", "(vm (name a))")], "POST", "/xend/domain/", "op=new&config=(vm (name a))");
    check("domain.start", &vm1, "POST", d, "op=start");
    check("domain.undefine", &vm1, "POST", d, "op=delete");
    check("domain.set_vcpus", &with(&[("vcpus", "2")]), "POST", d, "op=set_vcpus&vcpus=2");
    check("domain.pin_vcpu", &with(&[("vcpu", "0"), ("cpus", "0,1")]), "POST", d, "op=pincpu&vcpu=0&cpumap=0,1");
    check("domain.vcpus", &vm1, "GET", "/xend/domain/vm1?op=vcpuinfo", "");
    let credit = [("weight", "256"), ("cap", "0")];
    check("domain.set_credit", &with(&credit), "POST", d, "op=domain_sched_credit_set&weight=256&cap=0");
}

/// Calls of the Xen-API that were captured are sent by the table byte for byte as far as they are recognised.
#[test]
fn captured_calls_of_the_xen_api_are_those_of_the_table() {
    let mut seen = BTreeSet::new();
    for sequence in sequences() {
        for exchange in sequence.exchanges.iter().filter(|exchange| exchange.face == Face::XenApi) {
            let release = sequence.release;
            let (_, body) = split(&exchange.request);
            let Ok(call) = xmlrpc::decode_call(body, xmlrpc::Rules::xend(release), &Limits::default()) else {
                continue;
            };
            let given = params(&call);
            let recognised = recognise_call(ALL, Face::XenApi, release, call.method(), &given);
            let Some((operation, arguments)) = recognised.into_iter().next() else {
                continue;
            };
            let text = |at: usize| {
                given.get(at).and_then(Datum::as_bytes).map(|it| String::from_utf8_lossy(it)).unwrap_or_default()
            };
            let (session, object) = (text(0), text(1));
            let references = References { session: &session, object: &object };
            let request = operation.request_with(Face::XenApi, release, &arguments, references).expect(&exchange.case);
            assert_eq!(String::from_utf8_lossy(&request.body), String::from_utf8_lossy(body), "{}", exchange.case);
            seen.insert(operation.name());
        }
    }
    let unseen = "node.metrics node.dmesg node.dmesg_clear node.log node.debug_keys domain.list_all domain.list_inactive \
                  domain.records domain.start domain.set_autostart domain.suspend domain.resume domain.reboot domain.shutdown \
                  domain.destroy domain.reset domain.save domain.restore domain.migrate domain.sysrq domain.trigger \
                  domain.set_max_memory domain.set_vcpus domain.pin_vcpu domain.credit";
    assert_unseen(Face::XenApi, &seen, unseen);
}

/// `system.listMethods` on the Xen-API's listener names the methods of both XML-RPC faces: the table asks for no other.
#[test]
fn every_method_of_the_table_is_registered() {
    for sequence in sequences() {
        let list = sequence.exchanges.iter().find(|exchange| exchange.case == "xenapi-system.listMethods");
        let Some(reply) = list.and_then(|exchange| exchange.response.as_ref()) else { continue };
        let registered = String::from_utf8_lossy(reply);
        for operation in ALL {
            let methods = match operation.implementation(Face::XenApi, sequence.release) {
                Ok(Implementation::Methods { steps }) => steps,
                _ => &[],
            };
            for method in methods {
                assert!(registered.contains(&format!("'{method}'")), "{method} in {}", sequence.release);
            }
            for face in [Face::XmlRpc, Face::XenApi] {
                let arguments = operation.arguments().iter().map(|argument| (argument.name, sample(argument.name)));
                let Ok(request) = operation.request(face, sequence.release, &arguments.collect()) else { continue };
                let method = decode(&request.body, sequence.release).method().to_owned();
                assert!(registered.contains(&format!("'{method}'")), "{method} in {}", sequence.release);
            }
        }
    }
}

fn sample(argument: &str) -> &'static str {
    match argument {
        "config" => "(vm (name new))",
        "reason" => "halt",
        "file" => "/x",
        "cpus" => "0,1",
        _ => "1",
    }
}
