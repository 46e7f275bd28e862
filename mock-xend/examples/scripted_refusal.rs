//! A mock that refuses to pause `vm1`, and a plain HTTP client of a few lines that asks it to.
//!
//! ```console
//! $ cargo run --quiet --example scripted_refusal
//! HTTP/1.1 501 Operation not implemented: pause
//! ```

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use mock_xend::{Face, MockXend, Release, Reply, Scenario, expect};
use xend_wire::operation::PAUSE;

fn main() -> Result<(), Box<dyn Error>> {
    let refuses = expect(PAUSE).on(Face::Sxp).arg("domain", "vm1").reply(Reply::NotImplemented("pause".into()));
    let scenario = Scenario::new().with(refuses);
    let mock = MockXend::builder().release(Release::V3_0_3).scenario(scenario).start()?;
    let url = mock.http_url(Face::Sxp).expect("it listens there");
    let address = url.trim_start_matches("http://");

    let mut stream = TcpStream::connect(address)?;
    let body = "op=pause";
    write!(
        stream,
        "POST /xend/domain/vm1 HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    println!("{}", status.trim_end());

    let report = mock.stop();
    assert_eq!(report.lines().count(), 0, "all that was expected came");
    Ok(())
}
