//! A server, and what is tried on it.

use xend_client::{Client, Uri};
use xend_wire::Release;

use crate::pattern::Pattern;

/// A server under one or several addresses.
#[derive(Clone, Debug)]
pub struct Host {
    /// What it is called in reports.
    pub name: String,
    /// The addresses: a label such as `sxp+unix`, and a client.
    pub addresses: Vec<(String, Client)>,
    /// Its release.
    pub release: Release,
}

/// What is tried, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether laws that change something are tried.
    pub is_destructive: bool,
    /// The laws to try, by id; all if empty.
    pub filter: Vec<Pattern>,
    /// The path of a kernel on the server's host, with which domains are made.
    pub kernel: String,
    /// The words that repeat the run; what picks out one law is added.
    pub repeat: Vec<String>,
}

impl Host {
    /// The server behind some addresses. Their clients must know the release.
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
