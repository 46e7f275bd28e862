//! The property of the shortcuts: every document has the same result with and without them.

use proptest::prelude::*;

use super::super::{Rules, decode};
use super::without;
use crate::{Limits, Release};

/// Values as they are usually written, and some invalid ones.
const VALUES: &[&str] = &[
    "<value><string>a</string></value>",
    "<value><string></string></value>",
    "<value><string>a text that is longer than what is looked at byte by byte</string></value>",
    "<value><string>a text that is longer than that, with ]]> or a\r behind</string></value>",
    "<value><int>5</int></value>",
    "<value><int>x</int></value>",
    "<value><int >5</int></value>",
    "<value><int >5</intx></value>",
    "<value ><int\t>5</int \r></value\n>",
    "<value><in>5</in></value>",
    "<value><booleans>1</booleans></value>",
    "<value><i4>-5</i4></value>",
    "<value><i4>5</int></value>",
    "<value><double>.5</double></value>",
    "<value><boolean>1</boolean></value>",
    "<value><boolean>2</boolean></value>",
    "<value><base64>aGk=</base64></value>",
    "<value><dateTime.iso8601>19980717T14:08:55</dateTime.iso8601></value>",
    "<value><i8>5</i8></value>",
    "<value><nil/></value>",
    "<value>a</value>",
    "<value><string>&lt;a&gt; &amp; &quot;b&quot;</string></value>",
    "<value><int>&#53;</int></value>",
    "<value xml:space=\"preserve\"><string xml:space=\"preserve\" >a</string></value>",
    "<value><int a=\"1\" a=\"2\">5</int></value>",
    "<value> <string>a</string>\n</value>",
    "<value/>",
];

/// Pieces that are inserted anywhere in a document.
const PIECES: &[&str] = &[
    "<value>",
    "</value>",
    "<value><array><data>",
    "</data></array></value>",
    "<array>",
    "</array>",
    "<data>",
    "</data>",
    "<value><struct>",
    "</struct></value>",
    "<struct>",
    "</struct>",
    "<member>",
    "</member>",
    "<name>",
    "</name>",
    "<name>a</name>",
    "<member><name>a</name>",
    "<member>\n<name>a</name>\n",
    "<member>\n<name>a]</name>\n",
    "<methodResponse>",
    "<string>",
    "</string>",
    "<int>",
    "</int>",
    "<boolean>",
    "<param>",
    "</param>",
    "<params>",
    "</params>",
    "<fault>",
    "</fault>",
    "</methodResponse>",
    "</methodCall>",
    "\n",
    "  ",
    "\t",
    "text",
    "<value >",
    "</value >",
    " >",
    "<array\t>",
    "<string a='1'>",
    "<string a=\"1\">",
    "<value xml:space=\"a>b\" >",
    " a=\"\"",
    " a=\"1\"",
    " a=\"<\"",
    " =\"1\"",
    "<string/>",
    "<data/>",
    "<i8>",
    "</i8>",
    "<ex:i8>",
    "<![CDATA[",
    "]]>",
    "<!-- c -->",
    "<?pi?>",
    "&amp;",
    "&#65;",
    "&#x1F600;",
    "&#0;",
    "&#00000000065;",
    "&lt;",
    "&gt;",
    "a &amp; b",
    ";",
    "&x;",
    "&",
    "\r\n",
    "\r",
    "]",
    "<",
    ">",
    "/",
    "\u{FEFF}",
    "é",
    "\0",
    "<!DOCTYPE a>",
    "<value",
    "</",
    "<values>",
    "xml",
    "",
];

fn value_strategy() -> impl Strategy<Value = String> {
    let value = prop_oneof![prop::sample::select(VALUES).prop_map(str::to_owned)];
    let space = prop::sample::select(&["\n", "", "\n  ", " "][..]);
    (value, space).prop_map(|(value, space)| value + space).prop_recursive(4, 24, 4, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..4);
        let members = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            items.prop_map(|items| format!("<value><array><data>\n{}</data></array></value>\n", items.concat())),
            members.prop_map(|members| {
                let members = members.iter().map(|value| format!("<member>\n<name>a</name>\n{value}</member>\n"));
                format!("<value><struct>\n{}</struct></value>\n", members.collect::<String>())
            }),
            inner
                .prop_map(|value| { format!("<value><struct><member><name></name>{value}</member></struct></value>") }),
        ]
    })
}

/// Calls, responses and faults in which some pieces are inserted or replace a part.
fn document_strategy() -> impl Strategy<Value = Vec<u8>> {
    let root = prop::sample::select(
        &[
            ("<methodResponse>\n<params>\n<param>\n", "</param>\n</params>\n</methodResponse>\n"),
            ("<methodResponse><fault>", "</fault></methodResponse>"),
            ("<?xml version=\"1.0\"?>\n\n<methodResponse><fault>", "</fault></methodResponse> <?pi?>"),
            (
                "<?xml version='1.0'?>\n<methodCall><methodName>a</methodName><params><param>",
                "</param></params></methodCall>",
            ),
        ][..],
    );
    let piece = prop_oneof![
        6 => prop::sample::select(PIECES).prop_map(str::as_bytes),
        1 => prop::sample::select(VALUES).prop_map(str::as_bytes),
        1 => Just(&b"\xFF"[..]),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece), 0..4);
    (root, value_strategy(), changes).prop_map(|((start, end), value, changes)| {
        let mut document = [start, &value, end].concat().into_bytes();
        for (at, removed, piece) in changes {
            let at = at.index(document.len() + 1);
            let end = (at + removed).min(document.len());
            document.splice(at..end, piece.iter().copied());
        }
        document
    })
}

fn limits_strategy() -> impl Strategy<Value = Limits> {
    let default = Limits::default();
    prop_oneof![
        4 => Just(default),
        1 => (0..4_usize).prop_map(move |depth| Limits { depth, ..default }),
        1 => (0..8_usize).prop_map(move |values| Limits { values, ..default }),
        1 => (0..6_usize).prop_map(move |text| Limits { text, ..default }),
    ]
}

/// The complete result of a document: its nodes with their places, or the error.
fn outcome(document: &[u8], rules: Rules, limits: &Limits) -> String {
    match decode(document, rules, limits) {
        Ok(message) => format!("{message:?}"),
        Err(error) => format!("{error:?}"),
    }
}

proptest! {
    #![proptest_config(crate::test_config())]

    #[test]
    fn shortcuts_change_nothing_but_the_speed(document in document_strategy(), limits in limits_strategy()) {
        for rules in [Rules::spec(), Rules::extended(), Rules::xend(Release::V4_1)] {
            let with = outcome(&document, rules, &limits);
            let without = without(|| outcome(&document, rules, &limits));
            prop_assert_eq!(with, without, "{} by {}", document.escape_ascii(), rules);
        }
    }
}
