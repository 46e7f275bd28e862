//! Which expectation answers, what is reported, and what a scenario may not say.

use std::fmt::Write;
use std::path::Path;

use mock_xend::{Face, Release, Scenario};

use crate::peer::{builder, call, daemon, get, post, run, send};

/// Plays requests against a scenario: the first line of each reply, and the report.
fn play(scenario: &str, requests: &[(Face, Vec<u8>)]) -> String {
    let daemon = daemon(Release::V3_0_3, scenario);
    let mut text = String::new();
    for (face, request) in requests {
        let (reply, _) = run(send(&daemon, *face, &[request]));
        let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let line = match face {
            Face::Sxp => reply.lines().next().unwrap_or("nothing").to_owned(),
            _ => {
                body.split('\n').find(|line| line.contains("string>") || line.contains("int>")).unwrap_or("nil").into()
            }
        };
        writeln!(text, "{line}").unwrap();
    }
    write!(text, "{}", daemon.report()).unwrap();
    text
}

#[test]
fn expectations_answer_in_order_and_what_is_wrong_is_reported() {
    let pause = || (Face::Sxp, post("/xend/domain/vm1", "op=pause"));
    let refused = "HTTP/1.1 500 Request failed: pause\n";
    let check = |scenario: &str, requests: &[(Face, Vec<u8>)], expected: &str| {
        assert_eq!(play(scenario, requests), expected, "{scenario}");
    };
    let once = "[[expect]]\noperation = \"domain.pause\"\nreply = { error = \"no\" }\n";
    check(once, &[pause()], refused);
    check(once, &[], "unused: line 1: domain.pause: 0 of 1\n");
    check(
        once,
        &[pause(), pause()],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 200 OK\nsurplus: sxp POST /xend/domain/vm1 op=pause: line 1 expects it once\n",
    );
    let twice = format!("{once}times = 2\n");
    check(&twice, &[pause(), pause()], &refused.repeat(2));
    check(&twice, &[pause()], "HTTP/1.1 500 Request failed: pause\nunused: line 1: domain.pause: 1 of 2\n");
    let any = format!("{once}times = \"any\"\n");
    check(&any, &[], "");
    check(&any, &[pause(), pause(), pause()], &refused.repeat(3));
    let ordered =
        format!("[[expect]]\nface = \"sxp\"\nmethod = \"GET\"\npath = \"/xend/node/\"\nreply = \"simulate\"\n{once}");
    check(
        &ordered,
        &[(Face::Sxp, get("/xend/node")), pause()],
        "HTTP/1.1 200 OK\nHTTP/1.1 500 Request failed: pause\n",
    );
    check(
        &ordered,
        &[pause(), (Face::Sxp, get("/xend/node/"))],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 200 OK\n\
         out of order: sxp POST /xend/domain/vm1 op=pause: line 1 still waits for sxp GET /xend/node\n",
    );
    let strict = format!("unexpected = \"refuse\"\n{once}");
    check(
        &strict,
        &[pause(), (Face::Sxp, get("/xend/node")), (Face::XmlRpc, call("xend.domains", &["0"]))],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 501 Operation not implemented: GET\n<value><int>1</int></value>\n\
         unexpected: sxp GET /xend/node\nunexpected: xmlrpc xend.domains(0)\n",
    );
}

#[test]
fn an_expectation_is_for_what_it_names() {
    let check = |keys: &str, face: Face, request: Vec<u8>, matches: bool| {
        let scenario = format!("[[expect]]\n{keys}\nreply = \"close\"\n");
        let daemon = daemon(Release::V4_1, &scenario);
        run(send(&daemon, face, &[&request]));
        assert_eq!(daemon.report().is_empty(), matches, "{keys}");
    };
    let destroy = || call("xend.domain.destroy", &["vm1"]);
    let shutdown = || post("/xend/domain/a%20b", "op=shutdown&reason=halt");
    check("operation = \"domain.destroy\"", Face::XmlRpc, destroy(), true);
    check("operation = \"domain.destroy\"", Face::Sxp, post("/xend/domain/vm1", "op=destroy"), true);
    check("operation = \"domain.destroy\"\nface = \"sxp\"", Face::XmlRpc, destroy(), false);
    check("operation = \"domain.destroy\"\nargs = { domain = \"vm1\" }", Face::XmlRpc, destroy(), true);
    check("operation = \"domain.destroy\"\nargs = { domain = \"vm2\" }", Face::XmlRpc, destroy(), false);
    check("operation = \"domain.shutdown\"\nargs = { reason = \"halt\" }", Face::Sxp, shutdown(), true);
    check("operation = \"domain.reboot\"", Face::Sxp, shutdown(), false);
    check("face = \"sxp\"", Face::Sxp, shutdown(), true);
    check("face = \"sxp\"\npath = \"/xend/domain/a%20b\"", Face::Sxp, shutdown(), true);
    check("face = \"sxp\"\npath = \"/xend/domain\"", Face::Sxp, shutdown(), false);
    check("face = \"sxp\"\nmethod = \"GET\"", Face::Sxp, shutdown(), false);
    check("face = \"sxp\"\nfields = { op = \"shutdown\", reason = \"halt\" }", Face::Sxp, shutdown(), true);
    check("face = \"sxp\"\nfields = { op = \"pause\" }", Face::Sxp, shutdown(), false);
    check("face = \"xmlrpc\"\nmethod = \"xend.domain.destroy\"", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nparams = [\"vm1\"]", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nparams = [\"vm1\", 1]", Face::XmlRpc, destroy(), false);
    check("face = \"xmlrpc\"\nparams = []", Face::XmlRpc, destroy(), false);
    check("face = \"xmlrpc\"\nparams = [{ int = 5 }]", Face::XmlRpc, call("m", &["5"]), true);
    check("face = \"xmlrpc\"\nparams = [{ i8 = 5 }]", Face::XmlRpc, call("m", &["5"]), false);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let _snapshots = crate::snapshots();
    let expect = |keys: &str| format!("[[expect]]\nface = \"sxp\"\n{keys}\n");
    let mistakes = [
        "release = \"9.9\"\n".to_owned(),
        "unexpected = \"ignore\"\n".to_owned(),
        "[[expect]\n".to_owned(),
        "[[expectation]]\n".to_owned(),
        "[[expect]]\nreply = \"close\"\n".to_owned(),
        expect(""),
        expect("reply = \"explode\""),
        expect("reply = { raw = 5 }"),
        expect("reply = { fault = { code = 2, strnig = \"x\" } }"),
        expect("reply = { fault = { code = 2, string = \"x\" } }"),
        expect("reply = { value = { int = \"five\" } }").replace("sxp", "xmlrpc"),
        expect("reply = { value = { int = 3000000000 } }").replace("sxp", "xmlrpc"),
        expect("reply = { value = { integer = 3 } }").replace("sxp", "xmlrpc"),
        expect("reply = { value = { string = \"\\u0001\" } }").replace("sxp", "xmlrpc"),
        expect("reply = { sexpr = { body = \"(a (b)\" } }"),
        expect("reply = { body-file = { path = \"no/such/file\" } }"),
        expect("reply = { text = { body = \"a\", status = 42 } }"),
        expect("reply = { raw-base64 = \"&\" }"),
        expect("reply = \"close\"\ntimes = 0"),
        expect("reply = \"close\"\ntimes = \"often\""),
        expect("reply = \"close\"\npath = \"xend\""),
        expect("reply = \"close\"\nparams = []"),
        expect("reply = \"close\"\nargs = {}"),
        expect("reply = \"close\"\noperation = \"domain.reboto\""),
        expect("reply = \"close\"\noperation = \"domain.pause\"\nargs = { domian = \"vm1\" }"),
        expect("reply = \"close\"\noperation = \"domain.pause\"\npath = \"/\""),
        expect("reply = \"close\"\nstatsu = 3"),
        "[[expect]]\nface = \"soap\"\nreply = \"close\"\n".to_owned(),
        "[[expect]]\noperation = \"domain.pause\"\nreply = \"too-large\"\n".to_owned(),
        expect("reply = \"close\"\npath = \"/xend/domain?detail=1\""),
        expect("reply = \"close\"\nmethod = \"xend.domain.pause\""),
        expect("reply = \"close\"\nfields = { op = [\"pause\"] }"),
        expect("reply = \"close\"\noperation = \"domain.pause\"\nargs = { domain = { name = \"vm1\" } }"),
        expect("reply = \"close\"\noperation = \"domain.pause\"\nargs = \"vm1\""),
        expect("reply = { sexpr = \"(a b)\" }"),
        expect("reply = { fault = \"x\" }"),
        expect("reply = \"not-implemented\""),
        expect("reply = { close = true }"),
        expect("reply = {}"),
        expect("reply = { hang = 1, close = 2 }"),
        expect("reply = { raw = \"a\", text = { body = \"a\" } }"),
        expect("reply = { text = { body = \"a\", status = -1 } }"),
        expect("reply = { fault = { code = 3000000000, string = \"x\" } }"),
        expect("reply = { failure = \"x\" }"),
        expect("reply = { value = nan }").replace("sxp", "xmlrpc"),
        expect("reply = { text = { body = \"\", reason = \"a\\r\\nb\" } }"),
        expect("reply = { text = { body = \"\", content-type = \"a\\nb\" } }"),
        expect("reply = { not-implemented = \"a\\nb\" }"),
        expect("reply = { text = { body = \"a\", status = 204 } }"),
        expect("reply = { text = { body = \"a\", repeat = 0 } }"),
        "release = 4.1\n".to_owned(),
        "[expect]\nreply = \"close\"\n".to_owned(),
        "release = \"3.0.2\"\n[[expect]]\nface = \"xenapi\"\nreply = \"close\"\n".to_owned(),
        "release = \"3.0.2\"\n[[expect]]\nface = \"xenapi\"\noperation = \"domain.pause\"\nreply = \"close\"\n"
            .to_owned(),
        "release = \"3.0.2\"\n[[expect]]\noperation = \"domain.define\"\nreply = \"close\"\n".to_owned(),
        "[[expect]]\nface = \"sxp\"\noperation = \"session.login\"\nreply = \"close\"\n".to_owned(),
        "[[expect]]\nface = \"xenapi\"\noperation = \"domain.create\"\nreply = \"close\"\n".to_owned(),
        "[[expect]]\noperation = \"domain.create_and_start\"\nreply = \"close\"\n".to_owned(),
        expect("reply = \"close\"\noperation = \"domain.list\"\nargs = { domain = \"vm1\" }"),
        expect("reply = \"close\"\noperation = \"domain.set_memory\"\nargs = { memory = \"much\" }"),
        "[[expect]]\nface = \"sxp\"\nreply = \"close\"\n\n[[ expect ]]  # not [[expect]]\nreply = \"close\"\n"
            .to_owned(),
    ];
    let mut text = String::new();
    for mistake in mistakes {
        let error = Scenario::parse("outage.toml", &mistake, Path::new(".")).expect_err(&mistake);
        writeln!(text, "{error}").unwrap();
    }
    insta::assert_snapshot!("scenario-mistakes", text);
}

/// What a scenario expects of a release that lacks it is seen before anything is served.
#[test]
fn a_scenario_that_the_release_can_not_meet_does_not_start() {
    let start = |text: &str| {
        let scenario = Scenario::parse("outage.toml", text, Path::new(".")).expect("a scenario of some release");
        builder(Release::V3_0_3).scenario(scenario).build().map(drop).map_err(|error| error.to_string())
    };
    let define = "[[expect]]\noperation = \"domain.define\"\nreply = \"close\"\n";
    let place = " --> outage.toml:2:13\n  | operation = \"domain.define\"\n  |             ^^^^^^^^^^^^^^^\n";
    let message = "there is no operation `domain.define` on any face of release 3.0.3: choose another `operation`, `face` or `release`";
    assert_eq!(start(define), Err(format!("{message}\n{place}")));
    let method = "[[expect]]\nface = \"xenapi\"\nmethod = \"VM.start\"\nreply = \"close\"\n";
    let error = start(method).expect_err("no Xen-API");
    assert!(
        error.starts_with("release 3.0.3 has no face `xenapi`, expected 3.1 or later\n --> outage.toml:2:8"),
        "{error}"
    );
    assert_eq!(start(&define.replace("define", "pause")), Ok(()));
}

/// One request stands for several operations: an expectation of any of them answers it.
#[test]
fn a_request_may_be_any_of_several_operations() {
    for (release, face, operation, request) in [
        (Release::V4_1, Face::XenApi, "domain.list_all", "VM.get_all_records"),
        (Release::V4_1, Face::XenApi, "domain.records", "VM.get_all_records"),
        (Release::V3_0_2, Face::XmlRpc, "domain.list_all", "xend.domains"),
    ] {
        let text = format!("[[expect]]\noperation = \"{operation}\"\nreply = {{ error = \"scripted\" }}\n");
        let scenario = Scenario::parse("outage.toml", &text, Path::new(".")).expect("a scenario");
        let daemon = builder(release).scenario(scenario).build().expect("nothing conflicts");
        let params: &[&str] = if face == Face::XenApi { &["session"] } else { &["0"] };
        let (reply, _) = run(send(&daemon, face, &[&call(request, params)]));
        assert!(reply.contains("scripted"), "{operation} on {face}: {reply}");
        assert_eq!(daemon.report().lines().count(), 0);
    }
}

#[test]
fn the_documentation_names_every_key_and_word_and_its_scenarios_are_some() {
    let documentation = include_str!("../../../docs/scenarios.md");
    let examples: Vec<_> = documentation.split("```").filter_map(|block| block.strip_prefix("toml\n")).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        Scenario::parse("scenarios.md", example, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    }
    // Whoever asks for what there is not, is told what there is.
    let unknown = [
        "x = 1",
        "[[expect]]\nx = 1",
        "[[expect]]\nreply = \"x\"",
        "[[expect]]\nreply = { xend-err = { x = 1 } }",
        "[[expect]]\nreply = { text = { x = 1 } }",
        "[[expect]]\nreply = { body-file = { x = 1 } }",
        "[[expect]]\nreply = { fault = { x = 1 } }",
    ];
    for unknown in unknown {
        let error = Scenario::parse("unknown.toml", unknown, Path::new(".")).unwrap_err();
        let (_, known) = error.message().split_once("expected ").expect("it says what it knows");
        for name in known.split('`').skip(1).step_by(2) {
            let is_named =
                [format!("`{name}`"), format!("`[[{name}]]`")].iter().any(|name| documentation.contains(name));
            assert!(is_named, "{name}");
        }
    }
}
