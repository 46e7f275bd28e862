//! What stands for TLS where the crate is built without it.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::http::{Listener, Serves};

/// What the listeners with TLS of one mock share. There are none.
#[derive(Debug)]
pub(super) struct Security(Infallible);

impl Security {
    pub(super) async fn serve<T: Serves>(&self, _stream: TcpStream, _server: Arc<T>, _listener: Listener) {
        match self.0 {}
    }
}
