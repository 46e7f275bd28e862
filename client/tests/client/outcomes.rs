//! What the client concludes from every status with every kind of body, for each kind of result on each face. The
//! expected outcomes are the rows of `tables/reply-outcomes.tsv`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncWriteExt, duplex};
use xend_client::{Arguments, Error, ErrorCode, Face, Fate};
use xend_wire::operation::{Effect, find};

use crate::peer::{client, read_request, run};

/// A row of the table. `None` stands for `*`, which matches anything.
struct Row {
    faces: Option<Vec<&'static str>>,
    statuses: Option<Vec<(u16, u16)>>,
    body: Option<&'static str>,
    gives: Option<&'static str>,
    outcome: &'static str,
}

fn rows() -> Vec<Row> {
    let table = xend_fixtures::file("tables/reply-outcomes.tsv").expect("the table");
    let table = str::from_utf8(table.bytes()).expect("UTF-8");
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(row).collect()
}

fn row(line: &'static str) -> Row {
    let columns: Vec<_> = line.split('\t').collect();
    let [faces, statuses, body, gives, outcome, source] = columns[..] else { panic!("six columns: {line}") };
    assert!(!source.is_empty() && ["done", "refused", "unknown"].contains(&outcome), "{line}");
    let given = |column: &'static str| (column != "*").then_some(column);
    let range = |range: &str| {
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        (first.parse().expect(line), last.parse().expect(line))
    };
    Row {
        faces: given(faces).map(|faces| faces.split('|').collect()),
        statuses: given(statuses).map(|statuses| statuses.split('|').map(range).collect()),
        body: given(body),
        gives: given(gives),
        outcome,
    }
}

/// An operation for each kind of result, with its arguments and a value that a successful reply contains: an
/// S-expression, a value of XML-RPC, and if it takes one method of the Xen-API, a value of that.
struct Asked {
    operation: &'static str,
    arguments: &'static [(&'static str, &'static str)],
    gives: &'static str,
    sxp: &'static str,
    xmlrpc: &'static str,
    xenapi: Option<&'static str>,
}

const VM: (&str, &str) = ("domain", "11111111-1111-1111-1111-111111111111");
const RECORDS: &str = "<struct><member><name>r</name><value><struct><member><name>name_label</name><value>vm1</value></member>\
    <member><name>power_state</name><value>Running</value></member></struct></value></member></struct>";
const DOMAIN: &str = "<array><data><value>domain</value><value><array><data><value>name</value><value>vm1</value></data>\
    </array></value></data></array>";

#[rustfmt::skip]
const ASKED: &[Asked] = &[
    Asked {
        operation: "domain.destroy", arguments: &[VM], gives: "nothing",
        sxp: "0", xmlrpc: "<nil/>", xenapi: Some(""),
    },
    Asked {
        operation: "domain.wait_for_devices", arguments: &[VM], gives: "nothing",
        sxp: "None", xmlrpc: "<nil/>", xenapi: None,
    },
    Asked {
        operation: "domain.create", arguments: &[("config", "(vm (name vm1))")], gives: "record",
        sxp: "(domain (name vm1))", xmlrpc: DOMAIN, xenapi: None,
    },
    Asked {
        operation: "domain.info", arguments: &[VM], gives: "record",
        sxp: "(domain (name vm1))", xmlrpc: DOMAIN,
        xenapi: Some("<struct><member><name>name_label</name><value>vm1</value></member></struct>"),
    },
    Asked {
        operation: "domain.list", arguments: &[], gives: "names",
        sxp: "(Domain-0 vm1)", xmlrpc: "<array><data><value>vm1</value></data></array>", xenapi: Some(RECORDS),
    },
    Asked {
        operation: "domain.records", arguments: &[], gives: "records",
        sxp: "((domain (name vm1)))",
        xmlrpc: "<array><data><value><array><data><value>domain</value><value><array><data><value>name</value>\
            <value>vm1</value></data></array></value></data></array></value></data></array>",
        xenapi: Some(RECORDS),
    },
    Asked {
        operation: "node.dmesg", arguments: &[], gives: "text",
        sxp: "(XEN) Xen version", xmlrpc: "(XEN) Xen version", xenapi: Some("(XEN) Xen version"),
    },
    Asked {
        operation: "device.list", arguments: &[VM, ("type", "vif")], gives: "devices",
        sxp: "((0 ((mac x))))",
        xmlrpc: "<array><data><value><array><data><value>0</value><value><array><data></data></array></value></data>\
            </array></value></data></array>",
        xenapi: None,
    },
    Asked {
        operation: "device.attach", arguments: &[VM, ("config", "(vif)")], gives: "device",
        sxp: "(vif (dom 1 id 0))",
        xmlrpc: "<array><data><value>vif</value><value><array><data><value>dom</value><value><int>1</int></value>\
            </data></array></value></data></array>",
        xenapi: None,
    },
];

const BODIES: [&str; 10] =
    ["none", "empty", "document", "fault", "failure", "html", "echo", "two", "wrong-root", "wrong-type"];

/// All assigned status codes, the lowest and highest possible ones, and some unassigned ones.
fn statuses() -> impl Iterator<Item = u16> {
    let known = [100..=103, 200..=208, 226..=226, 300..=308, 399..=399, 400..=418, 421..=431, 451..=451, 499..=511];
    known.into_iter().flatten().chain([102, 199, 299, 520, 530, 599, 600, 799, 999])
}

fn response(value: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<methodResponse><params><param><value>{value}</value></param></params></methodResponse>\n"
    )
}

fn member(name: &str, value: &str) -> String {
    format!("<member><name>{name}</name><value>{value}</value></member>")
}

fn envelope(value: &str) -> String {
    response(&format!("<struct>{}{}</struct>", member("Status", "Success"), member("Value", value)))
}

/// Returns a body of a kind. `None` if the face or the operation has no such body.
fn body(asked: &Asked, face: Face, kind: &str, request: &str) -> Option<String> {
    let is_text = asked.gives == "text";
    let document = match face {
        Face::Sxp => asked.sxp.to_owned(),
        Face::XmlRpc => response(asked.xmlrpc),
        Face::XenApi => envelope(asked.xenapi?),
    };
    let (head, sent) = request.split_once("\r\n\r\n").unwrap_or_default();
    Some(match (face, kind) {
        (_, "none" | "empty") => String::new(),
        (_, "document") => document,
        (_, "html") => "<html><head><title>Sign in</title></head><body><h1>Welcome</h1></body></html>".to_owned(),
        // Any bytes are a valid text.
        (Face::Sxp, "echo" | "two" | "wrong-root" | "wrong-type") if is_text => return None,
        (_, "echo") if sent.is_empty() => head.to_owned(),
        (_, "echo") => sent.to_owned(),
        (_, "two") => document.repeat(2),
        (Face::Sxp, "fault") => "(xend.err 'no')".to_owned(),
        (Face::Sxp, "failure") => return None,
        (Face::Sxp, "wrong-root") => "(vnet (id 1))".to_owned(),
        (Face::Sxp, "wrong-type") => "vm1".to_owned(),
        (_, "fault") => {
            let fault = member("faultCode", "<int>1</int>") + &member("faultString", "no");
            format!("<methodResponse><fault><value><struct>{fault}</struct></value></fault></methodResponse>")
        }
        (Face::XmlRpc, "failure") => return None,
        (Face::XenApi, "failure") => {
            let words = "<array><data><value>INTERNAL_ERROR</value><value>no</value></data></array>";
            let failure = member("Status", "Failure") + &member("ErrorDescription", words);
            response(&format!("<struct>{failure}</struct>"))
        }
        (_, "wrong-root") => document.replace("methodResponse", "methodReply"),
        (face, "wrong-type") => {
            let value = if is_text { "<int>5</int>" } else { "hello" };
            if face == Face::XenApi { envelope(value) } else { response(value) }
        }
        (_, other) => panic!("no body is called {other}"),
    })
}

/// Sends the operation, and returns the outcome in the words of the table, with the error.
async fn outcome(
    asked: &'static Asked,
    face: Face,
    status: u16,
    kind: &'static str,
) -> Option<(&'static str, Option<Error>)> {
    let exists = Arc::new(Mutex::new(true));
    let seen = Arc::clone(&exists);
    let connect = move || {
        let (near, mut far) = duplex(1 << 16);
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            let request = String::from_utf8_lossy(&read_request(&mut far).await).into_owned();
            // On the Xen-API the requests before the operation's own succeed.
            let before = [
                ("session.login_with_password", "s"),
                ("host.get_all", "<array><data><value>h</value></data></array>"),
            ];
            let before = before.iter().find(|(method, _)| request.contains(method)).map(|(_, value)| envelope(value));
            let (status, body) = match before {
                Some(body) => (200, Some(body)),
                None => (status, body(asked, face, kind, &request)),
            };
            let Some(body) = body else {
                *seen.lock().unwrap() = false;
                return;
            };
            let length = if kind == "none" && body.is_empty() {
                String::new()
            } else {
                format!("Content-Length: {}\r\n", body.len())
            };
            let reply = format!("HTTP/1.1 {status} Said\r\n{length}\r\n{body}");
            let _ = far.write_all(reply.as_bytes()).await;
        });
        async { Ok(near) }
    };
    let operation = find(asked.operation).expect(asked.operation);
    let client = client(face).credentials("root", "").connect_with(connect);
    let arguments: Arguments = asked.arguments.iter().copied().collect();
    let answer = client.call(operation, &arguments).await;
    if !*exists.lock().unwrap() {
        return None;
    }
    Some(match answer {
        Ok(_) => ("done", None),
        Err(error) => {
            let outcome = match (error.fate(), error.code(), operation.effect()) {
                (Fate::Refused, code, _)
                    if code != ErrorCode::UnableToVerifyState && code != ErrorCode::CommunicationNotEstablished =>
                {
                    "refused"
                }
                (Fate::Unknown, ErrorCode::UnableToVerifyState, Effect::Changes)
                | (Fate::Sent, ErrorCode::CommunicationNotEstablished, Effect::Reads) => "unknown",
                _ => "neither",
            };
            (outcome, Some(error))
        }
    })
}

fn check(face: Face) {
    let rows = rows();
    let (mut wrong, mut used, mut tried) = (Vec::new(), BTreeSet::new(), 0);
    for asked in ASKED.iter().filter(|asked| face != Face::XenApi || asked.xenapi.is_some()) {
        for status in statuses() {
            for kind in BODIES {
                let Some((got, error)) = run(outcome(asked, face, status, kind)) else { continue };
                let matches = |row: &&Row| {
                    row.faces.as_ref().is_none_or(|faces| faces.contains(&face.as_str()))
                        && row
                            .statuses
                            .as_ref()
                            .is_none_or(|ranges| ranges.iter().any(|(from, to)| (*from..=*to).contains(&status)))
                        && row.body.is_none_or(|body| body == kind)
                        && row.gives.is_none_or(|gives| gives == asked.gives)
                };
                let row = rows.iter().position(|row| matches(&row)).expect("the last row of a face matches all");
                used.insert(row);
                tried += 1;
                let id = format!("{face} {status} {kind} {}", asked.operation);
                if got != rows[row].outcome {
                    wrong.push(format!("{id}: {got}, expected {}: {error:?}", rows[row].outcome));
                }
                // The error has the status, unless the reply is only an interim one.
                if let Some(error) = error.filter(|_| status >= 200) {
                    assert_eq!(error.status(), Some(status), "{id}: {error}");
                    assert!(status == 200 || error.to_string().contains(&format!("HTTP {status}")), "{id}: {error}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    let unused: Vec<_> = (0..rows.len())
        .filter(|at| rows[*at].faces.as_ref().is_none_or(|faces| faces.contains(&face.as_str())) && !used.contains(at))
        .collect();
    assert!(unused.is_empty(), "rows that nothing tries: {unused:?}");
}

#[test]
fn of_replies_on_the_s_expression_face() {
    check(Face::Sxp);
}

#[test]
fn of_replies_on_the_xml_rpc_face() {
    check(Face::XmlRpc);
}

#[test]
fn of_replies_on_the_xen_api() {
    check(Face::XenApi);
}
