//! All that a mock gets over one connection, on any face and of any release. No panic, an end in bounded time, and the
//! next client is served.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mock_xend::{Daemon, Face, MockXend, Release};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};

thread_local! {
    /// On virtual time: what waits costs nothing.
    static RUNTIME: Runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
}

// The first byte says which face and which release, and the rest is what comes.
fuzz_target!(|input: &[u8]| {
    let Some((&choice, stream)) = input.split_first() else { return };
    let choice = usize::from(choice);
    let face = Face::ALL[choice % Face::ALL.len()];
    let release = Release::ALL[choice / Face::ALL.len() % Release::ALL.len()];
    let daemon = MockXend::builder().release(release).build().expect("nothing conflicts");
    send(&daemon, face, stream);
    let reply = send(&daemon, Face::Sxp, b"GET /xend HTTP/1.1\r\n\r\n");
    assert!(reply.starts_with(b"HTTP/1."), "the mock still answers");
});

fn send(daemon: &Daemon, face: Face, bytes: &[u8]) -> Vec<u8> {
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let (mut near, far) = duplex(1 << 20);
            let client = async {
                // The mock may have heard enough.
                let _ = near.write_all(bytes).await;
                let _ = near.shutdown().await;
                let mut reply = Vec::new();
                let _ = near.read_to_end(&mut reply).await;
                reply
            };
            tokio::join!(client, daemon.serve(far, face)).0
        })
    })
}
