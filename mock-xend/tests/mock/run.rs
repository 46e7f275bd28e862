//! The program around a mock: a command that is run against it, its log, and how it starts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use serde_json::Value;

use crate::command::{listening, output, terminate};

/// A scenario in a folder of its own, and `--scenario` for it.
pub(crate) fn scenario(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn the_status_of_run_is_that_of_the_command_then_that_of_the_requests() {
    let never = "[[expect]]\noperation = \"domain.pause\"\ntimes = 0\n";
    let once = "[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\n";
    let run = |text: &str, command: &[&str]| {
        let (_folder, path) = scenario(text);
        output(&[&["run", "--scenario", &path, "--"], command].concat())
    };
    let (status, stdout, stderr) = run(never, &["sh", "-c", "echo $XEND_SXP_URL $XEND_XMLRPC_URL $XEND_XENAPI_URL"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let urls: Vec<_> = stdout.split_whitespace().collect();
    assert_eq!(urls.len(), 3, "{stdout}");
    assert!(urls.iter().all(|url| url.starts_with("http://127.0.0.1:")), "{stdout}");
    let (status, _, stderr) = run(once, &["true"]);
    assert_eq!((status, stderr.as_str()), (Some(1), "unused: line 1: domain.pause: 0 of 1\n"));
    assert_eq!(run(once, &["sh", "-c", "exit 7"]).0, Some(7));
    assert_eq!(run(never, &["sh", "-c", "kill -TERM $$"]).0, Some(143));
    assert_eq!(run(never, &["no-such-command-anywhere"]).0, Some(127));
    assert_eq!(run(never, &["/"]).0, Some(126));
    let (status, _, stderr) = run("times = 1\n", &["true"]);
    assert_eq!(status, Some(2));
    assert!(stderr.starts_with("error: a scenario has no key `times`"), "{stderr}");
    let (status, _, stderr) = output(&["run", "--log", "-", "--", "true"]);
    assert_eq!(status, Some(2));
    assert_eq!(stderr, "error: --log -: it would mix with what the command prints: name a file\n");
    assert_eq!(output(&["run"]).0, Some(2));
}

/// Sends a request to `127.0.0.1:PORT`, and returns the reply.
fn ask(address: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn the_log_has_each_exchange_and_what_answered_it() {
    let (folder, path) = scenario(
        "[[expect]]\noperation = \"domain.pause\"\nargs = { domain = \"vm1\" }\nface = \"sxp\"\nreply = { not-implemented = \"pause\" }\nfaults = [{ delay = \"1ms\" }]\n",
    );
    let log = folder.path().join("log.jsonl").display().to_string();
    let (child, lines) = listening(&["--sxp", "127.0.0.1:0", "--scenario", &path, "--log", &log], 1);
    let address = lines[0].strip_prefix("LISTENING sxp tcp:").unwrap();
    ask(address, &crate::peer::post("/xend/domain/vm1", "op=pause"));
    ask(address, &crate::peer::post("/xend/domain/vm2", "op=pause"));
    ask(address, b"nonsense\r\n\r\n");
    assert_eq!(terminate(child), (Some(0), String::new()));
    let text = std::fs::read_to_string(&log).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 4, "{text}");
    assert_eq!((events[0]["event"].as_str(), events[0]["face"].as_str()), (Some("listening"), Some("sxp")));
    assert_eq!(events[0]["url"], format!("http://{address}"));
    let (first, second, third) = (&events[1], &events[2], &events[3]);
    assert_eq!((first["event"].as_str(), first["number"].as_u64()), (Some("exchange"), Some(1)));
    assert_eq!(
        (first["operation"].as_str(), first["arguments"]["domain"].as_str()),
        (Some("domain.pause"), Some("vm1"))
    );
    assert_eq!((first["answered_by"].as_str(), first["expectation"].as_str()), (Some("expectation"), Some("line 1")));
    assert_eq!((first["status"].as_u64(), first["connection"].as_u64()), (Some(501), Some(1)));
    assert_eq!(first["faults"], serde_json::json!(["delay 1ms"]));
    assert!(first["request"].as_str().unwrap().ends_with("op=pause"), "{first}");
    assert!(first["reply"].as_str().unwrap().starts_with("HTTP/1.1 501 Operation not implemented: pause\r\n"));
    assert_eq!((second["answered_by"].as_str(), second["connection"].as_u64()), (Some("world"), Some(2)));
    let why = second["why_not"].as_str().unwrap();
    assert!(why.contains("✗ args.domain: \"vm2\", expected \"vm1\""), "{why}");
    assert_eq!((third["answered_by"].as_str(), third["status"].as_u64()), (Some("face"), Some(400)));
    assert_eq!(third.get("operation"), None);
}

#[test]
fn a_log_on_stdout_is_json_alone() {
    let (child, lines) = listening(&["--sxp", "127.0.0.1:0", "--xmlrpc", "127.0.0.1:0", "--log", "-"], 2);
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "listening");
    assert_eq!(events[1]["face"], "xmlrpc");
    assert!(events[1]["url"].as_str().unwrap().ends_with("/RPC2"));
    assert!(events[1]["address"].as_str().unwrap().starts_with("tcp:127.0.0.1:"));
    assert_eq!(terminate(child).0, Some(0));
}

#[test]
fn a_temporary_socket_is_for_this_user_and_goes_with_the_mock() {
    let (child, lines) = listening(&["--sxp", "unix:auto", "--socket-mode", "600"], 1);
    let path = std::path::PathBuf::from(lines[0].strip_prefix("LISTENING sxp unix:").unwrap());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(&crate::peer::get("/xend/node")).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
    assert_eq!(terminate(child).0, Some(0));
    assert!(!path.parent().unwrap().exists());
    let (status, _, stderr) = output(&["--socket-mode", "rw"]);
    assert_eq!(status, Some(2));
    assert!(stderr.contains("expected permissions in octal, such as 660"), "{stderr}");
}

/// The next lines of a mock's stderr.
fn told(stderr: &mut impl BufRead, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        stderr.read_line(&mut text).unwrap();
    }
    text
}

#[test]
fn a_changed_scenario_is_read_again_and_a_mistake_changes_nothing() {
    let answers = |text: &str| {
        format!("[[expect]]\noperation = \"domain.pause\"\nreply = {{ error = \"{text}\" }}\ntimes = \"any\"\n")
    };
    let (folder, path) = scenario(&answers("first"));
    let log = folder.path().join("log.jsonl").display().to_string();
    for watches in [true, false] {
        std::fs::write(&path, answers("first")).unwrap();
        let arguments = ["--sxp", "127.0.0.1:0", "--scenario", &path, "--log", &log];
        let (mut child, lines) = listening(&[&arguments[..], if watches { &["--watch"] } else { &[] }].concat(), 1);
        let address = lines[0].strip_prefix("LISTENING sxp tcp:").unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        // Replaced as editors do it, so that the mock never sees half of it.
        let write = |text: &str| {
            let new = folder.path().join("new.toml");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, &path).unwrap();
            if !watches {
                let status = Command::new("kill").args(["-USR1", &child.id().to_string()]).status().unwrap();
                assert!(status.success());
            }
        };
        let pause = || ask(address, &crate::peer::post("/xend/domain/vm1", "op=pause"));
        assert!(pause().contains("first"));
        write(&answers("second"));
        assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 2\n"));
        assert!(pause().contains("second"));
        write("times = 1\n");
        let mistake = told(&mut stderr, 5);
        assert!(mistake.starts_with("error: a scenario has no key `times`"), "{mistake}");
        assert!(mistake.ends_with("the mock goes on as before\n"), "{mistake}");
        assert!(pause().contains("second"));
        write(&answers("third"));
        assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 3\n"));
        assert!(pause().contains("third"));
        assert_eq!(terminate(child).0, Some(0));
        let text = std::fs::read_to_string(&log).unwrap();
        let generations =
            text.lines().filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["generation"].as_u64());
        assert_eq!(generations.collect::<Vec<_>>(), [1, 2, 2, 3]);
    }
}

/// A body that the scenario names is read again when it changes, and the one that a new scenario names from then on.
#[test]
fn files_that_the_scenario_names_are_watched() {
    let answers = |name: &str| {
        format!(
            "[[expect]]\nface = \"sxp\"\npath = \"/a\"\ntimes = \"any\"\nreply = {{ body-file = {{ path = \"{name}\" }} }}\n"
        )
    };
    let (folder, path) = scenario("");
    let replace = |name: &str, text: &str| {
        std::fs::write(folder.path().join("new"), text).unwrap();
        std::fs::rename(folder.path().join("new"), folder.path().join(name)).unwrap();
    };
    std::fs::write(&path, answers("one")).unwrap();
    replace("one", "first");
    replace("two", "second");
    let (mut child, lines) = listening(&["--sxp", "127.0.0.1:0", "--scenario", &path, "--watch"], 1);
    let address = lines[0].strip_prefix("LISTENING sxp tcp:").unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let get = || ask(address, &crate::peer::get("/a"));
    assert!(get().ends_with("first"));
    replace("one", "changed");
    assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 2\n"));
    assert!(get().ends_with("changed"));
    let name = std::path::Path::new(&path).file_name().unwrap().to_str().unwrap().to_owned();
    replace(&name, &answers("two"));
    assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 3\n"));
    assert!(get().ends_with("second"));
    replace("two", "last");
    assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 4\n"));
    assert!(get().ends_with("last"));
    // One that is missing is read once it is there.
    replace(&name, &answers("three"));
    let mut text = String::new();
    while !text.ends_with("the mock goes on as before\n") {
        assert_ne!(stderr.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert!(text.contains("can't read ") && text.contains("three"), "{text}");
    assert!(get().ends_with("last"));
    replace("three", "third");
    assert_eq!(told(&mut stderr, 1), format!("{path} was read again: generation 5\n"));
    assert!(get().ends_with("third"));
    assert_eq!(terminate(child).0, Some(0));
}

#[test]
fn with_a_mistake_in_the_world_the_scenario_stays_too() {
    let (folder, path) = scenario("state = { daemon = \"old\" }\n");
    let world = folder.path().join("world.toml");
    std::fs::write(&world, "[[domain]]\nname = \"db\"\nmemory = 64\n").unwrap();
    let arguments = ["--sxp", "127.0.0.1:0", "--scenario", &path, "--world", world.to_str().unwrap(), "--admin", "0"];
    let (mut child, lines) = listening(&arguments, 2);
    let admin = lines[1].strip_prefix("LISTENING admin ").unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    std::fs::write(&path, "state = { daemon = \"new\" }\n").unwrap();
    std::fs::write(&world, "[[domain]]\nname = 5\n").unwrap();
    let ask_again =
        || assert!(Command::new("kill").args(["-USR1", &child.id().to_string()]).status().unwrap().success());
    ask_again();
    let mut text = String::new();
    while !text.ends_with("the mock goes on as before\n") {
        assert_ne!(stderr.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert_eq!(output(&["ctl", "--admin", admin, "state"]).1, "{\"expectations\":[],\"state\":{\"daemon\":\"old\"}}\n");
    std::fs::write(&world, "[[domain]]\nname = \"web\"\nmemory = 64\n").unwrap();
    ask_again();
    assert_eq!(
        told(&mut stderr, 1),
        format!("{path} and {} was read again: generation 2\n", world.display()).replace("was", "were")
    );
    assert_eq!(output(&["ctl", "--admin", admin, "state"]).1, "{\"expectations\":[],\"state\":{\"daemon\":\"new\"}}\n");
    assert!(output(&["ctl", "--admin", admin, "world"]).1.contains("name = \"web\""));
    assert_eq!(terminate(child).0, Some(0));
}

#[test]
fn with_wait_it_returns_once_it_listens() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json").display().to_string();
    let (status, stdout, stderr) = output(&["--wait", "--sxp", "127.0.0.1:0", "--ready-file", &ready]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let address = stdout.trim_end().strip_prefix("LISTENING sxp tcp:").unwrap();
    assert!(ask(address, &crate::peer::get("/xend/node")).starts_with("HTTP/1.1 200 OK"));
    let ready: Value = serde_json::from_str(&std::fs::read_to_string(&ready).unwrap()).unwrap();
    assert_eq!(ready["listening"][0]["url"], format!("http://{address}"));
    let pid = ready["pid"].as_u64().unwrap().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    // One that can't start says why, as without --wait.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (status, stdout, stderr) = output(&["--wait", "--sxp", &taken]);
    assert_eq!((status, stdout.as_str()), (Some(2), ""));
    assert!(
        stderr.starts_with(&format!("error: can't listen on tcp:{taken}: another program listens there")),
        "{stderr}"
    );
}
