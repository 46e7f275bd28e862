//! Snapshots of the messages of each kind of error, with the place in the document (`snapshots/wire/errors`).

use std::collections::BTreeMap;

use xend_wire::operation::{Arguments, Face, find};
use xend_wire::xmlrpc::{self, Value};
use xend_wire::{Error, ErrorKind, Limits, Release, sexpr, xenapi};

/// A document, a title that says how it was read, and the error.
struct Sample {
    title: String,
    document: Vec<u8>,
    error: Error,
}

fn sexpr(rules: &str, document: &[u8], limits: Limits) -> Sample {
    let error = sexpr::parse_with(document, rules.parse().expect("rules"), &limits).expect_err("an error");
    Sample { title: format!("S-expression, rules {rules}"), document: document.to_vec(), error }
}

fn xml(rules: &str, document: &[u8]) -> Sample {
    limited_xml(rules, document, Limits::default())
}

fn limited_xml(rules: &str, document: &[u8], limits: Limits) -> Sample {
    let error = xmlrpc::decode(document, rules.parse().expect("rules"), &limits).expect_err("an error");
    Sample { title: format!("XML-RPC, rules {rules}"), document: document.to_vec(), error }
}

/// A response with a value, written on several lines.
fn response(value: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?>\n<methodResponse>\n<params><param>\n{value}\n</param></params>\n</methodResponse>\n"
    )
    .into_bytes()
}

fn value(value: &str) -> Sample {
    xml("spec", &response(value))
}

fn utf16(document: &str) -> Vec<u8> {
    format!("\u{FEFF}{document}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A response with a value of one of Apache's types.
fn apache(value: &str) -> Sample {
    let namespace = "http://ws.apache.org/xmlrpc/namespaces/extensions";
    let document = format!(
        "<methodResponse xmlns:ex='{namespace}'>\n<params><param><value>{value}</value></param></params></methodResponse>"
    );
    xml("extended", document.as_bytes())
}

fn caller(title: &str, error: Error) -> Sample {
    Sample { title: title.to_owned(), document: Vec::new(), error }
}

fn samples() -> Vec<Sample> {
    let default = Limits::default();
    let lists = |document: &str| sexpr("strict", document.as_bytes(), default);
    let request = |operation: &str, arguments: &[(&str, &str)], face| {
        let arguments = arguments.iter().copied().collect::<Arguments>();
        find(operation).expect("an operation").request(face, Release::V4_1, &arguments).expect_err("an error")
    };
    let envelope = {
        let document =
            response("<value><struct><member><name>Status</name><value>Success</value></member></struct></value>");
        let reply = xmlrpc::decode_response(&document, xmlrpc::Rules::spec(), &default).expect("well-formed");
        let reply = reply.into_result().expect("no fault").into_owned();
        Sample {
            title: "Xen-API".to_owned(),
            error: xenapi::open_envelope(reply.value()).expect_err("no envelope"),
            document,
        }
    };
    let mismatch = {
        let document = response("<value><array><data>\n<value><string>5</string></value>\n</data></array></value>");
        let read = xmlrpc::from_response::<Vec<i32>>(&document, xmlrpc::Rules::spec(), &default);
        Sample { title: "Vec<i32>".to_owned(), error: read.expect_err("no number"), document }
    };
    // A long line that has bytes which are not UTF-8, and characters of several bytes, around the place.
    let mut long = b"(vm\n(args ".to_vec();
    long.extend(
        "b\u{1F600} "
            .repeat(50)
            .bytes()
            .chain(*b"\xE9\xFF '\\q' \x1B[1m ")
            .chain("caf\u{E9} ".bytes().cycle().take(240)),
    );
    long.extend(b"))");
    let fault = "<methodResponse><fault>\n<value><struct><member><name>faultCode</name><value>1</value></member>\
                 <member><name>faultString</name><value>boom</value></member></struct></value>\n</fault></methodResponse>";
    vec![
        mismatch,
        // Both codecs.
        lists("(domain\n  (name vm1)\n  (image (linux (root '/dev/sda1 ro)))\n"),
        lists("(domain (name vm1)"),
        sexpr("strict", &long, default),
        xml("spec", b"<methodResponse><params><param><value><int>5"),
        xml("spec", b""),
        xml("spec", b"<methodResponse><params><param><value>caf\xC3"),
        lists("(a \u{1} b)"),
        sexpr("xend-4.1", b"\xE9 (name vm1)", default),
        value("<value>bell \u{7}</value>"),
        value("<value>&#0;</value>"),
        sexpr("strict", b"(a b c)", Limits { bytes: 4, ..default }),
        sexpr("strict", b"(a b c)", Limits { values: 3, ..default }),
        sexpr("strict", b"(a (b (c)))", Limits { depth: 2, ..default }),
        limited_xml(
            "spec",
            &response("<value><array><data><value><array><data/></array></value></data></array></value>"),
            Limits { depth: 1, ..default },
        ),
        sexpr("strict", b"(name 'much too long')", Limits { text: 10, ..default }),
        limited_xml("spec", &response("<value>much too long</value>"), Limits { text: 10, ..default }),
        // S-expressions.
        lists("(domain (name vm1)))"),
        lists("(a 'b\\777')"),
        lists("(a 'C:\\dir')"),
        lists("(a '\\x4')"),
        sexpr("xend-3.4", b"(a '\\x4')", default),
        sexpr("xend-3.0.2", b"(a '\\1')", default),
        sexpr("libvirt", b"(a\x0Bb)", default),
        sexpr("libvirt", &b"(".repeat(100_000), Limits { depth: usize::MAX, ..default }),
        // XML.
        value("<value>a & b</value>"),
        value("<value>a]]>b</value>"),
        xml("spec", b"<!-- a -- b --><methodResponse/>"),
        value("<value><int>1</i4></value>"),
        value("<value><int a=1>1</int></value>"),
        value("<value><int a='1' a='2'>1</int></value>"),
        xml("spec", b"\n<?xml version=\"1.0\"?><methodResponse/>"),
        xml("spec", b"<?xml version='2.0'?><methodResponse/>"),
        value("<value>&nbsp;</value>"),
        xml("spec", &[&response("<value/>")[..], b"<html>"].concat()),
        xml("spec", b"<?xml version='1.0' encoding='windows-1252'?><methodResponse/>"),
        xml("xend-4.1", b"<?xml version='1.0' encoding='shift_jis'?><methodResponse/>"),
        xml("spec", &utf16("<?xml version='1.0' encoding='utf-8'?><methodResponse/>")),
        xml("spec", b"<?xml version='1.0' encoding='utf-16'?><methodResponse/>"),
        xml("spec", b"\xEF\xBB\xBF<?xml version='1.0' encoding='latin1'?><methodResponse/>"),
        xml("spec", b"\xFF\xFE\0\0<\0\0\0"),
        xml(
            "spec",
            &utf16("<?xml version='1.0'?>\n<methodResponse><params>\n\u{1F600}<param/></params></methodResponse>"),
        ),
        xml("spec", &[&utf16("<methodResponse>")[..], b"\x00\xD8<\0"].concat()),
        xml("spec", &[&utf16("<methodResponse/>")[..], b"\n"].concat()),
        xml("spec", b"<!DOCTYPE a [\n  <!ELEMENT b (c, d | e)>\n]>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a SYSTEM>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a [<!ENTITY b \"100%\">]>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a PUBLIC \"{}\" \"b\">\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a [<!ATTLIST b c CDATA \"<\">]>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a [<!ATTLIST b c CDATA \"&d;\">]>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a [<!-- -- -->]>\n<methodResponse/>"),
        xml("spec", b"<!DOCTYPE a [<!ELEMENT b (c"),
        xml("spec", b"<methodCall><methodName>a</methodName></methodCall><!DOCTYPE a>"),
        apache("<ex:dom><a/></ex:dom>"),
        apache("<ex:i1>128</ex:i1>"),
        apache("<ex:float>1e39</ex:float>"),
        apache("<ex:bigdecimal>0.10000000000000000000000000000001</ex:bigdecimal>"),
        apache("<ex:biginteger>1.0</ex:biginteger>"),
        apache("<ex:foo/>"),
        value("<value><double>1e5</double></value>"),
        value(&format!("<value><double>{}</double></value>", "9".repeat(309))),
        value("<value><dateTime.iso8601>19000229T00:00:00</dateTime.iso8601></value>"),
        xml("spec", b"\xFF\xFE<\0?\0x\0m\0l\0"),
        xml("spec", b"<methodResponse><params><param><value>caf\xE9</value></param></params></methodResponse>"),
        xml(
            "spec",
            b"<?xml version='1.0' encoding='us-ascii'?>\n<methodCall><methodName>caf\xC3\xA9</methodName></methodCall>",
        ),
        // XML-RPC.
        xml("spec", b"<html><body>Not found</body></html>"),
        value("<value><array><value/></array></value>"),
        value("<value><struct><member><value/></member></struct></value>"),
        value("<value>x<int>1</int></value>"),
        xml("spec", b"501 Not implemented"),
        value("<value><array></array></value>"),
        value("<value><int>1</int><int>2</int></value>"),
        value("<value/></param><param><value/>"),
        value("<value><uint>1</uint></value>"),
        value("<value><nil/></value>"),
        value("<value><ex:i8>1</ex:i8></value>"),
        value("<value><int> 42 </int></value>"),
        value("<value><int></int></value>"),
        value("<value><int>2147483648</int></value>"),
        value("<value><boolean>true</boolean></value>"),
        value("<value><double>1e3</double></value>"),
        value("<value><dateTime.iso8601>1998-07-17T14:08:55</dateTime.iso8601></value>"),
        value("<value><base64>aGVsbG8</base64></value>"),
        xml("extended", &response("<value><nil>0</nil></value>")),
        xml("spec", b"<methodCall><methodName>a b</methodName></methodCall>"),
        xml("spec", fault.as_bytes()),
        envelope,
        // Callers.
        caller("encode_response", xmlrpc::encode_response(&"\u{1}".into()).expect_err("an error")),
        caller("encode_call", xmlrpc::encode_call("a b", &[Value::Nil]).expect_err("an error")),
        caller("domain.sedf on the Xen-API", request("domain.sedf", &[("domain", "vm1")], Face::XenApi)),
        caller("domain.set_memory", request("domain.set_memory", &[("domain", "vm1"), ("memory", "lots")], Face::Sxp)),
        caller("domain.pause", request("domain.pause", &[], Face::Sxp)),
        caller("domain.pause", request("domain.pause", &[("domain", "vm1"), ("force", "1")], Face::Sxp)),
    ]
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_kind_has_a_snapshot() {
    let mut by_kind = BTreeMap::<&str, String>::new();
    for Sample { title, document, error } in samples() {
        let culprit = format!("{:?}", error.culprit()).to_lowercase();
        let shown = if document.is_empty() && error.span().is_empty() {
            error.to_string()
        } else {
            error.render(&document).trim_end().to_owned()
        };
        let text = by_kind.entry(error.kind().name()).or_default();
        *text += &format!("{title}; culprit: {culprit}\n{shown}\n\n");
    }
    let missing: Vec<_> = ErrorKind::ALL.iter().filter(|kind| !by_kind.contains_key(kind.name())).collect();
    assert!(missing.is_empty(), "no sample of {missing:?}");

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/wire/errors");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (kind, text) in by_kind {
            insta::assert_snapshot!(kind, text);
        }
    });
}

/// Every message is a lower-case fragment on one line, whatever the document contains.
#[test]
fn every_message_is_a_fragment() {
    for Sample { error, .. } in samples() {
        let text = error.to_string();
        let first = text.chars().next().expect("not empty");
        assert!(first.is_lowercase() || first == '`' || text.starts_with("XML"), "{text}");
        assert!(!text.ends_with('.') && !text.contains(|c: char| c.is_control()), "{text}");
    }
}
