//! Expected documents are written by hand, from the specification.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DateTime, from_call, from_response, to_call, to_response, to_value};
use crate::xmlrpc::{Rules, Value};
use crate::{ErrorKind, Limits};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Device {
    None,
    Vbd(String),
    Pair(i32, bool),
    Vif { mac: String },
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Unit;

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Everything {
    small: u8,
    large: i64,
    flag: bool,
    text: String,
    letter: char,
    number: f64,
    start: DateTime,
    #[serde(with = "crate::xmlrpc::civil")]
    end: jiff::civil::DateTime,
    items: Vec<i32>,
    pair: (String, u32),
    names: BTreeMap<String, u16>,
    numbers: BTreeMap<u32, bool>,
    none: Option<i32>,
    some: Option<i32>,
    unit: Unit,
    devices: Vec<Device>,
}

fn everything() -> Everything {
    Everything {
        small: 255,
        large: 5_000_000_000,
        flag: true,
        text: "a<b".to_owned(),
        letter: 'é',
        number: 0.5,
        start: "19980717T14:08:55".into(),
        end: jiff::civil::date(2009, 11, 13).at(18, 30, 0, 0),
        items: vec![1, -1],
        pair: ("x".to_owned(), 7),
        names: [("a".to_owned(), 1)].into(),
        numbers: [(64, false)].into(),
        none: None,
        some: Some(i32::MIN),
        unit: Unit,
        devices: vec![
            Device::None,
            Device::Vbd("xvda".to_owned()),
            Device::Pair(1, true),
            Device::Vif { mac: "00:16:3e:00:00:01".to_owned() },
        ],
    }
}

fn response(value: &str) -> String {
    format!("<methodResponse><params><param><value>{value}</value></param></params></methodResponse>")
}

fn member(name: &str, value: &str) -> String {
    format!("<member><name>{name}</name><value>{value}</value></member>")
}

#[test]
fn a_type_is_written_and_read_as_the_table_says() {
    let array = |items: &[&str]| {
        format!(
            "<array><data>{}</data></array>",
            items.iter().map(|i| format!("<value>{i}</value>")).collect::<String>()
        )
    };
    let of = |name: &str, value: &str| format!("<struct>{}</struct>", member(name, value));
    let members = [
        member("small", "<int>255</int>"),
        member("large", "<i8>5000000000</i8>"),
        member("flag", "<boolean>1</boolean>"),
        member("text", "<string>a&lt;b</string>"),
        member("letter", "<string>é</string>"),
        member("number", "<double>0.5</double>"),
        member("start", "<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>"),
        member("end", "<dateTime.iso8601>20091113T18:30:00</dateTime.iso8601>"),
        member("items", &array(&["<int>1</int>", "<int>-1</int>"])),
        member("pair", &array(&["<string>x</string>", "<int>7</int>"])),
        member("names", &of("a", "<int>1</int>")),
        member("numbers", &of("64", "<boolean>0</boolean>")),
        member("none", "<nil/>"),
        member("some", "<int>-2147483648</int>"),
        member("unit", "<nil/>"),
        member(
            "devices",
            &array(&[
                "<string>none</string>",
                &of("vbd", "<string>xvda</string>"),
                &of("pair", &array(&["<int>1</int>", "<boolean>1</boolean>"])),
                &of("vif", &of("mac", "<string>00:16:3e:00:00:01</string>")),
            ]),
        ),
    ];
    let document = response(&format!("<struct>{}</struct>", members.concat()));
    let read = from_response::<Everything>(document.as_bytes(), Rules::extended(), &Limits::default());
    assert_eq!(read.expect("it fits").expect("no fault"), everything());

    let written = to_response(&everything()).expect("it can be written");
    let again = from_response::<Everything>(&written, Rules::extended(), &Limits::default());
    assert_eq!(again.expect("it fits").expect("no fault"), everything());
    // The value that is written is the one that the document above has.
    let parsed = crate::xmlrpc::decode_response(document.as_bytes(), Rules::extended(), &Limits::default());
    let parsed = parsed.expect("well-formed").into_result().expect("no fault");
    assert_eq!(to_value(&everything()).expect("it can be written"), parsed.value().to_value());
}

#[test]
fn calls_have_a_sequence_of_parameters() {
    let call = to_call("m", &("vm1", 5, [1.5])).expect("a sequence");
    let read = from_call::<(String, i32, Vec<f64>)>(&call, Rules::spec(), &Limits::default());
    assert_eq!(read.expect("it fits"), ("m".to_owned(), ("vm1".to_owned(), 5, vec![1.5])));
    assert_eq!(to_call("m", &()).expect("none"), to_call("m", &[0; 0]).expect("none"));
    assert_eq!(to_call("m", &5).expect_err("no sequence").kind(), ErrorKind::NotRepresentable);
    assert_eq!(to_value(&u64::MAX).expect_err("too large").kind(), ErrorKind::NotRepresentable);
    assert_eq!(to_value(&3_000_000_000_u64).expect("an i8"), Value::I8(3_000_000_000));
}

#[test]
fn a_fault_is_no_error() {
    let fault = crate::xmlrpc::Fault { code: 3, string: "vm9".to_owned() };
    let body = crate::xmlrpc::encode_fault(&fault).expect("a fault");
    let read = from_response::<i32>(&body, Rules::spec(), &Limits::default()).expect("well-formed");
    assert_eq!(read, Err(fault));
}

#[test]
#[cfg_attr(miri, ignore = "starts a process")]
fn what_does_not_fit_is_told_with_its_place() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read for its errors alone")]
    struct Point {
        x: i32,
        y: Option<Vec<bool>>,
    }
    let point = |members: &[String]| response(&format!("<struct>{}</struct>", members.concat()));
    let x = || member("x", "<int>1</int>");
    let all = [
        point(&[member("x", "<string>1</string>")]),
        point(&[]),
        point(&[x(), member("z", "<int>1</int>")]),
        point(&[x(), x()]),
        point(&[x(), member("y", "<array><data><value><int>1</int></value></data></array>")]),
        point(&[member("x", "<i8>5000000000</i8>")]),
        response("<array><data/></array>"),
    ];
    let shown = all.map(|document| {
        let error = from_response::<Point>(document.as_bytes(), Rules::extended(), &Limits::default());
        let error = error.expect_err("it does not fit");
        assert_eq!(error.kind(), ErrorKind::TypeMismatch);
        error.render(document.as_bytes())
    });
    let variant = response("<string>floppy</string>");
    let error = from_response::<Device>(variant.as_bytes(), Rules::spec(), &Limits::default()).expect_err("no variant");
    let params = to_call("m", &(1, 2, 3)).expect("a call");
    let too_many = from_call::<(i32, i32)>(&params, Rules::spec(), &Limits::default()).expect_err("too many");
    let date = from_response::<DateTime>(variant.as_bytes(), Rules::spec(), &Limits::default()).expect_err("no date");
    let rest = format!(
        "{}\n{}\n{}",
        error.render(variant.as_bytes()),
        too_many.render(&params),
        date.render(variant.as_bytes())
    );
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../snapshots/wire/errors");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("type-mismatch-places", format!("{}\n{rest}", shown.join("\n"))));
}
