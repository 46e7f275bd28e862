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
    let other = "[[expect]]\nface = \"sxp\"\nreply = { not-found = \"a\" }\n";
    check(
        &format!("{once}{other}"),
        &[pause(), pause(), pause()],
        &[
            refused,
            "HTTP/1.1 404 Not found\nHTTP/1.1 200 OK\n",
            "surplus: sxp POST /xend/domain/vm1 op=pause: line 1 expects it once, line 4 expects it once\n",
        ]
        .concat(),
    );
    // What `every` leaves to others is no surplus.
    check(
        &format!("{once}every = 2\ntimes = 1\n"),
        &[pause(), pause(), pause(), pause(), pause()],
        "HTTP/1.1 200 OK\nHTTP/1.1 500 Request failed: pause\nHTTP/1.1 200 OK\nHTTP/1.1 200 OK\nHTTP/1.1 200 OK\n\
         surplus: sxp POST /xend/domain/vm1 op=pause: line 1 expects it once\n",
    );
    let any = format!("{once}times = \"any\"\n");
    check(&any, &[], "");
    check(&any, &[pause(), pause(), pause()], &refused.repeat(3));
    let any_order =
        format!("[[expect]]\nface = \"sxp\"\nmethod = \"GET\"\npath = \"/xend/node/\"\nreply = \"simulate\"\n{once}");
    check(
        &any_order,
        &[pause(), (Face::Sxp, get("/xend/node/"))],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 200 OK\n",
    );
    let ordered = format!("in-order = true\n{any_order}");
    check(
        &ordered,
        &[(Face::Sxp, get("/xend/node")), pause()],
        "HTTP/1.1 200 OK\nHTTP/1.1 500 Request failed: pause\n",
    );
    check(
        &ordered,
        &[pause(), (Face::Sxp, get("/xend/node/"))],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 200 OK\n\
         out of order: sxp POST /xend/domain/vm1 op=pause: line 2 still waits for sxp GET /xend/node\n",
    );
    let strict = format!("unexpected = \"refuse\"\n{once}");
    check(
        &strict,
        &[pause(), (Face::Sxp, get("/xend/node")), (Face::XmlRpc, call("xend.domains", &["0"]))],
        "HTTP/1.1 500 Request failed: pause\nHTTP/1.1 501 Operation not implemented: GET\n<value><int>1</int></value>\n\
         unexpected: sxp GET /xend/node\nunexpected: xmlrpc xend.domains(0)\n",
    );
}

/// No expectation is asked of a request that the face can't read.
#[test]
fn a_request_that_can_not_be_read_is_unexpected_where_others_are() {
    for (face, request, line) in [
        (Face::XmlRpc, get("/RPC2?password=s3cret"), "xmlrpc GET /RPC2, which is no request of this face"),
        (Face::Sxp, b"nonsense\r\n\r\n".to_vec(), "sxp nonsense, which is no request of this face"),
    ] {
        let told = play("unexpected = \"refuse\"\n", &[(face, request.clone())]);
        assert!(told.ends_with(&format!("unexpected: {line}\n")), "{told}");
        let told = play("", &[(face, request)]);
        assert!(!told.contains("unexpected"), "{told}");
    }
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
    check("face = \"xmlrpc\"\nparams = [\"5\"]", Face::XmlRpc, call("m", &["5"]), false);
    check("face = \"xmlrpc\"\nparams = [{ any = \"int\" }]", Face::XmlRpc, call("m", &["5"]), true);
    check("face = \"xmlrpc\"\nparams = [{ any = \"string\" }]", Face::XmlRpc, call("m", &["5"]), false);
    check("face = \"xmlrpc\"\nparams = [{ matches = \"vm.\" }]", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nparams = [{ matches = \"5\" }]", Face::XmlRpc, call("m", &["5"]), false);
    check("face = \"xmlrpc\"\nparams = [{ one-of = [1, \"vm1\"] }]", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nparams = [{ not = \"vm1\" }]", Face::XmlRpc, destroy(), false);
    check("face = \"xmlrpc\"\nparams = [[1, { any = true }]]", Face::XmlRpc, call("m", &["[1,2]"]), true);
    check("face = \"xmlrpc\"\nparams = [[1, { not = 2 }]]", Face::XmlRpc, call("m", &["[1,2]"]), false);
    check("face = \"xmlrpc\"\npath = \"/RPC2\"", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nbody = { matches = \"(?s).*<methodName>xend.*\" }", Face::XmlRpc, destroy(), true);
    check("face = \"xmlrpc\"\nbody = \"\"", Face::XmlRpc, destroy(), false);
    check("headers = { HOST = \"localhost:8000\" }", Face::Sxp, shutdown(), true);
    check("headers = { host = { not = { any = true } } }", Face::Sxp, shutdown(), false);
    check("headers = { cookie = { not = { any = true } } }", Face::Sxp, shutdown(), true);
    check("connection = 1", Face::Sxp, shutdown(), true);
    check("connection = { one-of = [2, 3] }", Face::Sxp, shutdown(), false);
    check("path = { matches = \"/xend/domain/a b\" }", Face::Sxp, shutdown(), true);
    check(
        "face = \"sxp\"\nfields = { op = { any = true }, reason = { not = \"reboot\" } }",
        Face::Sxp,
        shutdown(),
        true,
    );
    check("face = \"sxp\"\nfields = { nosuch = { not = { any = true } } }", Face::Sxp, shutdown(), true);
    check("face = \"sxp\"\nfields = { op = { exact = \"shut.*\" } }", Face::Sxp, shutdown(), false);
    check(
        "operation = \"domain.destroy\"\nargs = { domain = { matches = \"vm[0-9]\" } }",
        Face::XmlRpc,
        destroy(),
        true,
    );
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
        expect("times = 0\nreply = \"simulate\"\nfaults = [{ delay = \"1s\" }]"),
        expect("times = 0\nevery = 2"),
        expect("reply = \"close\"\ntimes = -1"),
        expect("reply = \"close\"\ntimes = { at-least = 3, at-most = 2 }"),
        expect("reply = \"close\"\ntimes = {}"),
        expect("reply = \"close\"\nmethod = \"POST\"").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nmethod = { one-of = [\"VM.start\", \"POST\"] }").replace("sxp", "xenapi"),
        expect("reply = \"close\"\nevery = 0"),
        expect("reply = \"close\"\nprobability = 1.5"),
        expect("reply = \"close\"\npath = \"/xend/domain/vm.*\""),
        expect("reply = \"close\"\npath = \"/xend/domain/*\""),
        expect("reply = \"close\"\npath = \"^/xend/node$\""),
        expect("reply = \"close\"\npath = \"^/xend\""),
        expect("reply = \"close\"\npath = \"/xend/(domain|node)\""),
        expect("reply = \"close\"\npath = \"/xend/domain/vm[12]\""),
        expect("reply = \"close\"\npath = \"/xend/domain/{domain}\""),
        expect("reply = \"close\"\npath = \"/xend/domain/:domain\""),
        expect("reply = \"close\"\nfields = { name = \"vm1|vm2\" }"),
        "[[expect]]\noperation = \"domain.pause\"\nargs = { domain = \"vm?\" }\nreply = \"close\"\n".to_owned(),
        expect("reply = \"close\"\nparams = [[\"vm[12]\"]]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nparams = [nan]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nfields = { op = \"{{op}}\" }"),
        expect("reply = \"close\"\nfields = { op = { matches = \"(pause\" } }"),
        expect("reply = \"close\"\nfields = { op = { matces = \"pause\" } }"),
        expect("reply = \"close\"\nfields = { op = { one-of = [] } }"),
        expect("reply = \"close\"\nfields = { op = { any = false } }"),
        expect("reply = \"close\"\nheaders = { \"a b\" = \"c\" }"),
        expect("reply = \"close\"\nheaders = { \"\" = \"c\" }"),
        expect("reply = \"close\"\nconnection = 0"),
        expect("reply = \"close\"\nconnection = \"first\""),
        expect("reply = \"close\"\nstate = { daemon = \"up\" }"),
        format!("state = {{ daemon = \"up\" }}\n{}", expect("reply = \"close\"\nstate = { deamon = \"up\" }")),
        format!("state = {{ daemon = \"up\" }}\n{}", expect("reply = \"close\"\nstate = { daemon = \"upp\" }")),
        expect("reply = { error = \"no {{domain}}\" }"),
        expect("reply = { error = { echo = \"args.domain\" } }"),
        expect("params = [1]\nreply = { value = { echo = \"params[1]\" } }").replace("sxp", "xmlrpc"),
        expect("times = 1\nreplies = [{ reply = \"close\" }, { reply = \"hang\" }]"),
        expect("reply = { error = { echo = \"params[0]\" } }"),
        expect("reply = { error = { echo = \"request\" } }"),
        expect("operation = \"domain.pause\"\nreply = { error = { echo = \"args.domian\" } }"),
        expect("reply = { value = { matches = \"a\" } }").replace("sxp", "xmlrpc"),
        expect("reply = { value = \"{{a}}\" }").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nparams = [{ echo = \"method\" }]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nparams = [[\"vm.*\"]]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nparams = [{ any = \"integer\" }]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nparams = [{ struct = [\"a\"] }]").replace("sxp", "xmlrpc"),
        expect("reply = \"close\"\nfields = { a = \"b\" }").replace("sxp", "xmlrpc"),
        expect("replies = []"),
        expect("replies = [{ reply = \"close\" }]\nfaults = []"),
        expect("replies = [{ replay = \"close\" }]"),
        expect("replies = [{ faults = [] }]"),
        expect("replies = [{ reply = \"simulate\" }, { reply = \"hang\", faults = [{ close = 3 }] }]"),
        expect("reply = \"simulate\"\nchange = \"crash\""),
        expect("reply = \"simulate\"\nchange = { crahs = \"vm1\" }"),
        expect("reply = \"simulate\"\nchange = { crash = \"vm1\", pause = \"vm1\" }"),
        expect("reply = \"simulate\"\nchange = [{ create = \"(vm\" }]"),
        expect("reply = \"simulate\"\nchange = { free-memory = -1 }"),
        expect("reply = \"simulate\"\nchange = { advance = 5 }"),
        "[[expect]]\nmethod = \"GET\"\nreply = \"close\"\n".to_owned(),
        "[[expect]]\nparams = []\nreply = \"close\"\n".to_owned(),
        "in-order = 1\n".to_owned(),
        "seed = -1\n".to_owned(),
        "seed = 18446744073709551615\n".to_owned(),
        expect("reply = \"close\"\nreplies = [{ reply = \"close\" }]"),
        "state = \"up\"\n".to_owned(),
        "state = { daemon = 1 }\n".to_owned(),
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
        expect("reply = \"simulate\"\nchange = { crash = \"vm.*\" }"),
        expect("reply = \"close\"\npath = { not = { any = true } }"),
        expect("reply = { fault = { code = 1, string = \"x\" } }\nfaults = [{ close = \"params[0]\" }]")
            .replace("sxp", "xmlrpc"),
        expect("reply = \"simulate\"\nfaults = [{ delay = \"0s\" }]"),
        expect("reply = \"simulate\"\nfaults = [{ refuse = \"0ms\" }]"),
        expect("reply = \"simulate\"\nfaults = [{ insert = { at = \"end\", text = \"\" } }]"),
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
fn the_scenarios_of_the_documentation_are_some() {
    let documentation = include_str!("../../../docs/scenarios.md");
    let examples: Vec<_> = documentation.split("```").filter_map(|block| block.strip_prefix("toml\n")).collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        Scenario::parse("scenarios.md", example, Path::new(".")).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Plays requests against a scenario, and returns the report with what explains it.
fn explained(scenario: &str, requests: &[(Face, Vec<u8>)]) -> String {
    let daemon = daemon(Release::V4_1, scenario);
    for (face, request) in requests {
        run(send(&daemon, *face, &[request]));
    }
    daemon.report().to_string()
}

#[test]
fn what_does_not_match_is_told_with_the_closest_expectation() {
    let _snapshots = crate::snapshots();
    let strict = "unexpected = \"refuse\"\n";
    let expect = |keys: &str| format!("{strict}[[expect]]\n{keys}\nreply = \"close\"\n");
    let set_memory = "face = \"xmlrpc\"\nmethod = \"xend.domain.setMemoryTarget\"";
    let tuple = "face = \"xmlrpc\"\nmethod = \"xend.domain.create\"\nparams = [[\"vm\", [\"name\", \"a\"], [\"memory\", \"512\"]]]";
    let body = |body: &str, headers: &str| {
        format!("POST /xend/domain/vm1 HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let xml = |body: &str| {
        format!("POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            .into_bytes()
    };
    let value = |value: &str| {
        xml(&format!(
            "<methodCall><methodName>xend.domain.setMemoryTarget</methodName><params><param><value>{value}</value></param></params></methodCall>"
        ))
    };
    let create = xml(
        "<methodCall><methodName>xend.domain.create</methodName><params><param><value><array><data><value>vm</value><value><array><data><value>name</value><value>a</value></data></array></value><value><array><data><value>memory</value><value><int>512</int></value></data></array></value></data></array></value></param></params></methodCall>",
    );
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let cases = [
        (
            expect(&format!("{set_memory}\nparams = [\"vm1\", \"512\"]")),
            (Face::XmlRpc, call("xend.domain.setMemoryTarget", &["vm1", "512"])),
        ),
        (expect(tuple), (Face::XmlRpc, create)),
        (
            expect("operation = \"domain.pause\"\nargs = { domain = \"vm1\" }"),
            (Face::Sxp, post("/xend/domain/vm2", "op=pause")),
        ),
        (expect("operation = \"domain.pause\"\nargs = { domain = \"vm1\" }"), (Face::Sxp, get("/xend/node"))),
        // Neither is the operation, but each is sent to where it is.
        (
            expect("operation = \"domain.pause\"\nargs = { domain = \"vm1\" }"),
            (Face::Sxp, post("/xend/domain/vm1", "op=unpause")),
        ),
        (
            expect("operation = \"domain.set_memory\"\nargs = { domain = \"vm1\", memory = \"64\" }"),
            (Face::XmlRpc, call("xend.domain.setMemoryTarget", &["vm1"])),
        ),
        (expect("face = \"sxp\"\npath = \"/xend/node\"\nevery = 2"), (Face::Sxp, get("/xend/node"))),
        (expect("face = \"sxp\"\npath = \"/xend/node\"\nprobability = 0"), (Face::Sxp, get("/xend/node"))),
        (
            expect("face = \"sxp\"\npath = \"/xend/domain/vm1\"\nfields = { op = \"pause\" }"),
            (Face::Sxp, body("op=pause", "")),
        ),
        (
            expect("face = \"sxp\"\npath = \"/xend/domain/vm1\"\nfields = { op = \"rename\", name = \"a+b\" }"),
            (Face::Sxp, body("op=rename&name=a+b", form)),
        ),
        (expect("face = \"sxp\"\npath = \"/xend/domain/vm1\""), (Face::Sxp, call("xend.domain.pause", &["vm1"]))),
        (expect(set_memory), (Face::XmlRpc, body("op=pause", form))),
        (expect(&format!("{set_memory}\nparams = [512]")), (Face::XmlRpc, value("<i8>512</i8>"))),
        (expect(set_memory), (Face::XmlRpc, call("VM.pause", &["session", "vm"]))),
        (
            expect("face = \"xmlrpc\"\nheaders = { user-agent = { matches = \"libvirt/.*\" } }\nconnection = 2"),
            (Face::XmlRpc, call("xend.domains", &[])),
        ),
        (
            expect(
                "operation = \"domain.create\"\nface = \"sxp\"\nargs = { config = \"(vm (name a) (memory 64) (vncpasswd x))\" }",
            ),
            (Face::Sxp, post("/xend/domain", "op=create&config=(vm (name a) (memory 32) (vncpasswd y))")),
        ),
        (
            "[[expect]]\noperation = \"domain.pause\"\nargs = { domain = \"vm1\" }\nreply = \"close\"\n".to_owned(),
            (Face::Sxp, post("/xend/domain/vm2", "op=pause")),
        ),
        (
            format!(
                "state = {{ daemon = \"up\" }}\n{strict}[[expect]]\noperation = \"domain.list\"\nstate = {{ daemon = \"down\" }}\nreply = \"close\"\n[[expect]]\noperation = \"domain.pause\"\nreply = \"close\"\nnext-state = {{ daemon = \"down\" }}\n"
            ),
            (Face::Sxp, get("/xend/domain")),
        ),
        (format!("{strict}[[expect]]\noperation = \"domain.list\"\ntimes = 0\n"), (Face::Sxp, get("/xend/domain"))),
        // Most requests of this face that change something are a POST: that alone is not close.
        (
            format!(
                "{}[[expect]]\noperation = \"domain.create\"\nargs = {{ config = \"(vm (memory 64))\" }}\nreply = \"close\"\n",
                expect("face = \"sxp\"\nmethod = \"POST\"\npath = \"/xend/domain/vm1\"\nfields = { op = \"rename\" }")
            ),
            (Face::Sxp, post("/xend/domain", "op=create&config=(vm (memory 65))")),
        ),
        // No secret is shown: neither what was sent nor what was expected.
        (
            expect("face = \"xenapi\"\nmethod = \"session.login_with_password\"\nparams = [\"root\", \"s3cret\"]"),
            (Face::XenApi, call("session.login_with_password", &["root", "hunter2"])),
        ),
        (
            expect(
                "face = \"xenapi\"\nmethod = \"VM.start\"\nparams = [\"s3cret\", \"vm1\"]\nheaders = { cookie = \"s3cret\" }",
            ),
            (Face::XenApi, call("VM.start", &["hunter2", "vm2"])),
        ),
        // The daemon reads an i8.
        (
            expect(set_memory),
            (Face::XmlRpc, xml("<methodCall><methodName>m</methodName><params><param><value><i8>5</i8></value>")),
        ),
    ];
    let mut text = String::new();
    for (scenario, request) in cases {
        let shown = scenario.replace(strict, "").replace('\n', "; ");
        writeln!(text, "=== {shown}\n{}", explained(&scenario, &[request])).unwrap();
    }
    // Of two that are equally close, one that can still answer.
    let pause = |name: &str| (Face::Sxp, post(&format!("/xend/domain/{name}"), "op=pause"));
    let two: String = ["vm1", "vm2"]
        .map(|name| {
            format!("[[expect]]\noperation = \"domain.pause\"\nargs = {{ domain = \"{name}\" }}\nreply = \"close\"\n")
        })
        .concat();
    let told = explained(&format!("{strict}{two}"), &[pause("vm1"), pause("vm3")]);
    assert!(told.contains("closest: line 6: "), "{told}");
    let old = "release = \"3.0.2\"\nunexpected = \"refuse\"\n";
    let daemon = crate::peer::daemon(Release::V3_0_2, old);
    run(send(&daemon, Face::XmlRpc, &[&call("VM.get_all", &["session"])]));
    writeln!(text, "=== release 3.0.2\n{}", daemon.report()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("✗ params[1]: s3cret"), "{text}");
    insta::assert_snapshot!("why-not", text);
}

#[test]
fn replies_come_in_turn_and_again() {
    let two = "[[expect]]\nface = \"sxp\"\npath = \"/xend/node\"\nreplies = [{ reply = { not-found = \"a\" } }, { reply = \"bad-request\" }]\n";
    let node = || (Face::Sxp, get("/xend/node"));
    let (first, second) = ("HTTP/1.1 404 Not found\n", "HTTP/1.1 400 Bad request\n");
    assert_eq!(play(two, &[node(), node()]), [first, second].concat());
    let more = format!("{two}times = {{ at-least = 3 }}\n");
    assert_eq!(play(&more, &[node(), node(), node()]), [first, second, second].concat());
    let looped = format!("{two}loop = true\n");
    assert_eq!(play(&looped, &[node(), node(), node()]), [first, second, first].concat());
}

#[test]
fn every_third_request_and_a_share_of_them() {
    let node = || (Face::Sxp, get("/xend/node"));
    let keys = "[[expect]]\nface = \"sxp\"\npath = \"/xend/node\"\nreply = \"bad-request\"\n";
    let requests: Vec<_> = std::iter::repeat_with(node).take(7).collect();
    let (bad, good) = ("HTTP/1.1 400 Bad request\n", "HTTP/1.1 200 OK\n");
    let third = play(&format!("{keys}every = 3\n"), &requests);
    assert_eq!(third, [good, good, bad, good, good, bad, good].concat());
    let share = |seed: u32| play(&format!("seed = {seed}\n{keys}probability = 0.5\n"), &requests);
    assert_eq!(share(1), share(1));
    let seeds: std::collections::BTreeSet<_> = (0..20).map(share).collect();
    assert!(seeds.len() > 10, "{seeds:?}");
    assert_eq!(play(&format!("{keys}probability = 0\n"), &requests), good.repeat(7));
    assert_eq!(play(&format!("{keys}probability = 1\n"), &requests), bad.repeat(7));
}

#[test]
fn states_lead_from_one_to_another() {
    let scenario = "state = { daemon = \"up\" }\n\
        [[expect]]\noperation = \"domain.pause\"\nreply = { error = \"no\" }\nnext-state = { daemon = \"down\" }\n\
        [[expect]]\nface = \"sxp\"\nstate = { daemon = \"down\" }\nreplies = [{ reply = \"bad-request\" }, { reply = \"bad-request\", next-state = { daemon = \"up\" } }]\nloop = true\n";
    let node = || (Face::Sxp, get("/xend/node"));
    let pause = (Face::Sxp, post("/xend/domain/vm1", "op=pause"));
    let (bad, good) = ("HTTP/1.1 400 Bad request\n", "HTTP/1.1 200 OK\n");
    let expected = [good, "HTTP/1.1 500 Request failed: pause\n", bad, bad, good].concat();
    assert_eq!(play(scenario, &[node(), pause, node(), node(), node()]), expected);
}

#[test]
fn the_world_changes_beside_a_reply() {
    let list = || (Face::Sxp, get("/xend/domain"));
    let change = |change: &str| {
        let scenario = format!(
            "[[expect]]\nface = \"sxp\"\npath = \"/xend/domain\"\nreply = \"simulate\"\nevery = 2\nchange = {change}\n"
        );
        let daemon = daemon(Release::V3_0_3, &scenario);
        let mut replies = Vec::new();
        for (face, request) in [list(), list(), list()] {
            let (reply, _) = run(send(&daemon, face, &[&request]));
            replies.push(reply.split_once("\r\n\r\n").unwrap().1.to_owned());
        }
        let now = daemon.now() - crate::peer::NOW;
        (replies, daemon.report().lines().collect::<Vec<_>>(), now)
    };
    let both = "(Domain-0 vm1 vm2)";
    let (replies, report, _) = change("{ destroy = \"vm1\" }");
    assert_eq!(replies, [both, both, "(Domain-0 vm2)"]);
    assert!(report.is_empty());
    let (replies, _, _) =
        change("[{ power-off = \"vm1\" }, { create = \"(vm (name db) (memory 16) (image (linux (kernel /k))))\" }]");
    assert_eq!(replies.last().unwrap(), "(Domain-0 db vm2)");
    let (_, report, _) = change("{ crash = \"vm9\" }");
    assert_eq!(report.len(), 1);
    assert!(report[0].starts_with("unchanged: crash vm9: "), "{report:?}");
    let (_, _, now) = change("{ advance = \"10s\" }");
    assert_eq!(now, std::time::Duration::from_secs(10));
    for word in ["crash", "reboot", "pause", "unpause"] {
        let (_, report, _) = change(&format!("{{ {word} = \"vm1\" }}"));
        assert!(report.is_empty(), "{word}: {report:?}");
    }
    assert!(change("{ free-memory = 1 }").1.is_empty());
}

#[test]
fn a_reply_repeats_a_part_of_the_request_as_the_face_encodes_it() {
    let reply =
        |scenario: &str, face, request: Vec<u8>| run(send(&daemon(Release::V4_1, scenario), face, &[&request])).0;
    let sxp =
        "[[expect]]\nface = \"sxp\"\noperation = \"domain.pause\"\nreply = { error = { echo = \"args.domain\" } }\n";
    let told = reply(sxp, Face::Sxp, post("/xend/domain/a%20%22b", "op=pause"));
    assert!(told.ends_with(r#"(xend.err 'a "b')"#), "{told}");
    let xmlrpc = |word: &str| format!("[[expect]]\nface = \"xmlrpc\"\nreply = {word}\n");
    let told = reply(
        &xmlrpc("{ fault = { code = 2, string = { echo = \"params[0]\" } } }"),
        Face::XmlRpc,
        call("xend.domain", &["a&amp;b"]),
    );
    assert!(told.contains("<string>a&amp;b</string>"), "{told}");
    let word = "{ value = [{ echo = \"params[1]\" }, { echo = \"method\" }, { struct = [[\"host\", { echo = \"headers.host\" }]] }] }";
    let told = reply(&xmlrpc(word), Face::XmlRpc, call("xend.domain", &["a", "5"]));
    for part in ["<int>5</int>", "<string>xend.domain</string>", "<string>localhost</string>"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = reply(&xmlrpc("{ value = { echo = \"path\" } }"), Face::XmlRpc, call("xend.domain", &["a"]));
    assert!(told.contains("<string>/RPC2</string>"), "{told}");
    let told = reply(&xmlrpc("{ value = { echo = \"params[0]\" } }"), Face::XmlRpc, call("xend.domain", &["i8:5"]));
    assert!(told.contains("<i8>5</i8>"), "{told}");
    // What XML can't hold is replaced, and what the request lacks is empty.
    let told = reply(&xmlrpc("{ value = { echo = \"headers.x\" } }"), Face::XmlRpc, call("xend.domain", &["a"]));
    assert!(told.contains("<string></string>"), "{told}");
    let request =
        String::from_utf8(call("xend.domain", &["a"])).unwrap().replace("Host: localhost", "x: a\u{1}b").into_bytes();
    let told = reply(&xmlrpc("{ value = { echo = \"headers.x\" } }"), Face::XmlRpc, request);
    assert!(told.contains("<string>a\u{FFFD}b</string>"), "{told}");
}
