//! Whether work grows with its input and not with the square of it: twice as much of it may take at most 2.5 times as
//! many instructions, as callgrind counts them.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use mock_xend::{Daemon, Face, MockXend, Release, Scenario, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use xend_wire::sexpr;
use xend_wire::xmlrpc::{self, Value};

/// Twice the work may cost so many times as much.
const MOST: f64 = 2.5;

/// Something of which there may be much.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Work {
    /// Fields of one form
    Fields,
    /// Expectations of a scenario, as they are read
    Expectations,
    /// Requests, each of which a scenario expects once
    Expected,
    /// Domains of a world, as they are read
    World,
    /// Domains that are defined, one after the other
    Definitions,
    /// Domains that are created and destroyed again
    Domains,
    /// Requests that look at a domain after a session has registered for events, with as many domains
    Looks,
    /// Requests that change a domain after a session has registered for events, with as many domains
    Changes,
    /// Listings of 1,000 domains that have been listed before
    Listings,
    /// The S-expressions of such a listing, printed
    Prints,
}

/// A listing of domains that have not changed takes at most this many times what printing it takes.
const MOST_OF_PRINTING: f64 = 2.0;

/// Counts each kind of work, and says whether all of it grows as it should.
pub(crate) fn check() -> Result<bool, Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err("growth is measured by counting instructions with valgrind, which is not installed".into());
    }
    println!("{:14} {:>6} {:>15}  {:>6} {:>15}  times", "work", "size", "instructions", "size", "instructions");
    let mut is_all_right = true;
    for &work in Work::value_variants() {
        let size = work.size();
        let count = |size| Ok::<_, Box<dyn Error>>(collected(work, size)? - collected(work, 0)?);
        let (one, two) = (count(size)?, count(2 * size)?);
        let times = two as f64 / one as f64;
        let verdict = if times <= MOST { "ok".to_owned() } else { format!("MISSED: more than {MOST}") };
        println!("{:14} {size:>6} {one:>15}  {:>6} {two:>15}  {times:.2} {verdict}", work.name(), 2 * size);
        is_all_right &= times <= MOST;
    }
    let one = |work: Work| Ok::<_, Box<dyn Error>>((collected(work, 11)? - collected(work, 1)?) as f64);
    let times = one(Work::Listings)? / one(Work::Prints)?;
    let verdict =
        if times <= MOST_OF_PRINTING { "ok".to_owned() } else { format!("MISSED: more than {MOST_OF_PRINTING}") };
    println!("a listing takes {times:.2} times as many instructions as printing it: {verdict}");
    Ok(is_all_right && times <= MOST_OF_PRINTING)
}

/// What callgrind counts while the work is done.
fn collected(work: Work, size: usize) -> Result<i64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["work", &work.name(), &size.to_string()])
        .output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind failed:\n{log}").into());
    }
    let count = log.lines().find_map(|line| line.split_once("Collected :")).ok_or("valgrind printed no count")?;
    Ok(count.1.trim().parse()?)
}

impl Work {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// So much that what it costs in all outweighs what each part of it costs.
    fn size(self) -> usize {
        match self {
            Self::Fields | Self::Expectations | Self::World => 4_000,
            Self::Expected | Self::Definitions | Self::Domains | Self::Looks | Self::Changes => 2_000,
            Self::Listings | Self::Prints => 10,
        }
    }

    /// Does it.
    pub(crate) fn run(self, size: usize) {
        let expectations = || -> String {
            (0..size)
                .map(|number| {
                    format!("[[expect]]\nface = \"xmlrpc\"\nmethod = \"test.m{number}\"\nreply = {{ value = 1 }}\n")
                })
                .collect()
        };
        let domains = |count: usize| -> String {
            (0..count).map(|number| format!("[[domain]]\nname = \"domain{number}\"\nmemory = 64\n")).collect()
        };
        let world = |text: &str| World::parse("domains", text, Some(RELEASE), Duration::ZERO).expect("a world");
        let scenario = |text: &str| Scenario::parse("expectations", text, ".".as_ref()).expect("a scenario");
        match self {
            Self::Fields => {
                let form: String = (0..size).map(|number| format!("f{number}=1&")).collect();
                let head = "POST /xend/domain/vm1 HTTP/1.1\r\nContent-type: application/x-www-form-urlencoded\r\n";
                let request = format!("{head}Content-length: {}\r\n\r\n{form}op=nonsense", form.len() + 11);
                ask(&daemon(MockXend::builder()), Face::Sxp, [request.into_bytes()]);
            }
            Self::Expectations => drop(scenario(&expectations())),
            Self::Expected => {
                let daemon = daemon(MockXend::builder().scenario(scenario(&expectations())));
                ask(&daemon, Face::XmlRpc, (0..size).map(|number| call(&format!("test.m{number}"), &[])));
                assert!(daemon.report().is_empty());
            }
            Self::World => drop(world(&domains(size))),
            Self::Definitions => {
                let daemon = daemon(MockXend::builder());
                let define = |number| call("xend.domain.new", &[config(number)]);
                ask(&daemon, Face::XmlRpc, (0..size).map(define));
                assert_eq!(daemon.with_world(|world| world.domains().len()), 3 + size);
            }
            Self::Domains => {
                let daemon = daemon(MockXend::builder());
                ask(&daemon, Face::XmlRpc, (0..size).map(|number| call("xend.domain.create", &[config(number)])));
                let destroy = |number| call("xend.domain.destroy", &[format!("domain{number}").as_str().into()]);
                ask(&daemon, Face::XmlRpc, (0..size).map(destroy));
                assert_eq!(daemon.with_world(|world| world.domains().len()), 3);
            }
            Self::Looks | Self::Changes => {
                let daemon = daemon(MockXend::builder().world(world(&domains(size))));
                register(&daemon);
                let methods = match self {
                    Self::Looks => ["xend.domain", "xend.domain"],
                    _ => ["xend.domain.pause", "xend.domain.unpause"],
                };
                // Domain-0 can't be paused.
                let requests = (0..size).map(|number| call(methods[number % 2], &["domain0".into()]));
                let reply = ask(&daemon, Face::XmlRpc, requests);
                assert!(!reply.contains("<fault>"), "{reply}");
            }
            Self::Listings => {
                list(&listed(&domains(LISTED)), size);
            }
            Self::Prints => {
                let reply = list(&listed(&domains(LISTED)), 1);
                let (_, body) = reply.split_once("\r\n\r\n").expect("a head");
                let document = sexpr::parse(body.as_bytes()).expect("S-expressions");
                for _ in 0..size {
// The daemon writes `(features )`, which is printed without the space.
                    assert!(sexpr::print(&document, sexpr::Rules::xend(LISTING)).len() > body.len() / 2);
                }
            }
        }
    }
}

const RELEASE: Release = Release::V3_4;

/// The domains of a listing.
const LISTED: usize = 1_000;

/// The last release whose records change with the clock.
const LISTING: Release = Release::V3_0_3;

/// A daemon with these domains.
fn listed(domains: &str) -> Daemon {
    let world = World::parse("domains", domains, Some(LISTING), Duration::ZERO).expect("a world");
    MockXend::builder().release(LISTING).world(world).build().expect("a daemon")
}

/// Asks for a listing with all details that many times, and gives the last reply.
fn list(daemon: &Daemon, times: usize) -> String {
    let request = b"GET /xend/domain?detail=1 HTTP/1.1\r\n\r\n".to_vec();
    ask(daemon, Face::Sxp, std::iter::repeat_n(request, times))
}

fn daemon(builder: mock_xend::Builder) -> Daemon {
    builder.release(RELEASE).build().expect("a daemon")
}

/// The configuration of a small domain, as lists.
fn config(number: usize) -> Value {
    let field = |name: &str, value: Value| Value::Array(vec![name.into(), value]);
    Value::Array(vec![
        "vm".into(),
        field("name", format!("domain{number}").into()),
        field("memory", 64.into()),
        field("vcpus", 1.into()),
        field("image", Value::Array(vec!["linux".into(), field("kernel", "/boot/vmlinuz".into())])),
    ])
}

fn call(method: &str, params: &[Value]) -> Vec<u8> {
    let body = xmlrpc::encode_call(method, params).expect("a call");
    let head = format!("POST /RPC2 HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.into_bytes(), body].concat()
}

/// Has a session told of the power states of domains.
fn register(daemon: &Daemon) {
    let login = call("session.login_with_password", &["u".into(), "p".into()]);
    let reply = ask(daemon, Face::XenApi, [login]);
    let session = reply.split("<name>Value</name>").nth(1).and_then(|rest| rest.split(['<', '>']).nth(4));
    let session: Value = session.expect("a session").into();
    ask(daemon, Face::XenApi, [call("event.register", &[session, Value::Array(vec!["VM".into()])])]);
}

/// Sends requests over one connection, and gives the last reply.
fn ask(daemon: &Daemon, face: Face, requests: impl IntoIterator<Item = Vec<u8>>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut last = Vec::new();
        for request in requests {
            let (mut near, far) = tokio::io::duplex(1 << 20);
            let ask = async {
                near.write_all(&request).await.expect("the mock reads it");
                near.shutdown().await.expect("the mock is there");
                let mut reply = Vec::new();
                near.read_to_end(&mut reply).await.expect("the mock answers");
                reply
            };
            last = tokio::join!(ask, daemon.serve(far, face)).0;
        }
        String::from_utf8_lossy(&last).into_owned()
    })
}
