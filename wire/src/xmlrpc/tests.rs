//! Tests of the codec. The comment of each test says where the expected values come from: the XML-RPC specification, captures
//! of the daemon, or Python 2.7's `xmlrpclib`.

use super::*;
use crate::tests::rotate;
use crate::{Error, Limits, Release};

/// A short description of what a document means: `int 5`, `[string a]`, `{a: nil}`, `fault int 1, string x`, or the kind of
/// the error and the part of the document that it points at.
fn meaning(document: &[u8], rules: Rules) -> String {
    match decode(document, rules, &Limits::default()) {
        Ok(Message::Response(Response::Success(document))) => show(document.value()),
        Ok(Message::Response(Response::Fault(fault))) => {
            format!("fault {}, {}", show(fault.code()), show(fault.string()))
        }
        Ok(Message::Call(call)) => {
            format!("call {}({})", call.method(), call.params().map(show).collect::<Vec<_>>().join(", "))
        }
        Err(error) => {
            let place = &document[error.span()];
            match std::str::from_utf8(place) {
                Ok(text) if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) => {
                    format!("{}: {text}", error.kind().name())
                }
                _ => format!("{}: {}", error.kind().name(), place.escape_ascii()),
            }
        }
    }
}

pub(super) fn show(value: ValueRef<'_>) -> String {
    match value.kind() {
        Kind::Array => format!("[{}]", value.items().map(show).collect::<Vec<_>>().join(", ")),
        Kind::Struct => {
            let members = value.members().map(|(name, value)| format!("{name}: {}", show(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Kind::Nil => "nil".to_owned(),
        kind => format!("{} {}", kind.name(), value.text().expect("a scalar").escape_debug()),
    }
}

#[track_caller]
fn check(document: &str, rules: Rules, expected: &str) {
    assert_eq!(meaning(document.as_bytes(), rules), expected, "{document}");
}

/// A response with a value.
fn response(value: &str) -> String {
    format!("<?xml version=\"1.0\"?><methodResponse><params><param>{value}</param></params></methodResponse>")
}

fn spec(value: &str, expected: &str) {
    check(&response(value), Rules::spec(), expected);
}

fn extended(value: &str, expected: &str) {
    check(&response(value), Rules::extended(), expected);
}

fn xend(value: &str, expected: &str) {
    check(&response(value), Rules::xend(Release::V3_0_3), expected);
}

/// Apache's types are known by their namespace.
const EX: &str = " xmlns:ex='http://ws.apache.org/xmlrpc/namespaces/extensions'";

/// XML-RPC specification, "Scalar <value>s"; sizes and forms of the extensions as in Apache ws-xmlrpc.
#[test]
fn integers() {
    spec("<value><int>41</int></value>", "int 41");
    spec("<value><i4>-12</i4></value>", "int -12");
    spec("<value><i4>+007</i4></value>", "int 7");
    spec("<value><int>-0</int></value>", "int 0");
    spec("<value><int>00000000000000000000000000001</int></value>", "int 1");
    spec("<value><int>-2147483648</int></value>", "int -2147483648");
    spec("<value><int>2147483648</int></value>", "integer-out-of-range: 2147483648");
    spec("<value><int>99999999999999999999</int></value>", "integer-out-of-range: 99999999999999999999");
    for wrong in [" 42", "42\n", "", "+", "0x1F", "1_000", "1.0", "12abc", "--1"] {
        let shown = wrong.as_bytes().escape_ascii();
        spec(&format!("<value><int>{wrong}</int></value>"), &format!("invalid-integer: {shown}"));
    }
    spec("<value><i8>5</i8></value>", "extension-not-allowed: <i8>");
    extended("<value><i8>9223372036854775807</i8></value>", "i8 9223372036854775807");
    extended("<value><i8>9223372036854775808</i8></value>", "integer-out-of-range: 9223372036854775808");
    extended(&format!("<value><ex:i8{EX}>-9223372036854775808</ex:i8></value>"), "i8 -9223372036854775808");
    extended("<value><i1>-128</i1></value>", "int -128");
    extended(&format!("<value><ex:i1{EX}>128</ex:i1></value>"), "integer-out-of-range: 128");
    extended("<value><i2>32767</i2></value>", "int 32767");
    extended("<value><i2>-32769</i2></value>", "integer-out-of-range: -32769");
}

/// XML-RPC specification; white space inside base64 as in Lundh's errata.
#[test]
fn other_scalars() {
    spec("<value><boolean>1</boolean></value>", "boolean 1");
    spec("<value><boolean>true</boolean></value>", "invalid-boolean: true");
    spec("<value><boolean> 1</boolean></value>", "invalid-boolean:  1");

    spec("<value><double>-12.214</double></value>", "double -12.214");
    spec("<value><double>3</double></value>", "double 3.0");
    spec("<value><double>+.50</double></value>", "double 0.5");
    for wrong in ["1e3", "NaN", "inf", " 1.5", "1,5", "", ".", "-", "1.2.3"] {
        spec(&format!("<value><double>{wrong}</double></value>"), &format!("invalid-double: {wrong}"));
    }

    spec("<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>", "dateTime.iso8601 19980717T14:08:55");
    for variant in
        ["1998-07-17T14:08:55", "19980717T14:08:55Z", "19980717T14:08:55+02:00", "19980717T14:08:55.123-0800"]
    {
        let value = format!("<value><dateTime.iso8601>{variant}</dateTime.iso8601></value>");
        spec(&value, &format!("invalid-datetime: {variant}"));
        extended(&value, &format!("dateTime.iso8601 {variant}"));
    }
    for wrong in [
        "",
        "yesterday",
        "19980717",
        "19981332T25:61:61",
        "1998-0717T14:08:55",
        "19980717T14:08:55.",
        "19980717T14:08:55+2",
    ] {
        let value = format!("<value><dateTime.iso8601>{wrong}</dateTime.iso8601></value>");
        extended(&value, &format!("invalid-datetime: {wrong}"));
    }

    spec("<value><base64>aGVsbG8=</base64></value>", "base64 aGVsbG8=");
    spec("<value><base64>\naGVs\n bG8=\n</base64></value>", "base64 aGVsbG8=");
    spec("<value><base64/></value>", "base64 ");
    for wrong in ["aGVsbG8", "aG*Vs!bG8=", "_-8=", "aGVsbG9=", "aGVsbG8=XXXX", "aGVsbG8=aGVsbG8=", "===="] {
        spec(&format!("<value><base64>{wrong}</base64></value>"), &format!("invalid-base64: {wrong}"));
    }

    spec("<value><nil/></value>", "extension-not-allowed: <nil/>");
    extended("<value><nil></nil></value>", "nil");
    extended(&format!("<value><ex:nil{EX}/></value>"), "nil");
    extended("<value><nil> </nil></value>", "invalid-nil:  ");
    extended("<value><nil><int>1</int></nil></value>", "invalid-nil: <int>");
}

/// XML 1.0 (sections 2.2, 2.4, 2.7, 2.11, 4.1, 4.6); the survey's documents `untyped...` and `string-...`.
#[test]
fn text() {
    spec("<value/>", "string ");
    spec("<value></value>", "string ");
    spec("<value> hi </value>", "string  hi ");
    spec("<value><string> hi </string></value>", "string  hi ");
    spec("<value>\n <int>1</int>\n</value>", "int 1");
    spec("<value>a<![CDATA[<b>&]]>c</value>", "string a<b>&c");
    spec("<value><string>a<!-- x -->b<?x y?>c</string></value>", "string abc");
    spec("<value><int>4<!-- -->2</int></value>", "int 42");
    spec("<value>&#x41;&#66;&lt;&gt;&amp;&apos;&quot;&#x1F600;</value>", "string AB<>&\\'\\\"\u{1F600}");
    spec("<value>a\r\nb\rc&#13;d\r</value>", "string a\\nb\\nc\\rd\\n");
    spec("<value>a<![CDATA[\r\n]]>\r</value>", "string a\\n\\n");
    spec("<value>&#9;&#10;\t</value>", "string \\t\\n\\t");

    spec("<value>&foo;</value>", "undefined-entity: &foo;");
    spec("<value>a & b</value>", "malformed-xml: &");
    spec("<value>a &b c; d</value>", "malformed-xml: &");
    spec("<value>&#;</value>", "malformed-xml: &#;");
    spec("<value>&#x4G;</value>", "malformed-xml: &#x4G;");
    spec("<value>a]]>b</value>", "malformed-xml: ]]>");
    for forbidden in ["&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999999;"] {
        spec(&format!("<value>{forbidden}</value>"), &format!("invalid-character: {forbidden}"));
    }
    spec("<value>a\u{1}b</value>", "invalid-character: \\x01");
    spec("<value>\u{FFFD}\u{FFFF}</value>", "invalid-character: \\xef\\xbf\\xbf");
    spec("<value>\u{7F}\u{85}\u{FFFD}</value>", "string \\u{7f}\\u{85}\u{FFFD}");
}

/// XML-RPC specification, "<array>s" and "<struct>s"; where it is silent, the survey's strict majority.
#[test]
fn structure() {
    spec("<value><array><data/></array></value>", "[]");
    spec(
        "<value>\n<array>\n<data>\n<value><i4>12</i4></value>\n<value>Egypt</value>\n</data>\n</array>\n</value>",
        "[int 12, string Egypt]",
    );
    spec("<value><struct/></value>", "{}");
    spec(
        "<value><struct><member> <name> a </name> <value><array><data><value/></data></array></value></member>\
         <member><name>b&amp;</name><value>1</value></member></struct></value>",
        "{ a : [string ], b&: string 1}",
    );
    spec(
        "<value><struct><member><name>a</name><value>1</value></member>\
         <member><name>a</name><value>2</value></member></struct></value>",
        "{a: string 1, a: string 2}",
    );
    spec("<value><int a='1' xmlns:b=\"x&lt;\">1</int></value>", "int 1");

    spec("<value>x<int>1</int></value>", "unexpected-text: x");
    spec("<value><int>1</int>&amp;</value>", "unexpected-text: &amp;");
    spec("<value><int>1</int><int>2</int></value>", "duplicate-element: <int>");
    spec("<value><INT>1</INT></value>", "unknown-type: <INT>");
    spec("<value><foo>1</foo></value>", "unknown-type: <foo>");
    spec("<value><value/></value>", "unexpected-element: <value/>");
    spec("<value><int><b/></int></value>", "unexpected-element: <b/>");
    spec("<value><array></array></value>", "missing-element: </array>");
    spec("<value><array><data/><data/></array></value>", "duplicate-element: <data/>");
    spec("<value><array><value/></array></value>", "unexpected-element: <value/>");
    spec("<value><array><data>x</data></array></value>", "unexpected-text: x");
    spec("<value><struct><member/></struct></value>", "missing-element: <member/>");
    spec("<value><struct><member><name>a</name></member></struct></value>", "missing-element: </member>");
    spec("<value><struct><member><value/><name>a</name></member></struct></value>", "unexpected-element: <value/>");
    spec(
        "<value><struct><member><name>a</name><name>b</name><value/></member></struct></value>",
        "duplicate-element: <name>",
    );
    spec(
        "<value><struct><member><name>a</name><value/><value/></member></struct></value>",
        "duplicate-element: <value/>",
    );
    spec(
        "<value><struct><member><name>a</name><value/><extra/></member></struct></value>",
        "unexpected-element: <extra/>",
    );
    spec("", "missing-element: </param>");
    spec("<int>1</int>", "unexpected-element: <int>");
    spec("<value/><value/>", "duplicate-element: <value/>");
    spec("<value/></param><param><value/>", "duplicate-element: <param>");
}

/// XML-RPC specification, "Request", "Response" and "Fault example".
#[test]
fn roots() {
    let spec = |document: &str, expected: &str| check(document, Rules::spec(), expected);
    spec(
        "<methodCall><methodName>examples.getStateName</methodName><params>\n<param><value><i4>41</i4></value></param>\n\
         </params></methodCall>",
        "call examples.getStateName(int 41)",
    );
    spec("<methodCall><methodName>a_Z9.:/</methodName></methodCall>", "call a_Z9.:/()");
    spec("<methodCall><methodName>a</methodName><params/></methodCall>", "call a()");
    spec("<methodCall><methodName> a</methodName></methodCall>", "invalid-method-name:  a");
    spec("<methodCall><methodName/></methodCall>", "invalid-method-name: ");
    spec("<methodCall/>", "missing-element: <methodCall/>");
    spec("<methodCall><params/><methodName>a</methodName></methodCall>", "unexpected-element: <params/>");
    spec("<methodResponse/>", "missing-element: <methodResponse/>");
    spec("<methodResponse><params/></methodResponse>", "missing-element: <params/>");
    spec("<foo/>", "unexpected-root: <foo/>");
    spec("<value><int>1</int></value>", "unexpected-root: <value>");
    spec("501 Not implemented", "unexpected-text: 501 Not implemented");

    let fault = |members: &str| {
        format!("<methodResponse><fault><value><struct>{members}</struct></value></fault></methodResponse>")
    };
    let code = "<member><name>faultCode</name><value><int>4</int></value></member>";
    let string = "<member><name>faultString</name><value><string>Too many parameters.</string></value></member>";
    for members in [format!("{code}{string}"), format!("{string}{code}")] {
        spec(&fault(&members), "fault int 4, string Too many parameters.");
    }
    spec(&fault(code), &format!("invalid-fault: <struct>{code}</struct>"));
    let extra = "<member><name>x</name><value>detail</value></member>";
    spec(&fault(&format!("{code}{string}{extra}")), "invalid-fault: detail");
    spec(&fault(&format!("{code}{code}{string}")), "invalid-fault: Too many parameters.");
    spec(
        &fault(&code.replace("int", "string")),
        "invalid-fault: <struct><member><name>faultCode</name><value><string>4</string></value></member></struct>",
    );
    spec(&fault(&format!("{}{string}", code.replace("int", "string"))), "invalid-fault: 4");
    spec("<methodResponse><fault><value>x</value></fault></methodResponse>", "invalid-fault: x");
    spec("<methodResponse><fault/></methodResponse>", "missing-element: <fault/>");
    spec(
        "<methodResponse><params><param><value/></param></params><fault/></methodResponse>",
        "unexpected-element: <fault/>",
    );

    let limits = Limits::default();
    let call = b"<methodCall><methodName>a</methodName></methodCall>";
    assert_eq!(decode_response(call, Rules::spec(), &limits).unwrap_err().kind(), crate::ErrorKind::UnexpectedRoot);
    let reply = response("<value/>");
    assert_eq!(
        decode_call(reply.as_bytes(), Rules::spec(), &limits).unwrap_err().kind(),
        crate::ErrorKind::UnexpectedRoot
    );
}

/// XML 1.0: what quick-xml lets through, and the survey's documents about the prolog and the end.
#[test]
fn well_formedness() {
    let body = "<methodResponse><params><param><value>é</value></param></params></methodResponse>";
    let accept = |document: &str| check(document, Rules::spec(), "string é");
    accept(body);
    accept(&format!("\u{FEFF}<?xml version=\"1.0\"?>{body}"));
    accept(&format!("<?xml version = '1.1' encoding='utf-8' standalone=\"no\" ?>\n{body}"));
    accept(&format!(
        "\n<!-- <a> --><?pi?><!DOCTYPE methodResponse SYSTEM \">\" [<!ENTITY e \">\"> ]>{body}\n<!-- -->\n"
    ));
    accept(&body.replace("<value>", "<value\t>").replace("</value>", "</value\n>"));

    let reject = |document: &str, expected: &str| check(document, Rules::spec(), expected);
    reject("", "unexpected-end: ");
    reject(" \n", "unexpected-end: ");
    reject(&format!(" <?xml version=\"1.0\"?>{body}"), "invalid-declaration: <?xml version=\"1.0\"?>");
    reject(&format!("<?xml version=\"1.0\" version=\"1.0\"?>{body}"), "invalid-declaration:  version=\"1.0\"");
    for wrong in ["", " ", " encoding='utf-8'", " version='2.0'", " version='1.0'encoding='utf-8'", " version=1.0"] {
        let document = format!("<?xml{wrong}?>{body}");
        assert!(meaning(document.as_bytes(), Rules::spec()).starts_with("invalid-declaration: "), "{document}");
    }
    reject(&format!("\u{FEFF}\u{FEFF}{body}"), "unexpected-text: \\xef\\xbb\\xbf");
    reject(&format!("{body}<x/>"), "trailing-content: <x/>");
    reject(&format!("{body}garbage"), "trailing-content: garbage");
    reject(&format!("{body}<![CDATA[]]>"), "trailing-content: ");
    reject(&format!("{body}&#32;"), "trailing-content: &#32;");
    reject(&format!("{body}</x>"), "mismatched-tag: </x>");
    reject(&format!("{body}<!DOCTYPE x>"), "malformed-xml: <!DOCTYPE x>");
    reject(&format!("<!DOCTYPE x><!DOCTYPE x>{body}"), "malformed-xml: <!DOCTYPE x>");
    reject(&format!("<!doctype x>{body}"), "malformed-xml: <!doctype x>");
    reject(&format!("<!-- -- -->{body}"), "malformed-xml: --");

    spec("<value><int>1</i4></value>", "mismatched-tag: </i4>");
    spec("<value></ value>", "mismatched-tag: </ value>");
    spec("<value></value/>", "mismatched-tag: </value/>");
    spec("<value><nil//></value>", "malformed-xml: nil/");
    spec("<value/x></value/x>", "malformed-xml: value/x");
    spec("< value></value>", "malformed-xml: ");
    spec("<value <string>x</string></value>", "invalid-attribute:  <string");
    spec("<value a></value>", "invalid-attribute:  a");
    spec("<value a=1></value>", "invalid-attribute:  a=1");
    spec("<value a='<'></value>", "invalid-attribute:  a='<'");
    spec("<value a='1'b='2'></value>", "invalid-attribute: b");
    spec("<value a='1' a='2'></value>", "invalid-attribute:  a=");
    spec("<value a='&b;'></value>", "undefined-entity: &b;");
    spec("<value><!x></value>", "malformed-xml: <!");
    spec("<value><?></value>", "malformed-xml: <?>");

    let cut = ["<", "</", "<!", "<!-", "<!-- x", "<![CDATA[x]]", "<?x", "<int", "<int a='", "&am"];
    for end in cut {
        reject(&format!("<methodResponse><params><param><value>{end}"), "unexpected-end: ");
    }
}

/// Labels as IANA registers them; what the bytes mean as in the survey's documents `enc-...`.
#[test]
fn encodings() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(meaning(bytes, Rules::spec()), expected);
    let body = b"<methodResponse><params><param><value>caf\xE9<int/></value></param></params></methodResponse>";
    let labelled =
        |label: &str, body: &[u8]| [format!("<?xml version='1.0' encoding='{label}'?>").as_bytes(), body].concat();
    let string = |text: &[u8]| {
        [b"<methodResponse><params><param><value>", text, b"</value></param></params></methodResponse>"].concat()
    };

    check(&labelled("iso-8859-1", &string(b"caf\xE9")), "string caf\u{E9}");
    check(&labelled("ISO-8859-1", &string("café".as_bytes())), "string caf\u{C3}\u{A9}");
    check(&labelled("US-ASCII", &string(b"a")), "string a");
    check(&labelled("latin1", &string(b"caf\xE9")), "string caf\u{E9}");
    check(&labelled("US-ASCII", &string(b"caf\xE9")), "encoding-mismatch: \\xe9");
    check(&labelled("UTF-8", &string(b"caf\xE9")), "encoding-mismatch: \\xe9");
    check(&string(b"\xC0\xAF"), "encoding-mismatch: \\xc0");
    check(&string(b"\xED\xA0\x80"), "encoding-mismatch: \\xed");
    check(&labelled("windows-1252", &string(b"\x80")), "unsupported-encoding: windows-1252");
    check(b"\xFF\xFE\0\0<\0\0\0", "unsupported-encoding: \\xff\\xfe\\x00\\x00");
    // Offsets are those of the document, not of what it was turned into.
    check(&labelled("ISO-8859-1", body), "unexpected-text: caf\\xe9");
}

/// Spans and typed views.
#[test]
fn cursors() {
    let reply = response(
        "<value><struct><member><name>n</name><value><int>+5</int></value></member>\
         <member><name>s</name><value><string>a&lt;</string></value></member>\
         <member><name>b</name><value><base64>aGk=</base64></value></member>\
         <member><name>f</name><value><boolean>1</boolean></value></member>\
         <member><name>d</name><value><double>1.50</double></value></member></struct></value>",
    );
    let document = decode_response(reply.as_bytes(), Rules::spec(), &Limits::default()).unwrap().into_result().unwrap();
    let value = document.value();
    let get = |name: &str| value.get(name).unwrap();
    assert_eq!((get("n").as_i32(), get("n").as_i64(), get("n").as_str()), (Some(5), Some(5), None));
    assert_eq!((get("s").as_str(), get("s").as_i32()), (Some("a<"), None));
    assert_eq!(get("b").as_bytes().as_deref(), Some(&b"hi"[..]));
    assert_eq!((get("f").as_bool(), get("d").as_f64(), get("f").is_nil()), (Some(true), Some(1.5), false));
    assert_eq!(value.get("x"), None);
    assert_eq!(value.items().count(), 0);
    assert_eq!(value.text(), None);
    assert_eq!(format!("{value:?}"), format!("struct at {:?}", value.span()));
    assert_eq!(&reply[get("s").span()], "a&lt;");
    assert_eq!(&reply[get("n").span()], "+5");
    assert!(reply[value.span()].starts_with("<struct>") && reply[value.span()].ends_with("</struct>"));
    assert_eq!(
        value.to_value(),
        Value::Struct(vec![
            ("n".into(), 5.into()),
            ("s".into(), "a<".into()),
            ("b".into(), Value::Base64(b"hi".to_vec())),
            ("f".into(), true.into()),
            ("d".into(), 1.5.into()),
        ])
    );
    let owned = document.clone().into_owned();
    assert_eq!(owned, document);
    drop(reply.clone());
    assert_eq!(format!("{:?}", owned.value().get("n").unwrap()), "int at 101..103 \"5\"");
}

/// What Python 2.7's `xmlrpclib` makes of it (survey, column py2.7; `int()`, `float()` and `a2b_base64()` of 2.7.18).
#[test]
fn by_the_rules_of_the_daemon() {
    for integer in [" 42 ", "\n42\n", "- 42", "\u{A0}-42", "\u{664}\u{662}", "+0042"] {
        let sign = if integer.contains('-') { "-" } else { "" };
        xend(&format!("<value><int>{integer}</int></value>"), &format!("int {sign}42"));
    }
    xend("<value><int>99999999999999999999</int></value>", "int 99999999999999999999");
    xend("<value><i8>9223372036854775808</i8></value>", "i8 9223372036854775808");
    let beyond = response("<value><i8>9223372036854775808</i8></value>");
    let beyond = decode_response(beyond.as_bytes(), Rules::xend(Release::V4_1), &Limits::default()).unwrap();
    assert_eq!(beyond.into_result().unwrap().value().to_value(), "9223372036854775808".into());
    for wrong in ["", "-", "--5", "5L", "0x1F", "1_000", "1 2"] {
        xend(&format!("<value><int>{wrong}</int></value>"), &format!("invalid-integer: {wrong}"));
    }
    xend("<value><boolean>true</boolean></value>", "invalid-boolean: true");
    for (text, canonical) in
        [("1e3", "1000.0"), ("Infinity", "inf"), (" 1.5 ", "1.5"), ("NaN", "nan"), ("1e999", "inf")]
    {
        xend(&format!("<value><double>{text}</double></value>"), &format!("double {canonical}"));
    }
    xend("<value><double>1,5</double></value>", "invalid-double: 1,5");
    xend("<value><dateTime.iso8601> yesterday\n</dateTime.iso8601></value>", "dateTime.iso8601 yesterday");
    for (text, canonical) in [
        ("aG*Vs!bG8=", "aGVsbG8="),
        ("aGVsbG8=XXXX", "aGVsbG8="),
        ("aGVsbG9=", "aGVsbG8="),
        ("aa=*=", "aQ=="),
        ("a=aa=", "aaY="),
        ("=aaaa", "aaaa"),
        ("aaaaaa=aa", "aaaaaaaa"),
    ] {
        xend(&format!("<value><base64>{text}</base64></value>"), &format!("base64 {canonical}"));
    }
    for wrong in ["aGVsbG8", "a", "aa=", "aa=a", "a==="] {
        xend(&format!("<value><base64>{wrong}</base64></value>"), &format!("invalid-base64: {wrong}"));
    }
    xend("<value><nil>x</nil></value>", "nil");
    xend("<value><ex:nil/></value>", "unknown-type: <ex:nil/>");

    xend("<value>x<int>1</int></value>", "int 1");
    xend("<value><int>1</int><int>2</int></value>", "[int 1, int 2]");
    xend("<int>1</int>", "int 1");
    xend("", "[]");
    xend("<value><array><value><int>1</int></value></array></value>", "[int 1]");
    xend("<value><array><data><value/></data><data><value/></data></array></value>", "[string , string ]");
    xend(
        "<value><struct><member><name>a</name><value><int>1</int></value><extra/></member></struct></value>",
        "{a: int 1}",
    );
    xend("<value><struct><member><name>a</name></member></struct></value>", "missing-element: </struct>");
    xend(
        "<value><struct><member><value><int>1</int></value><name>a</name></member></struct></value>",
        "unexpected-element: 1",
    );

    let xend = |document: &str, expected: &str| check(document, Rules::xend(Release::V4_1), expected);
    xend("<foo><params><param><value><int>1</int></value></param></params></foo>", "int 1");
    xend("<methodResponse><params/></methodResponse>", "[]");
    xend("<methodResponse/>", "missing-element: <methodResponse/>");
    xend("<value><int>1</int></value>", "unexpected-root: <value>");
    let fault = "<methodResponse><fault><struct><member><name>faultCode</name><value>1</value></member>\
                 <member><name>faultString</name><value>boom</value></member></struct></fault></methodResponse>";
    xend(fault, "fault string 1, string boom");
    let error =
        decode_response(fault.as_bytes(), Rules::xend(Release::V4_1), &Limits::default()).unwrap().into_result();
    assert_eq!(error.unwrap_err(), Fault { code: 1, string: "boom".to_owned() });
    xend("<methodResponse><fault><value>x</value></fault></methodResponse>", "invalid-fault: <methodResponse>");

    // Captures `arg-method-ws@3.0.3` and `xml-response@3.0.3`.
    xend("<methodCall><methodName> test.types </methodName><params></params></methodCall>", "call  test.types ()");
    let reply = response("<value>a</value>");
    let call = decode_call(reply.as_bytes(), Rules::xend(Release::V3_0_3), &Limits::default()).unwrap();
    assert_eq!((call.method(), call.params().count()), ("None", 1));
}

/// The bytes are those of the captures that the comments name.
#[test]
fn layout() {
    let reply = |value: Value, expected: &str| {
        let expected = format!(
            "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n{expected}</param>\n</params>\n</methodResponse>\n"
        );
        assert_eq!(String::from_utf8(encode_response(&value).unwrap()).unwrap(), expected);
    };
    // `unix-http11@3.0.3`
    reply(5.into(), "<value><int>5</int></value>\n");
    // `unix-none@3.0.3`, `t-minint@4.1`, `t-true@4.1`, `t-float3@4.1`, `t-cpu_time@4.1`, `t-emptystr@4.1`
    reply(Value::Nil, "<value><nil/></value>");
    reply(i32::MIN.into(), "<value><int>-2147483648</int></value>\n");
    reply(true.into(), "<value><boolean>1</boolean></value>\n");
    // The capture has `1e+20`, and so has what the daemon's code returns; the specification has no exponents.
    reply(1e20.into(), "<value><double>100000000000000000000.0</double></value>\n");
    let daemon = crate::datum::Datum::Float(1e20).response(Release::V4_1);
    assert!(String::from_utf8(daemon).unwrap().contains("<value><double>1e+20</double></value>\n"));
    reply(2.23456789.into(), "<value><double>2.23456789</double></value>\n");
    reply("".into(), "<value><string></string></value>\n");
    // `t-markup@4.1`
    reply("<a> & \"b\" \\'c\\' ]]>".into(), "<value><string>&lt;a&gt; &amp; \"b\" \\'c\\' ]]&gt;</string></value>\n");
    // `t-emptylist@4.1`, `t-list_none@4.1`
    reply(Value::Array(vec![]), "<value><array><data>\n</data></array></value>\n");
    reply(Value::Array(vec![Value::Nil]), "<value><array><data>\n<value><nil/></value></data></array></value>\n");
    // `t-nested@4.1`
    let string = |text: &str| Value::from(text);
    reply(
        Value::Array(vec![
            string("a"),
            Value::Array(vec![string("b"), Value::Array(vec![string("c"), Value::Array(vec![])])]),
            1.into(),
            Value::Nil,
            true.into(),
        ]),
        "<value><array><data>\n<value><string>a</string></value>\n<value><array><data>\n<value><string>b</string></value>\n\
         <value><array><data>\n<value><string>c</string></value>\n<value><array><data>\n</data></array></value>\n\
         </data></array></value>\n</data></array></value>\n<value><int>1</int></value>\n<value><nil/></value>\
         <value><boolean>1</boolean></value>\n</data></array></value>\n",
    );
    // `arg-method-ws@4.1`
    reply(
        Value::Struct(vec![
            ("Status".into(), string("Failure")),
            ("ErrorDescription".into(), Value::Array(vec![string("MESSAGE_METHOD_UNKNOWN"), string(" test.types ")])),
        ]),
        "<value><struct>\n<member>\n<name>Status</name>\n<value><string>Failure</string></value>\n</member>\n<member>\n\
         <name>ErrorDescription</name>\n<value><array><data>\n<value><string>MESSAGE_METHOD_UNKNOWN</string></value>\n\
         <value><string> test.types </string></value>\n</data></array></value>\n</member>\n</struct></value>\n",
    );
    // Python 2.7.18: `xmlrpclib.dumps((xmlrpclib.Binary('x' * 60),))`
    reply(
        Value::Base64(vec![b'x'; 60]),
        "<value><base64>\neHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\neHh4\n</base64></value>\n",
    );

    // `unix-domain-unknown@3.0.3`
    assert_eq!(
        encode_fault(&Fault { code: 3, string: "nosuch".to_owned() }).unwrap(),
        b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n\
          <value><int>3</int></value>\n</member>\n<member>\n<name>faultString</name>\n\
          <value><string>nosuch</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n"
    );
    // `domain-full@3.0.3`
    assert_eq!(
        encode_call("xend.domain", &["vm1".into(), true.into()]).unwrap(),
        b"<?xml version='1.0'?>\n<methodCall>\n<methodName>xend.domain</methodName>\n<params>\n<param>\n\
          <value><string>vm1</string></value>\n</param>\n<param>\n<value><boolean>1</boolean></value>\n</param>\n\
          </params>\n</methodCall>\n"
    );
}

/// XML 1.0 does not allow such characters, and the specification no such names of methods.
#[test]
fn not_representable() {
    let check = |result: Result<Vec<u8>, Error>, expected: &str| assert_eq!(result.unwrap_err().to_string(), expected);
    let character = "value cannot be written: U+0001, expected a character that XML 1.0 allows";
    check(encode_response(&"a\u{1}".into()), character);
    check(encode_fault(&Fault { code: 1, string: "\u{1}".to_owned() }), character);
    check(encode_response(&Value::Struct(vec![("\u{1}".into(), 1.into())])), character);
    check(encode_response(&"\u{FFFE}".into()), &character.replace("0001", "FFFE"));
    for method in ["", "a b", "a<b"] {
        check(
            encode_call(method, &[]),
            &format!(
                "value cannot be written: method name `{method}`, expected letters, digits, `_`, `.`, `:` and `/`"
            ),
        );
    }
    let deep = |levels| (0..levels).fold(Value::Nil, |inside, _| Value::Array(vec![inside]));
    assert!(encode_response(&deep(Limits::HARD_DEPTH)).is_ok());
    check(
        encode_response(&deep(Limits::HARD_DEPTH + 1)),
        "value cannot be written: nested too deeply, expected at most 1024 levels of arrays and structs",
    );
}

/// A buffer keeps what stands in it, and gets a whole document or nothing.
#[test]
fn into_a_buffer() {
    let fault = Fault { code: 3, string: "nosuch".to_owned() };
    let params: [Value; 2] = ["vm1".into(), true.into()];
    let value = Value::Struct(vec![("a".into(), Value::Array(vec![1.into(), "x".into()]))]);
    let mut out = b"before".to_vec();
    encode_call_into(&mut out, "xend.domain", &params).unwrap();
    encode_response_into(&mut out, &value).unwrap();
    encode_fault_into(&mut out, &fault).unwrap();
    let documents =
        [encode_call("xend.domain", &params), encode_response(&value), encode_fault(&fault)].map(Result::unwrap);
    assert_eq!(out, [b"before".as_slice(), &documents.concat()].concat());

    let wrong = Value::Array(vec![1.into(), "\u{1}".into()]);
    let mut out = b"before".to_vec();
    assert!(encode_call_into(&mut out, "m", std::slice::from_ref(&wrong)).is_err());
    assert!(encode_call_into(&mut out, "a b", &[]).is_err());
    assert!(encode_response_into(&mut out, &wrong).is_err());
    assert!(encode_fault_into(&mut out, &Fault { code: 3, string: "\u{1}".to_owned() }).is_err());
    assert_eq!(out, b"before");
}

#[test]
fn limits() {
    let check = |value: &str, limits: Limits, expected: &str| {
        let error = decode(response(value).as_bytes(), Rules::spec(), &limits).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let default = Limits::default();
    check("<value/>", Limits { bytes: 10, ..default }, "document too long, expected at most 10 bytes");
    check("<value>abcd</value>", Limits { text: 3, ..default }, "text too long, expected at most 3 bytes");
    let items = "<value><array><data><value/><value/></data></array></value>";
    check(items, Limits { values: 2, ..default }, "too many values, expected at most 2");
    let deep =
        |levels| format!("{}{}", "<value><array><data>".repeat(levels), "</data></array></value>".repeat(levels));
    let too_deep = "nested too deeply, expected at most 3 levels of arrays and structs";
    check(&deep(4), Limits { depth: 3, ..default }, too_deep);
    assert_eq!(meaning(response(&deep(3)).as_bytes(), Rules::spec()), "[[[]]]");

    let levels = if cfg!(miri) { 1_100 } else { 100_000 };
    for rules in rotate(Rules::all(), "limits") {
        let document = response(&deep(levels));
        let error = decode(document.as_bytes(), rules, &Limits { depth: usize::MAX, ..default }).unwrap_err();
        assert_eq!(error.to_string(), "nested too deeply, expected at most 1024 levels of arrays and structs");
    }
}

/// No entity is expanded, so ten levels of ten entities cost no more than their declarations.
#[test]
fn billion_laughs() {
    let entities: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let document = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY l0 \"lol\">{entities}]>{}",
        &response("<value>&l9;</value>")["<?xml version=\"1.0\"?>".len()..]
    );
    for rules in Rules::all() {
        check(&document, rules, "undefined-entity: &l9;");
    }
}

#[test]
fn names_of_rules() {
    for rules in Rules::all() {
        assert_eq!(rules.to_string().parse(), Ok(rules));
    }
    assert_eq!(
        "xend-4.2".parse::<Rules>().unwrap_err().to_string(),
        "unknown XML-RPC rules `xend-4.2`, expected spec, extended, or xend-RELEASE with one of 3.0.2, 3.0.3, 3.1, 3.2, \
         3.3, 3.4, 4.1, 4.4"
    );
}
