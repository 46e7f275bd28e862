//! `xend-harness call` against a mock on Unix sockets.

use std::path::Path;
use std::process::Command;

use mock_xend::{Address, Face, MockXend, Release, Scenario};

/// A mock on Unix sockets, one for each face.
struct Sockets {
    _mock: MockXend,
    folder: tempfile::TempDir,
}

impl Sockets {
    fn new(release: Release, scenario: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scenario = Scenario::parse("scenario.toml", scenario, Path::new(".")).unwrap();
        let mut builder = MockXend::builder().release(release).scenario(scenario);
        builder = builder.clock(std::time::Duration::from_secs(1_200_000_000));
        for face in Face::served_by(release) {
            builder = builder.listen(face, Address::Unix(folder.path().join(face.as_str())));
        }
        Self { _mock: builder.start().unwrap(), folder }
    }

    /// `unix:///PATH`
    fn address(&self, face: Face) -> String {
        format!("unix://{}", self.folder.path().join(face.as_str()).display())
    }

    /// Exit status and what is said, first on standard output.
    fn call(&self, face: Face, arguments: &[&str]) -> (i32, String) {
        self.call_at(&format!("{face}+{}", self.address(face)), arguments, None)
    }

    fn call_at(&self, uri: &str, arguments: &[&str], password: Option<&str>) -> (i32, String) {
        let (options, words): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|it| it.starts_with("--"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_xend-harness"));
        command.env_remove("XEND_PASSWORD").envs(password.map(|password| ("XEND_PASSWORD", password)));
        let output = command.arg("call").args(options).arg(uri).args(words).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }
}

/// What people read is the same, whichever face it came by.
#[test]
fn faces_print_the_same() {
    let _snapshots = crate::faces::snapshots();
    let sockets = Sockets::new(Release::V4_1, "");
    let mut shown = String::new();
    for arguments in [
        &["domain.list"][..],
        &["domain.list_all"],
        &["domain.records"],
        &["domain.vcpus", "domain=vm1"],
        &["domain.credit", "domain=vm1"],
        &["device.list", "domain=vm1", "type=vif"],
        &["device.attach", "domain=vm1", "config=(vif (mac 00:16:3e:00:00:99))"],
        &["node.dmesg"],
        &["domain.pause", "domain=vm1"],
        &["--json", "domain.list"],
        &["--json", "domain.records"],
        &["--json", "domain.vcpus", "domain=vm1"],
        &["--json", "device.list", "domain=vm1", "type=vif"],
    ] {
        let answers = [Face::Sxp, Face::XmlRpc].map(|face| sockets.call(face, arguments));
        if arguments != ["device.attach", "domain=vm1", "config=(vif (mac 00:16:3e:00:00:99))"]
            && arguments != ["--json", "domain.records"]
        {
            assert_eq!(answers[0], answers[1], "{arguments:?}");
        }
        shown += &format!("$ call {}\n{}", arguments.join(" "), answers[0].1);
    }
    insta::assert_snapshot!("call-answers", shown);
}

/// The exit status tells done, refused, usage, and unknown.
#[test]
fn the_exit_status_tells_what_became_of_it() {
    let sockets = Sockets::new(
        Release::V3_0_3,
        "[[expect]]\nface = \"sxp\"\npath = \"/xend/domain/gone\"\ntimes = \"any\"\nreply = { raw = \"\" }\n",
    );
    let status = |face, arguments: &[&str]| sockets.call(face, arguments).0;
    assert_eq!(status(Face::Sxp, &["domain.unpause", "domain=vm2"]), 0);
    assert_eq!(status(Face::XmlRpc, &["domain.pause", "domain=nosuch"]), 1);
    // What 3.0.3 lacks is refused by it, or is not even sent where the release is known.
    assert_eq!(status(Face::XmlRpc, &["domain.define", "config=(vm (name x))"]), 1);
    assert_eq!(status(Face::XmlRpc, &["--release=3.0.3", "domain.define", "config=(vm (name x))"]), 2);
    assert_eq!(status(Face::Sxp, &["domain.pause", "domain=gone"]), 5);
    // Nobody has said who opens a session. What is not reached is in the tests of the command line.
    assert_eq!(status(Face::XenApi, &["domain.list"]), 2);
    assert_eq!(status(Face::Sxp, &["--release=detect", "domain.define", "config=(vm (name x))"]), 2);
}

/// Who asks one face at the address of another is told so.
#[test]
fn another_face_at_the_address_is_seen() {
    let sockets = Sockets::new(Release::V4_1, "");
    let hint = |asked: Face, listening: Face, arguments: &[&str]| {
        let address = sockets.address(listening);
        let (_, said) = sockets.call_at(&format!("{asked}+{address}"), arguments, Some(""));
        let hint = said.lines().find_map(|line| line.strip_prefix("hint: ")).map(str::to_owned);
        hint.map(|hint| hint.replace(&address, "HERE"))
    };
    let at = |face: Face| {
        let password = match face {
            Face::XenApi => " with the password in XEND_PASSWORD, which may be empty",
            _ => "",
        };
        Some(format!("the {face} face answers like this; try {face}+HERE{password}"))
    };
    let list = &["domain.list"];
    let either = "the faces xmlrpc and xenapi answer like this; try xmlrpc+HERE, or xenapi+HERE with the password in \
                  XEND_PASSWORD";
    assert_eq!(hint(Face::Sxp, Face::XmlRpc, list), Some(either.to_owned()));
    assert_eq!(hint(Face::XmlRpc, Face::Sxp, list), at(Face::Sxp));
    assert_eq!(hint(Face::XmlRpc, Face::XenApi, list), at(Face::XenApi));
    assert_eq!(hint(Face::XenApi, Face::XmlRpc, list), at(Face::XmlRpc));
    assert_eq!(hint(Face::XenApi, Face::Sxp, list), at(Face::Sxp));
    assert_eq!(hint(Face::XmlRpc, Face::XmlRpc, list), None);
    // It was done all the same (protocol reference §5.7).
    let pause = &["domain.pause", "domain=vm1"];
    assert_eq!(hint(Face::XmlRpc, Face::XenApi, pause), at(Face::XenApi));
    assert!(sockets.call(Face::Sxp, &["domain.info", "domain=vm1"]).1.contains("--p---"));
}

/// A domain is made from a file, and started.
#[test]
fn a_domain_is_made_and_started() {
    let sockets = Sockets::new(Release::V4_1, "");
    let config = sockets.folder.path().join("new.sxp");
    std::fs::write(&config, "(vm (name new) (memory 64) (vcpus 1) (image (linux (kernel /boot/vmlinuz))))").unwrap();
    let config = format!("config=@{}", config.display());
    let (code, said) = sockets.call(Face::Sxp, &["domain.create_and_start", &config]);
    assert_eq!((code, said.contains("new")), (0, true), "{said}");
    assert!(sockets.call(Face::XmlRpc, &["domain.list"]).1.contains("new\n"));
}
