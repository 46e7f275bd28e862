//! Checks that other implementations read what this crate writes, and that this crate reads what they write.

mod values;

/// The other implementations are dxr, a Rust library, and Python's `xmlrpc.client`.
mod properties {
    use std::io::Write;
    use std::process::Stdio;

    use data_encoding::BASE64;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    use serde_json::json;
    use xend_wire::Limits;
    use xend_wire::xmlrpc::{self, Fault, Rules, Value, decode_call, decode_response};

    use super::values::{as_map, deviation_of_dxr, to_dxr, to_json, values};
    use crate::oracle;

    fn config() -> Config {
        Config { failure_persistence: None, ..Config::default() }
    }

    fn read(body: &[u8]) -> Value {
        let response = decode_response(body, Rules::extended(), &Limits::default());
        let response = response.unwrap_or_else(|error| panic!("{}", error.render(body)));
        response.into_result().expect("no fault").value().to_value()
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn dxr_reads_responses_alike(value in values()) {
            if let Some(_known) = deviation_of_dxr(&value) {
                return Ok(());
            }
            let body = String::from_utf8(xmlrpc::encode_response(&value).expect("can be written")).expect("UTF-8");
            let read = dxr::MethodResponse::from_xml(&body).expect("dxr reads it");
            prop_assert_eq!(read.value, to_dxr(&value));
        }

        #[test]
        fn dxr_reads_calls_alike(method in "[A-Za-z0-9_.:/]{1,12}", params in prop::collection::vec(values(), 0..3)) {
            if let Some(_known) = params.iter().find_map(deviation_of_dxr) {
                return Ok(());
            }
            let body = String::from_utf8(xmlrpc::encode_call(&method, &params).expect("can be written")).expect("UTF-8");
            let read = dxr::MethodCall::from_xml(&body).expect("dxr reads it");
            prop_assert_eq!(&read.name, &method);
            prop_assert_eq!(read.params.len(), params.len());
            for (param, read) in params.iter().zip(&read.params) {
                prop_assert_eq!(read, &to_dxr(param));
            }
        }

        #[test]
        fn dxr_reads_faults_alike(code in any::<i32>(), string in "[ -~\\u{E9}\n]{0,20}") {
            let fault = Fault { code, string };
            let body = String::from_utf8(xmlrpc::encode_fault(&fault).expect("can be written")).expect("UTF-8");
            let read = dxr::FaultResponse::from_xml(&body).expect("dxr reads it").fault;
            prop_assert_eq!((read.code(), read.string()), (fault.code, fault.string.as_str()));
        }

        #[test]
        fn what_dxr_writes_is_read_alike(value in values()) {
            let value = as_map(&value);
            for body in [
                dxr::MethodResponse { value: to_dxr(&value) }.to_xml().expect("dxr writes it"),
                dxr::MethodResponse { value: to_dxr(&value) }.to_xml_pretty().expect("dxr writes it"),
            ] {
                prop_assert_eq!(read(body.as_bytes()), value.clone(), "{}", body);
            }
            let call = dxr::MethodCall { name: "a.b".into(), params: vec![to_dxr(&value)] }.to_xml().expect("dxr writes it");
            let call = decode_call(call.as_bytes(), Rules::extended(), &Limits::default()).expect("well-formed");
            prop_assert_eq!(call.params().map(xmlrpc::ValueRef::to_value).collect::<Vec<_>>(), vec![value]);
        }
    }

    /// One process of Python reads all values.
    #[test]
    #[cfg_attr(miri, ignore = "starts a process")]
    fn python_reads_and_writes_alike() {
        let Some(mut command) = oracle::python(&["python3"], "import xmlrpc.client") else { return };
        command.args(["-c", include_str!("decode.py")]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = command.spawn().expect("Python starts");
        let mut runner = TestRunner::new(config());
        let cases = config().cases;
        let values: Vec<_> = (0..cases).map(|_| values().new_tree(&mut runner).expect("a value").current()).collect();
        let mut stdin = python.stdin.take().expect("it is piped");
        let lines: String = values
            .iter()
            .map(|value| BASE64.encode(&xmlrpc::encode_response(value).expect("can be written")) + "\n")
            .collect();
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = python.wait_with_output().expect("it ends");
        writer.join().expect("no panic").expect("Python reads everything");
        assert!(output.status.success());

        let answers = String::from_utf8(output.stdout).expect("ASCII");
        assert_eq!(answers.lines().count(), values.len());
        for (value, answer) in values.iter().zip(answers.lines()) {
            let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
            assert_eq!(answer["value"], to_json(&as_map(value)), "{value:?}");
            // Python writes no i8, and a carriage return as it is, which no XML parser gives back.
            if let Some(again) = answer["again"].as_str()
                && !json!(to_json(value)).to_string().contains("\\r")
            {
                let again = read(&BASE64.decode(again.as_bytes()).expect("base64"));
                assert_eq!(to_json(&as_map(&again)), answer["value"], "{value:?}");
            }
        }
    }
}
