//! Clients that are slow, silent, gone, or many: the daemon's answer, and the next client is served.

use std::time::Duration;

use mock_xend::{Daemon, Face, Release};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use crate::peer::{builder, call, get, post, run, send};

/// Another client gets its answer.
async fn assert_serves(daemon: &Daemon) {
    let (reply, closed) = send(daemon, Face::Sxp, &[&get("/xend")]).await;
    assert!(reply.ends_with("(ls  node domain vnet)") && closed, "{reply}");
}

fn daemon() -> Daemon {
    builder(Release::V3_4).build().unwrap()
}

#[test]
fn ten_thousand_idle_connections() {
    run(async {
        let daemon = daemon();
        let mut idle = Vec::new();
        for at in 0..10_000 {
            let (mut near, far) = duplex(64);
            tokio::spawn(daemon.serve(far, if at % 2 == 0 { Face::Sxp } else { Face::XmlRpc }));
            // Half of a request, then nothing.
            near.write_all(b"POST /xend/domain/vm1 HTTP/1.1\r\nContent-Le").await.unwrap();
            idle.push(near);
        }
        assert_serves(&daemon).await;
        drop(idle);
        assert_serves(&daemon).await;
    });
}

#[test]
fn a_body_that_never_comes_holds_only_its_own_connection() {
    run(async {
        let daemon = daemon();
        for (face, request) in [
            (Face::Sxp, post("/xend/domain/vm1", "op=pause&x=0123456789")),
            (Face::XmlRpc, call("xend.domain.pause", &["vm1"])),
        ] {
            let (reply, closed) = send(&daemon, face, &[&request[..request.len() - 10]]).await;
            assert_eq!((reply.as_str(), closed), ("", false), "{face}");
            assert_serves(&daemon).await;
        }
    });
}

/// The daemon takes what has come for the body (capture `len-short`).
#[test]
fn a_half_closed_connection_is_answered() {
    run(async {
        let daemon = daemon();
        let (mut near, far) = duplex(1 << 12);
        tokio::spawn(daemon.serve(far, Face::Sxp));
        let request = post("/xend/domain/vm1", "op=pause&x=0123456789");
        near.write_all(&request[..request.len() - 5]).await.unwrap();
        near.shutdown().await.unwrap();
        let mut reply = String::new();
        near.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    });
}

#[test]
fn clients_that_leave_disturb_nobody() {
    run(async {
        let daemon = daemon();
        let request = get("/xend/domain?detail=1");
        for length in 0..request.len() {
            let (mut near, far) = duplex(16);
            tokio::spawn(daemon.serve(far, Face::Sxp));
            near.write_all(&request[..length]).await.unwrap();
            drop(near);
        }
        // In the middle of a reply, too.
        let (mut near, far) = duplex(16);
        tokio::spawn(daemon.serve(far, Face::Sxp));
        near.write_all(&request).await.unwrap();
        near.read_exact(&mut [0; 10]).await.unwrap();
        drop(near);
        assert_serves(&daemon).await;
    });
}

#[test]
fn a_slow_client_is_waited_for() {
    run(async {
        let daemon = daemon();
        let (mut near, far) = duplex(64);
        tokio::spawn(daemon.serve(far, Face::XmlRpc));
        for byte in call("xend.domains", &["0"]) {
            near.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        let mut reply = vec![0; 15];
        near.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, b"HTTP/1.1 200 OK");
    });
}

/// Requests over what the mock is ready to hold end in a close, not in memory.
#[test]
fn endless_requests_are_cut_off() {
    run(async {
        for face in [Face::Sxp, Face::XmlRpc] {
            let daemon = daemon();
            let (near, far) = duplex(1 << 16);
            tokio::spawn(daemon.serve(far, face));
            let (mut read, mut write) = tokio::io::split(near);
            let flood = async {
                let line = [b'x'; 1 << 12];
                let mut sent = 0_usize;
                while write.write_all(&line).await.is_ok() {
                    sent += line.len();
                    assert!(sent < 16 << 20, "it takes everything");
                }
            };
            let mut reply = Vec::new();
            tokio::select! {
                () = flood => {}
                read = read.read_to_end(&mut reply) => drop(read),
            }
            assert_serves(&daemon).await;
        }
    });
}

/// Of a request only an eighth of the journal's budget is kept, and the oldest exchanges are dropped.
#[test]
fn long_requests_do_not_fill_the_memory() {
    const BUDGET: usize = 1 << 20;
    run(async {
        let daemon = builder(Release::V3_4).journal_bytes(BUDGET).build().unwrap();
        let padding = "x".repeat(BUDGET);
        for _ in 0..20 {
            let (reply, _) = send(&daemon, Face::XmlRpc, &[&call("xend.domain.pause", &[&padding])]).await;
            assert!(reply.contains("<fault>"), "{reply}");
        }
        let journal = daemon.journal();
        let kept: usize = journal.exchanges().map(|exchange| exchange.request.len() + exchange.reply.len()).sum();
        assert!(kept <= BUDGET, "{kept}");
        assert!(journal.dropped() >= 12 && journal.total() == 20, "{}", journal.dropped());
        let last = journal.exchanges().next_back().unwrap();
        assert!(!last.is_whole() && last.request_length > BUDGET);
        assert!(last.request.starts_with(b"POST /RPC2 HTTP/1.1\r\n"));
    });
}

/// What the world has no room for is refused on every face in the daemon's own way, and what was there stays.
#[test]
fn a_world_that_is_full_refuses_more() {
    let told = "mock-xend keeps at most 64 KiB of domains and saved domains";
    for &release in Release::ALL {
        let daemon = builder(release).build().unwrap();
        daemon.with_world(|world| world.budget = 64 << 10);
        let form = format!("op=device_create&config=(vif+(bridge+{}))", "x".repeat(9_000));
        run(async {
            let mut refused = None;
            for _ in 0..20 {
                let reply = send(&daemon, Face::Sxp, &[&post("/xend/domain/vm1", &form)]).await.0;
                if reply.contains(told) {
                    refused = Some(reply);
                    break;
                }
            }
            let refused = refused.expect("it is full in the end");
            assert!(refused.contains("(xend.err") || refused.contains("HTTP/1.1 500"), "{refused}");
            let held = daemon.with_world(|world| world.held());
            assert!(held <= 64 << 10, "{held}");
            // What ends makes room.
            send(&daemon, Face::Sxp, &[&post("/xend/domain/vm1", "op=destroy")]).await;
            let reply = send(&daemon, Face::Sxp, &[&post("/xend/domain/vm2", &form)]).await.0;
            assert!(!reply.contains(told), "{reply}");
        });
    }
}
