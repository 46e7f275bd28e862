//! A session of a client with a mock, recorded, and what can be done with the recording: replay it, hold a server against
//! it, and convert it to a scenario and to cases. Nothing of it has a secret.

use std::path::Path;
use std::process::Command;

use mock_xend::{Address, Builder, Face, MockXend, Recording, Relay, Release, Scenario};

use crate::cli::{HARNESS, path, transcript};

const SECRET: &str = "s3cret";

/// The calls of the session. Each logs in anew on the Xen-API, which has no secrets but those of logins.
fn calls(face: Face) -> Vec<Vec<&'static str>> {
    let config = "config=(vm (name new) (memory 64) (vcpus 1) (image (linux (kernel /boot/k))) \
                  (device (vfb (type vnc) (vncpasswd s3cret))))";
    let mut calls = vec![vec!["domain.list"], vec!["domain.pause", "domain=vm1"]];
    if face != Face::XenApi {
        calls.extend([vec!["domain.create", config], vec!["domain.info", "domain=new"]]);
    }
    calls.push(vec!["domain.destroy", "domain=nosuch"]);
    calls
}

/// What the client tells of each call.
fn told(uri: &str, calls: &[Vec<&str>]) -> Vec<String> {
    let one = |call: &Vec<&str>| {
        let mut command = Command::new(HARNESS);
        command.args(["call", uri, "--json"]).args(call).env("XEND_PASSWORD", SECRET);
        if uri.starts_with("xenapi") {
            command.args(["--user", "root"]);
        }
        let output = command.output().expect("the binary is built");
        let [shown, error] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
        // What was redacted comes back as the mark.
        format!("{:?} {shown}{error}", output.status.code()).replace(SECRET, "{redacted}")
    };
    calls.iter().map(one).collect()
}

fn mock(face: Face) -> Builder {
    MockXend::builder().release(Release::V4_1).listen(face, Address::any_port())
}

#[test]
fn what_is_recorded_is_replayed_compared_and_converted() {
    for face in [Face::Sxp, Face::XmlRpc, Face::XenApi] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("session.jsonl");
        let calls = calls(face);
        let server = mock(face).start().expect("a mock");
        let uri = |mock: &MockXend| mock.uri(face).expect("it listens there");
        let relay = Relay::proxy(uri(&server).parse().expect("a URI")).record(&file).release(Release::V4_1);
        let relay = relay.start().expect("it listens");
        let first = told(&relay.uri(), &calls);
        let (last, others) = first.split_last().expect("calls");
        assert!(last.starts_with("Some(1)") && others.iter().all(|told| told.starts_with("Some(0)")), "{first:?}");
        assert!(relay.stop().is_empty());
        let text = std::fs::read_to_string(&file).expect("it is written");
        assert!(!text.contains(SECRET) && text.contains("{redacted}"), "{text}");
        assert_eq!(text.contains("{session}"), face == Face::XenApi, "{text}");

        let recording = Recording::from_file(&file).expect("a recording");
        let strict = Relay::replay(recording.clone()).start().expect("it listens");
        assert_eq!(told(&strict.uri(), &calls), first);
        assert!(strict.stop().is_empty());
        let backwards = |mut of: Vec<String>| {
            of.reverse();
            of
        };
        let loose = Relay::replay(recording.clone()).loose().start().expect("it listens");
        let reversed: Vec<_> = calls.iter().rev().cloned().collect();
        assert_eq!(backwards(told(&loose.uri(), &reversed)), first);
        assert!(loose.stop().is_empty());

        for same in ["body", "head", "bytes"] {
            let fresh = mock(face).start().expect("a mock");
            let shown = transcript(&["compare", path(&file), &uri(&fresh), "--same", same], b"");
            assert!(shown.ends_with("[exit 0]\n") && shown.contains(" pass"), "{shown}");
            assert!(!shown.contains(SECRET), "{shown}");
        }
        // It is not the same without what the session began with.
        let shown = transcript(&["compare", path(&file), &uri(&server), "--same", "body"], b"");
        assert!(shown.ends_with("[exit 1]\n"), "{shown}");

        let toml = recording.to_scenario();
        assert!(!toml.contains(SECRET), "{toml}");
        let scenario = Scenario::parse("session.toml", &toml, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
        let scripted = mock(face).scenario(scenario).start().expect("a mock");
        assert_eq!(told(&uri(&scripted), &calls), first);
        let report = scripted.stop();
        assert!(report.is_empty(), "{report:?}");

        let cases = recording.to_cases("session.jsonl");
        for (name, text) in &cases {
            assert!(!text.contains(SECRET), "{text}");
            let file = folder.path().join("cases").join(name);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
            std::fs::write(file, text).expect("it is written");
        }
        assert!(cases.len() >= 2, "{}", cases.len());
        let shown = transcript(&["test", "--cases", path(&folder.path().join("cases"))], b"");
        assert!(shown.ends_with("0 unexpected\n[exit 0]\n"), "{shown}");
    }
}
