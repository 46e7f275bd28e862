//! A listing of many domains, beside encoding it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mock_xend::world::{Command, Detail, Order, States};
use mock_xend::{Face, MockXend, Release, World};
use xend_wire::sexpr::{self, Rules};

const DOMAINS: usize = 10_000;
const TURNS: usize = 15;

/// Prints how long a detailed listing takes, from the request to its last byte; how long it takes to describe and print
/// the same domains without a socket; and how long to print the finished S-expressions alone.
pub(crate) fn print() {
    let release = Release::V3_0_3;
    let domains: String =
        (0..DOMAINS).map(|number| format!("[[domain]]\nname = \"domain{number}\"\nmemory = 64\n")).collect();
    let world = World::parse("many domains", &domains, Some(release), Duration::ZERO).expect("a world");
    let mock = MockXend::builder().release(release).world(world).start().expect("it listens");
    let address =
        mock.listening().iter().find(|(face, _)| *face == Face::Sxp).expect("it listens for sxp").1.to_string();
    let address = address.trim_start_matches("tcp:").to_owned();

    let mut listing = Vec::new();
    let asked = best(|| {
        listing.clear();
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.write_all(b"GET /xend/domain?detail=1 HTTP/1.1\r\n\r\n").expect("it is sent");
        stream.read_to_end(&mut listing).expect("a reply");
    });
    let head = listing.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let records = Command::Records { states: States::Usual, detail: Detail::Whole, order: Order::ById };
    let encoded = best(|| {
        let (now, records) = (mock.daemon().now(), &records);
        let list = mock.daemon().with_world(|world| world.perform(now, records)).expect("a list");
        assert!(list.show(release).len() > 1_000_000);
    });
    let document = sexpr::parse(&listing[head + 4..]).expect("S-expressions");
    let mut printed = 0;
    let finished = best(|| printed = sexpr::print(&document, Rules::xend(release)).len());
    let times = |other: Duration| asked.as_secs_f64() / other.as_secs_f64();
    println!("{DOMAINS} domains, {:.1} MB, listed in {asked:.1?}", printed as f64 / 1e6);
    println!("  {:.2} times describing and printing each of them anew, which takes {encoded:.1?}", times(encoded));
    println!("  {:.2} times printing them alone, which takes {finished:.1?}", times(finished));
}

fn best(mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..TURNS).map(|_| time(&mut work)).min().expect("at least one turn")
}
