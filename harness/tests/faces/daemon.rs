//! A mock in memory, and clients of its faces.

use std::future::Future;
use std::time::Duration;

use mock_xend::{Daemon, MockXend, Scenario};
use xend_client::{Client, Face, Release, Uri};

/// The faces that are tried against the mock.
pub(crate) const FACES: [Face; 3] = Face::ALL;

/// A daemon in the world of the captures: Domain-0, `vm1` running, `vm2` paused. Its time stands still.
pub(crate) fn daemon(release: Release) -> Daemon {
    MockXend::builder().release(release).clock(Duration::from_secs(1_200_000_000)).build().expect("a daemon")
}

/// The same, with scripted replies.
pub(crate) fn scripted(release: Release, scenario: Scenario) -> Daemon {
    MockXend::builder().release(release).scenario(scenario).build().expect("a daemon")
}

/// A client of one face of it, over streams in memory.
pub(crate) fn client(daemon: &Daemon, face: Face) -> Client {
    let (served, release) = (daemon.clone(), daemon.release());
    let connect = move || {
        let (near, far) = tokio::io::duplex(1 << 16);
        tokio::spawn(served.serve(far, face));
        async { Ok(near) }
    };
    let client = Client::new(Uri::tcp(face, "mock.example", 8000)).release(release).connect_with(connect);
    client.credentials("root", "")
}

/// Runs on virtual time.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}
