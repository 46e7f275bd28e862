//! The server that laws are tried on, and the options of such a run.

use xend_client::{Client, Uri};
use xend_wire::Release;

/// A server with its addresses.
#[derive(Clone, Debug)]
pub struct Host {
    /// The name of the server in reports: its URIs.
    pub name: String,
    /// The addresses of the server: for each a label such as `sxp+unix`, and a client that is set up for it.
    pub addresses: Vec<(String, Client)>,
    /// The release of Xend that the server is or stands in for.
    pub release: Release,
}

/// How laws are tried on a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether laws that change something on the host are tried.
    pub is_destructive: bool,
    /// The path of a kernel on the server's host, which the domains that laws create use.
    pub kernel: String,
}

impl Host {
    /// Makes a host from its addresses.
    ///
    /// Each label is the URI's scheme; a second address with the same scheme is labelled `sxp+tcp#2`, and so on. The
    /// clients must be set to `release`.
    pub fn new(addresses: Vec<(Uri, Client)>, release: Release) -> Self {
        let name = addresses.iter().map(|(uri, _)| uri.to_string()).collect::<Vec<_>>().join(" ");
        let mut labelled: Vec<(String, Client)> = Vec::new();
        for (uri, client) in addresses {
            let scheme = uri.to_string().split("://").next().unwrap_or_default().to_owned();
            let same = labelled.iter().filter(|(label, _)| label.split('#').next() == Some(&scheme)).count();
            let label = if same == 0 { scheme } else { format!("{scheme}#{}", same + 1) };
            labelled.push((label, client));
        }
        Self { name, addresses: labelled, release }
    }
}
