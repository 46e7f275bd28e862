//! The thread that serves the connections of bound sockets.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::listener::Bound;
use crate::error::Error;
use crate::http::Serves;

/// A thread with a runtime of its own. It stops when the value is dropped.
#[derive(Debug)]
pub(super) struct Running(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Running {
    /// Starts to serve.
    pub(super) fn start<T: Serves>(bound: Vec<Bound>, server: Arc<T>) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                for socket in bound {
                    let orders = server.line().listener(socket.face);
                    tokio::spawn(socket.accept(Arc::clone(&server), orders));
                }
                // It stops whether the sender sends a message or is dropped.
                let _ = stopped.await;
            });
            // Tasks that still send a long reply are not waited for, since nobody will read it.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("mock-xend".to_owned()).spawn(serve).map_err(Error::Start)?;
        Ok(Self(Some((stop, thread))))
    }

    /// Stops to serve, and waits for the thread.
    pub(super) fn stop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            // Sending fails if the thread has ended already.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
