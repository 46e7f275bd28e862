//! The calls that the real `xm` command makes, command by command, in one world for each release.

use std::collections::BTreeMap;
use std::time::Duration;

use mock_xend::{Daemon, Face};
use serde_json::Value as Json;
use xend_wire::Limits;
use xend_wire::xmlrpc::{Fault, Rules, Value, decode_response, encode_call};

use crate::peer::{builder, run, send};

/// How many of a release's commands must come out as they did with the daemon.
const ENOUGH: f64 = 0.97;

#[test]
fn commands_of_xm_come_out_as_with_the_daemon() {
    let file = xend_fixtures::file("exchanges/xm-calls.jsonl").expect("it ships");
    let lines = std::str::from_utf8(file.bytes()).expect("JSON is UTF-8").lines();
    let mut commands: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for line in lines {
        let command: Json = serde_json::from_str(line).expect("each line is JSON");
        commands.entry(command["release"].as_str().expect("a release").to_owned()).or_default().push(command);
    }
    assert_eq!(commands.keys().map(String::as_str).collect::<Vec<_>>(), ["3.0.2", "3.0.3", "3.1", "4.1"]);
    for (release, commands) in commands {
        let daemon = builder(release.parse().expect("a known release")).build().expect("nothing conflicts");
        let mut agreed = 0;
        let mut to_the_letter = 0;
        for command in &commands {
            // The file does not say how long a command took; a Python program takes about that long to start.
            daemon.advance(Duration::from_millis(500));
            let differences = differences(&daemon, command);
            agreed += usize::from(differences.iter().all(|difference| difference.is_same_outcome));
            to_the_letter += usize::from(differences.is_empty());
            for Difference { text, .. } in differences {
                println!("{release} xm {}: {text}", command["xm"]);
            }
        }
        println!("{release}: {agreed} of {} commands agree, {to_the_letter} to the letter", commands.len());
        assert!(agreed as f64 >= ENOUGH * commands.len() as f64, "{release}: {agreed} of {}", commands.len());
    }
}

/// A call that did not come out as it did with the daemon.
struct Difference {
    /// Whether it failed, or succeeded, in both cases.
    is_same_outcome: bool,
    text: String,
}

fn differences(daemon: &Daemon, command: &Json) -> Vec<Difference> {
    let calls = command["calls"].as_array().expect("a list of calls");
    let one = |call: &Json| {
        let method = call[0].as_str().expect("a method");
        let params: Vec<Value> = call[1].as_array().expect("parameters").iter().map(value).collect();
        let wanted = call[2]["fault"].as_array().map(|fault| Fault {
            code: i32::try_from(fault[0].as_i64().expect("a code")).expect("a small one"),
            string: fault[1].as_str().expect("a text").to_owned(),
        });
        let got = call_fault(daemon, method, &params);
        let text = || {
            let show = |fault: &Option<Fault>| fault.as_ref().map_or("no fault".to_owned(), Fault::to_string);
            format!("{method}{}: want {}, got {}", call[1], show(&wanted), show(&got))
        };
        (wanted != got).then(|| Difference { is_same_outcome: wanted.is_some() == got.is_some(), text: text() })
    };
    calls.iter().filter_map(one).collect()
}

/// The fault that comes of a call, if one does.
fn call_fault(daemon: &Daemon, method: &str, params: &[Value]) -> Option<Fault> {
    let body = encode_call(method, params).expect("xm sends what XML can hold");
    let head = format!("POST /RPC2 HTTP/1.0\r\nHost: \r\nContent-Length: {}\r\n\r\n", body.len());
    let (reply, _) = run(send(daemon, Face::XmlRpc, &[head.as_bytes(), &body]));
    let (_, body) = reply.split_once("\r\n\r\n").expect("every call of xm is answered");
    let rules = Rules::xend(daemon.release());
    let response = decode_response(body.as_bytes(), rules, &Limits::default()).expect("a response");
    response.into_result().err()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(i32::try_from(number).expect("xm sends 32 bits")),
            None => number.as_f64().expect("a double").into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(members) => {
            Value::Struct(members.iter().map(|(name, member)| (name.into(), value(member))).collect())
        }
    }
}
