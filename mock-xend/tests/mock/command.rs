//! The program `mock-xend`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use xend_wire::xmlrpc::encode_call;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-xend"));
    command.args(arguments);
    command
}

pub(crate) fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = program(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The program, once it listens, with what it said.
pub(crate) fn listening(arguments: &[&str], lines: usize) -> (Child, Vec<String>) {
    let mut child = program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let lines = stdout.lines().take(lines).map(Result::unwrap).collect();
    (child, lines)
}

fn send_signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Ends the program as an init system does. Its status, and what it said on stderr.
pub(crate) fn terminate(child: Child) -> (Option<i32>, String) {
    send_signal(&child, "-TERM");
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn help() {
    let _snapshots = crate::snapshots();
    insta::assert_snapshot!("help", output(&["--help"]).1);
    insta::assert_snapshot!("help-check", output(&["check", "--help"]).1);
    insta::assert_snapshot!("help-ctl", output(&["ctl", "--help"]).1);
}

#[test]
fn it_has_manual_pages_and_completions() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(output(&["man", "--out", folder.path().to_str().unwrap()]), (Some(0), String::new(), String::new()));
    for page in ["mock-xend.1", "mock-xend-check.1", "mock-xend-world.1"] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(output(&["man"]).1.contains(".TH mock-xend 1"));
    assert!(output(&["completions", "bash"]).1.contains("--dump-world"));
    let nowhere = "error: /nowhere/at/all: No such file or directory (os error 2)\n";
    assert_eq!(output(&["man", "--out", "/nowhere/at/all"]), (Some(2), String::new(), nowhere.to_owned()));
}

#[test]
fn it_says_where_it_listens_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let socket = format!("unix:{}", file("x.sock"));
    let scenario = file("outage.toml");
    std::fs::write(&scenario, "[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\n").unwrap();
    let arguments = [
        "--release",
        "3.0.3",
        "--sxp",
        "tcp:127.0.0.1:0",
        "--xmlrpc",
        "tcp:127.0.0.1:0",
        "--xmlrpc",
        &socket,
        "--scenario",
        &scenario,
        "--ready-file",
        &file("ready.json"),
        "--verify",
    ];
    let (child, lines) = listening(&arguments, 3);
    assert!(lines[0].starts_with("LISTENING sxp tcp:127.0.0.1:"), "{lines:?}");
    assert!(lines[1].starts_with("LISTENING xmlrpc tcp:127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[2], format!("LISTENING xmlrpc {socket}"));
    let ready: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file("ready.json")).unwrap()).unwrap();
    assert_eq!(ready["release"], "3.0.3");
    assert_eq!(ready["pid"], child.id());
    for (listening, line) in ready["listening"].as_array().unwrap().iter().zip(&lines) {
        let text = |key: &str| listening[key].as_str().unwrap().to_owned();
        assert_eq!(*line, format!("LISTENING {} {}", text("face"), text("address")));
    }
    let (status, stderr) = terminate(child);
    assert_eq!((status, stderr.as_str()), (Some(1), "unused: line 1: domain.pause: 0 of 1\n"));
    assert!(!folder.path().join("x.sock").exists());
    assert!(!folder.path().join("ready.json").exists());
}

/// Memory that is its own: what is mapped of the program's file is shared, and larger in a build for debugging.
#[test]
fn a_mock_that_idles_takes_less_than_two_mebibytes() {
    let (child, _) = listening(&["--sxp", "tcp:127.0.0.1:0", "--xmlrpc", "tcp:127.0.0.1:0"], 2);
    let kib = own_memory(&child);
    assert!(kib < 2048, "{kib} KiB");
    assert_eq!(terminate(child), (Some(0), String::new()));
}

/// The memory that is only a program's own, in KiB.
fn own_memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Of what clients sent only the journal keeps anything, within its budget of 64 MiB, although none of them has gone.
#[test]
fn what_many_clients_send_stays_in_the_budget_of_the_journal() {
    let (child, lines) = listening(&["--xmlrpc", "tcp:127.0.0.1:0"], 1);
    let address = lines[0].rsplit_once("tcp:").unwrap().1;
    let ask = |client: &mut BufReader<TcpStream>, param: &str| {
        let body = encode_call("nosuch", &[param.into()]).unwrap();
        let head = format!("POST /RPC2 HTTP/1.1\r\nConnection: keep-alive\r\nContent-Length: {}\r\n\r\n", body.len());
        client.get_mut().write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let head: Vec<_> = client.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
        let length = head.iter().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a reply");
        let mut reply = vec![0; length.parse().unwrap()];
        client.read_exact(&mut reply).unwrap();
    };
    let long = "x".repeat(1 << 20);
    let clients = (0..112).map(|_| {
        let mut client = BufReader::new(TcpStream::connect(address).unwrap());
        ask(&mut client, &long);
        // The memory of a request is free when the next one has come.
        ask(&mut client, "x");
        client
    });
    let clients: Vec<_> = clients.collect();
    let kib = own_memory(&child);
    assert!(kib < 96 << 10, "{kib} KiB");
    drop(clients);
    assert_eq!(terminate(child), (Some(0), String::new()));
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let (child, _) = listening(&["--sxp", "tcp:127.0.0.1:0"], 1);
    send_signal(&child, "-HUP");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, ready) = (folder.path().join("pipe"), folder.path().join("ready"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // To write to a pipe that nobody reads takes for ever.
    let arguments = ["--sxp", "tcp:127.0.0.1:0", "--dump-world", pipe.to_str().unwrap()];
    let arguments = [arguments.as_slice(), &["--ready-file", ready.to_str().unwrap()]].concat();
    for (first, second, status) in [("-TERM", "-INT", 130), ("-INT", "-TERM", 143), ("-TERM", "-HUP", 129)] {
        let (child, _) = listening(&arguments, 1);
        send_signal(&child, first);
        // The file goes when the first signal has come.
        while ready.exists() {
            std::thread::yield_now();
        }
        send_signal(&child, second);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(status));
    }
}

#[test]
fn the_ready_file_is_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ready.json");
    let (child, _) = listening(&["--sxp", "tcp:127.0.0.1:0", "--ready-file", path.to_str().unwrap()], 1);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let usual = folder.path().join("usual");
    std::fs::write(&usual, "").unwrap();
    assert_eq!(mode(&path), mode(&usual));
    assert_eq!(terminate(child), (Some(0), String::new()));
}

#[test]
fn what_the_scenario_missed_is_told_though_the_world_cannot_be_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("outage.toml");
    std::fs::write(&scenario, "[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\n").unwrap();
    let scenario = scenario.to_str().unwrap();
    let arguments = ["--sxp", "tcp:127.0.0.1:0", "--scenario", scenario, "--verify", "--dump-world", "/dev/full"];
    let (child, _) = listening(&arguments, 1);
    let expected = "unused: line 1: domain.pause: 0 of 1\n\
                    error: --dump-world /dev/full: No space left on device (os error 28)\n";
    assert_eq!(terminate(child), (Some(2), expected.to_owned()));
}

#[test]
fn check_looks_at_all_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.toml");
    std::fs::write(&good, "[[expect]]\nface = \"sxp\"\nreply = \"close\"\n").unwrap();
    let (status, stdout, stderr) = output(&["check", "no-such.toml", good.to_str().unwrap(), "nor-such.toml"]);
    assert_eq!((status, stdout), (Some(2), format!("{}: 1 expectation\n", good.display())));
    let missing = |name: &str| format!("error: {name}: No such file or directory (os error 2)\n");
    assert_eq!(stderr, missing("no-such.toml") + &missing("nor-such.toml"));
}

#[test]
fn check_points_at_a_misspelt_key() {
    let _snapshots = crate::snapshots();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, "release = \"3.0.3\"\n\n[[expect]]\nface = \"sxp\"\npaht = \"/xend\"\nreply = \"close\"\n")
        .unwrap();
    let (status, stdout, stderr) = output(&["check", path.to_str().unwrap()]);
    assert_eq!((status, stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!("check", stderr.replace(folder.path().to_str().unwrap(), "FOLDER"));
    std::fs::write(&path, "[[expect]]\nface = \"sxp\"\nreply = \"close\"\n").unwrap();
    let (status, stdout, _) = output(&["check", path.to_str().unwrap()]);
    assert_eq!((status, stdout), (Some(0), format!("{}: 1 expectation\n", path.display())));
}

#[test]
fn a_world_is_loaded_and_dumped() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let socket = file("xend-socket");
    std::fs::write(file("one.toml"), "[[domain]]\nname = \"db\"\nid = 7\nmemory = 512\n").unwrap();
    let (status, stdout, stderr) = output(&["world", &file("one.toml")]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("name = \"db\""), "{stdout}");
    let listen = format!("unix:{socket}");
    let arguments = ["--world", &file("one.toml"), "--dump-world", &file("after.toml"), "--sxp", &listen];
    let (child, _) = listening(&arguments, 1);
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    stream.write_all(&crate::peer::post("/xend/domain/db", "op=pause")).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(terminate(child), (Some(0), String::new()));
    let after = std::fs::read_to_string(file("after.toml")).unwrap();
    assert!(after.contains("state = \"paused\""), "{after}");
    assert_eq!(output(&["world", &file("after.toml")]).0, Some(0));
}

#[test]
fn what_it_cannot_do_is_one_line_and_status_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("tcp:{}", taken.local_addr().unwrap());
    let check = |arguments: &[&str], expected: &str| {
        let (status, stdout, stderr) = output(arguments);
        assert_eq!((status, stdout.as_str(), stderr.as_str()), (Some(2), "", expected));
    };
    let in_use = "another program listens there; choose another address, port 0 is any that is free";
    check(&["--sxp", &taken], &format!("error: can't listen on {taken}: {in_use}\n"));
    let twice = "unix:twice";
    check(
        &["--sxp", twice, "--xmlrpc", twice],
        &format!("error: {twice} is given twice: each listener needs its own address\n"),
    );
    check(
        &["--sxp", "tcp:127.0.0.1:0", "--ready-file", "/no/such/r.json"],
        "error: --ready-file /no/such/r.json: No such file or directory (os error 2)\n",
    );
    check(&["--scenario", "no-such.toml"], "error: no-such.toml: No such file or directory (os error 2)\n");
    let (status, _, stderr) = output(&["--release", "9.9"]);
    assert_eq!(status, Some(2));
    assert!(
        stderr.contains("unknown release `9.9`, expected one of 3.0.2, 3.0.3, 3.1, 3.2, 3.3, 3.4, 4.1, 4.4"),
        "{stderr}"
    );
}

#[test]
fn it_fails_if_it_can_not_say_where_it_listens() {
    let (_folder, scenario) = crate::run::scenario("[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\n");
    for more in [&[][..], &["--wait"]] {
        let mut command = program(&["--sxp", "127.0.0.1:0", "--scenario", &scenario]);
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let Output { status, stderr, .. } = command.args(more).stdout(full).output().unwrap();
        let why = "error: standard output: No space left on device (os error 28)\n";
        assert_eq!((status.code(), String::from_utf8_lossy(&stderr).contains(why)), (Some(2), true), "{more:?}");
    }
}

#[test]
fn options_that_need_something_and_have_none_are_told() {
    let (_, _, stderr) = output(&["run", "true"]);
    assert!(stderr.starts_with("tip: the command stands behind two hyphens: mock-xend run -- COMMAND\n"), "{stderr}");
    let (child, _) = listening(&["--sxp", "127.0.0.1:0", "--verify", "--watch", "--socket-mode", "600"], 1);
    let notes = "note: --socket-mode does nothing without a Unix socket\n\
                 note: --verify checks nothing without --scenario: no request is expected, and none is unexpected\n\
                 note: --watch reads nothing again without --scenario or --world\n";
    assert_eq!(terminate(child), (Some(0), notes.to_owned()));
}

/// Whoever holds the other end of standard input may be killed, and then tells nobody to stop.
#[test]
fn it_stops_when_its_input_ends() {
    let arguments = ["--sxp", "127.0.0.1:0", "--until-eof"];
    let mut child =
        program(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("LISTENING sxp tcp:127.0.0.1:"));
    drop(child.stdin.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!((status.code(), String::from_utf8_lossy(&stderr).as_ref()), (Some(0), ""));
    let (status, _, stderr) = output(&["--sxp", "127.0.0.1:0", "--until-eof", "--wait"]);
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: --until-eof: a mock in the background has no standard input"), "{stderr}");
}
