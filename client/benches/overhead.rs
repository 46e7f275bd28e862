//! Measures what the client costs: a sequential `domain.info` over a Unix socket, compared to a round trip of hyper
//! alone.
//!
//! `cargo bench -p xend-client` prints the medians of both and their ratio. The two kinds of calls take turns in one
//! run. Both send the same request on a new connection to a server that replies with the record of a domain as Xend 4.1
//! sends it. The client also reads the answer.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use xend_client::{Client, Face, Uri};

/// The record in the reply to `GET /xend/domain/vm1` (capture `get-domain`, `sxp-4.1`).
const RECORD: &str = "(domain (domid 1) (cpu_weight 256) (cpu_cap 0) (pool_name Pool-0) (bootloader '') (vcpus 1) \
    (cpus ((0 1))) (on_poweroff destroy) (description '') (on_crash restart) \
    (uuid 11111111-1111-1111-1111-111111111111) (bootloader_args '') (name vm1) (on_reboot restart) (maxmem 128) \
    (memory 64) (shadow_memory 0) (vcpu_avail 1) (features '') (on_xend_start ignore) (on_xend_stop ignore) \
    (start_time 1795344281.55) (cpu_time 1.23456789) (online_vcpus 1) (image (linux (kernel /srv/xend/etc/vmlinuz) \
    (ramdisk /srv/xend/etc/initrd) (args 'root=/dev/sda1 ro xencons=tty quiet') (superpages 0) (pci ()) (nomigrate 0) \
    (tsc_mode 0))) (status 2) (state -b----) (store_mfn 123456) (console_mfn 123455) (device (vif (bridge xenbr0) \
    (mac 00:16:3e:00:00:01) (script /etc/xen/scripts/vif-bridge) (uuid fb2486cf-db89-59b5-6129-f6d63fc7c58d) \
    (backend 0))) (device (vbd (uuid 1f28a21a-9a5a-3f9c-bd9e-fa1c4f554990) (bootable 1) (dev sda1:disk) \
    (uname phy:vg/vm1) (mode w) (backend 0) (VDI ''))))";

/// The number of measured calls of each kind. A hundredth of them comes before to warm up.
const CALLS: usize = 10_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("xend.sock");
    serve(&path);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    runtime.block_on(async {
        let client = Client::new(Uri::unix(Face::Sxp, &path));
        for call in 0..CALLS + CALLS / 100 {
            let begin = Instant::now();
            assert_eq!(bare_round_trip(&path).await.len(), RECORD.len());
            let between = Instant::now();
            assert_eq!(client.domain("vm1").await.expect("an answer").domid(), Some(1));
            if call >= CALLS / 100 {
                bare.push(between - begin);
                ours.push(between.elapsed());
            }
        }
    });
    let (bare, ours) = (median(bare), median(ours));
    println!(
        "domain.info over a Unix socket: {:.1} us, a bare hyper round trip: {:.1} us, ratio {:.3}",
        ours.as_secs_f64() * 1e6,
        bare.as_secs_f64() * 1e6,
        ours.as_secs_f64() / bare.as_secs_f64()
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

async fn bare_round_trip(path: &Path) -> Bytes {
    let stream = UnixStream::connect(path).await.expect("connected");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("no data is needed");
    let request = hyper::Request::get("/xend/domain/vm1")
        .header("host", "localhost")
        .header("user-agent", "bare")
        .header("accept", "application/sxp")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let exchange = async {
        let response = sender.send_request(request).await.expect("a reply");
        response.into_body().collect().await.expect("all of it").to_bytes()
    };
    let (body, _) = tokio::join!(exchange, connection);
    body
}

/// Replies on every connection with the record, on a thread of its own.
fn serve(path: &PathBuf) {
    let listener = UnixListener::bind(path).expect("bound");
    let head = "Expires: -1\r\nContent-type: application/sxp\r\nPragma: no-cache\r\nCache-control: no-cache\r\n";
    let reply = format!("HTTP/1.1 200 OK\r\nContent-length: {}\r\n{head}\r\n{RECORD}", RECORD.len());
    std::thread::spawn(move || {
        let mut request = [0; 4096];
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut length = 0;
            while !request[..length].ends_with(b"\r\n\r\n") {
                length += stream.read(&mut request[length..]).expect("a request");
            }
            stream.write_all(reply.as_bytes()).expect("sent");
        }
    });
}
