//! Many clients against a mock with random faults, for as long as `SOAK_SECONDS` says: `make soak`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mock_xend::{Address, Chaos, Face, Release};

use crate::peer::{builder, call, get, post};

/// The clients at one time.
const CLIENTS: u64 = 64;

/// What clients counted.
#[derive(Default)]
struct Counted {
    /// The requests that were sent.
    sent: AtomicU64,
    /// Of these, the ones that got at least one byte of a reply.
    replied: AtomicU64,
}

/// How much the resident memory of the process may differ between two moments without a leak: what 64 threads and the
/// allocator's arenas take more or less.
const MEMORY_NOISE: u64 = 16 << 20;

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("there is /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it tells the resident memory");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of KiB");
    kibibytes * 1024
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("there is /proc").count()
}

/// A connection of a client.
trait Stream: Read + Write {
    fn finish(&self) -> std::io::Result<()>;
}

impl Stream for TcpStream {
    fn finish(&self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Stream for UnixStream {
    fn finish(&self) -> std::io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Sends a request on a connection of its own and reads what comes. The client closes its side, so that no reply that
/// stalls has to be waited for.
fn ask(mut stream: impl Stream, request: &[u8], counted: &Counted) {
    stream.write_all(request).expect("a mock reads each request");
    counted.sent.fetch_add(1, Ordering::Relaxed);
    // It fails if the mock has reset the connection already.
    let _ = stream.finish();
    let mut bytes = [0; 4096];
    let mut is_first = true;
    while matches!(stream.read(&mut bytes), Ok(count) if count > 0) {
        if std::mem::take(&mut is_first) {
            counted.replied.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn client(number: u64, tcp: [std::net::SocketAddr; 2], unix: &[PathBuf; 2], until: Instant, counted: &Counted) {
    let requests = [get("/xend/domain/vm1"), post("/xend/domain/vm1", "op=pause")];
    let calls = [call("xend.domains", &["1"]), call("xend.domain.unpause", &["vm1"])];
    let mut turn = number;
    while Instant::now() < until {
        turn += 1;
        let face = (turn % 2) as usize;
        let request = if face == 0 { &requests[(turn / 2 % 2) as usize] } else { &calls[(turn / 2 % 2) as usize] };
        if turn % 4 < 2 {
            ask(TcpStream::connect(tcp[face]).expect("it listens"), request, counted);
        } else {
            ask(UnixStream::connect(&unix[face]).expect("it listens"), request, counted);
        }
    }
}

/// In a process of its own, because descriptors are counted.
#[test]
fn chaos_costs_no_request_no_descriptor_and_no_memory() {
    let program = std::env::current_exe().expect("the tests are a program");
    let mut soak = std::process::Command::new(program);
    let output = soak.args(["--exact", "chaos::soak", "--ignored", "--nocapture"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// The journal and the clients agree on the requests, no descriptor is left, and the memory does not grow.
#[test]
#[ignore = "run by the test above, and by make soak"]
fn soak() {
    let seconds = std::env::var("SOAK_SECONDS").ok().map_or(2, |seconds| seconds.parse().expect("a number of seconds"));
    let folder = tempfile::tempdir().unwrap();
    let unix = ["sxp.sock", "xmlrpc.sock"].map(|name| folder.path().join(name));
    let chaos: Chaos =
        std::env::var("SOAK_CHAOS").ok().map_or("20261129:0.3".to_owned(), |chaos| chaos).parse().expect("SEED:RATE");
    // What the process opens once, and keeps, is not counted.
    drop(builder(Release::V3_0_3).start().expect("it starts"));
    let before = descriptors();
    let mock = builder(Release::V3_0_3)
        .chaos(chaos)
        .listen(Face::Sxp, Address::any_port())
        .listen(Face::XmlRpc, Address::any_port())
        .listen(Face::Sxp, Address::Unix(unix[0].clone()))
        .listen(Face::XmlRpc, Address::Unix(unix[1].clone()))
        .start()
        .expect("it starts");
    let tcp = [0, 1].map(|at| match &mock.listening()[at].1 {
        Address::Tcp(address) => *address,
        other => panic!("{other}"),
    });
    let counted = Counted::default();
    let ask_for = |time: Duration| {
        let until = Instant::now() + time;
        std::thread::scope(|scope| {
            for number in 0..CLIENTS {
                let (unix, counted) = (&unix, &counted);
                scope.spawn(move || client(number, tcp, unix, until, counted));
            }
        });
        resident_bytes()
    };
    // The first quarter fills the journal and warms the allocator up.
    let time = Duration::from_secs(seconds);
    let warm = ask_for(time / 4);
    let end = ask_for(time - time / 4);
    let [sent, replied] = [&counted.sent, &counted.replied].map(|count| count.load(Ordering::Relaxed));
    let daemon = mock.daemon().clone();
    assert!(mock.stop().is_empty());
    let broken = daemon.journal().exchanges().filter(|exchange| !exchange.faults.is_empty()).count();
    eprintln!(
        "chaos {chaos}: {sent} requests, {replied} of them with a reply; {broken} of the last 1,000 replies broken; \
         {warm} bytes resident after a quarter of the time, {end} at its end"
    );
    assert!(end < warm + MEMORY_NOISE, "{end} bytes resident at the end, {warm} after a quarter of the time");
    assert_eq!(daemon.journal().total(), sent);
    assert!(replied < sent && broken > 0, "{replied} replies, {broken} broken");
    drop(daemon);
    let deadline = Instant::now() + Duration::from_secs(30);
    while descriptors() > before && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(descriptors() <= before, "{} descriptors, {before} before", descriptors());
    assert!(!Path::new(&unix[0]).exists() && !unix[1].exists());
}
