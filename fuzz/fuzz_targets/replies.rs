//! All that a server answers a client, on any face and to any operation. No panic, an end in bounded time, and an error
//! with a code where there is no result.

#![no_main]

use std::io;
use std::sync::Mutex;

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use xend_client::{Arguments, Client, ErrorCode, Face, Uri};
use xend_wire::operation::{ALL, ArgumentKind};

thread_local! {
    /// On virtual time: a deadline costs nothing.
    static RUNTIME: Runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
}

// The first byte says which face, the second which operation, and the rest is what comes, on one connection.
fuzz_target!(|input: &[u8]| {
    let [face, operation, stream @ ..] = input else { return };
    let face = Face::ALL[usize::from(*face) % Face::ALL.len()];
    let operation = ALL[usize::from(*operation) % ALL.len()];
    let arguments: Arguments = operation
        .arguments()
        .iter()
        .map(|argument| {
            let value = match argument.kind {
                ArgumentKind::Integer(_) | ArgumentKind::Flag => "1",
                ArgumentKind::Key => "h",
                ArgumentKind::Cpus => "0,1",
                _ if argument.name == "config" => "(vm (name new) (memory 64))",
                _ => "vm1",
            };
            (argument.name, value)
        })
        .collect();
    let outcome = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let (near, mut far) = duplex(1 << 16);
            let near = Mutex::new(Some(near));
            let connect = move || {
                let near = near.lock().expect("nobody panics with it").take();
                async move { near.ok_or_else(|| io::Error::other("a second connection")) }
            };
            let client = Client::new(Uri::tcp(face, "xen.example", 8000)).credentials("root", "").connect_with(connect);
            let server = async {
                // Some of the request has come, and so the answer may.
                let _ = far.read(&mut [0; 64]).await;
                let _ = far.write_all(stream).await;
                let _ = far.shutdown().await;
                let _ = far.read_to_end(&mut Vec::new()).await;
            };
            // The client ends with its call, and its end of the stream with it, also where it never connects.
            let call = async move { client.call(operation, &arguments).await };
            tokio::join!(call, server).0.map(|document| format!("{document:?}"))
        })
    });
    if let Err(error) = outcome {
        assert_ne!(error.code(), ErrorCode::Success);
    }
});
