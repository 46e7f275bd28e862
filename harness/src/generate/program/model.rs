//! The model that a server is held against: a mock of the same release, over the same faces.

use std::collections::BTreeMap;
use std::time::Duration;

use mock_xend::{Daemon, MockXend};
use tokio::io::duplex;
use xend_client::{Arguments, Client, Domain, Error as Failed, Fate};
use xend_wire::operation;

use crate::Error;
use crate::law::PREFIX;
use crate::laws::Host;

/// How many bytes are on the way between the client and the model.
const BUFFER: usize = 1 << 16;

/// How often a server is looked at until two readings agree.
const READINGS: u32 = 4;

/// What can be seen of a server over one address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// The fields of each domain of the program, by its name. A domain that is not there has none.
    pub(super) domains: BTreeMap<String, BTreeMap<&'static str, String>>,
    /// The names in the list that programs may have made.
    pub(super) names: Vec<String>,
}

/// The fields that are compared.
const FIELDS: [&str; 5] = ["name", "uuid", "memory", "maxmem", "vcpus"];

/// The addresses of the network interfaces, which no field of a record has.
pub(super) const VIFS: &str = "network interfaces";

/// Makes a model: the addresses are those of the server, each with a client that talks to a mock in memory.
pub(super) fn model(host: &Host) -> Result<Host, Error> {
    let daemon: Daemon =
        MockXend::builder().release(host.release).build().map_err(|error| Error::Harness(error.to_string()))?;
    let client = |client: &Client| {
        let (daemon, face) = (daemon.clone(), client.uri().face);
        let connected = Client::new(client.uri().clone()).release(host.release).credentials("root", "");
        connected.connect_with(move || {
            let (near, far) = duplex(BUFFER);
            tokio::spawn(daemon.serve(far, face));
            async move { Ok(near) }
        })
    };
    let addresses = host.addresses.iter().map(|(label, it)| (label.clone(), client(it))).collect();
    Ok(Host { name: "the model".to_owned(), addresses, release: host.release })
}

/// Looks at a server over one address.
pub(super) async fn look(client: &Client, domains: &[String]) -> Result<Seen, Failed> {
    let mut names: Vec<_> = client.all_domains().await?.into_iter().filter(|name| name.starts_with(PREFIX)).collect();
    names.sort();
    let mut seen = Seen { names, ..Seen::default() };
    for domain in domains {
        let arguments: Arguments = [("domain", domain.clone())].into_iter().collect();
        let answer = match client.call(operation::INFO, &arguments).await {
            Ok(answer) => answer,
            Err(error) if error.fate() == Fate::Refused => continue,
            Err(error) => return Err(error),
        };
        let record = Domain::read(&answer);
        let field = |name: &'static str| Some((name, record.as_ref()?.field(name)?.to_owned()));
        let mut fields: BTreeMap<_, _> = FIELDS.into_iter().filter_map(field).collect();
        if let Some(state) = record.as_ref().and_then(Domain::power_state) {
            fields.insert("power_state", state.to_string());
        }
        let mut vifs: Vec<_> = record.iter().flat_map(Domain::devices).filter(|it| it.kind() == "vif").collect();
        vifs.sort_by(|one, other| one.field("mac").cmp(&other.field("mac")));
        let macs: Vec<_> = vifs.iter().map(|it| it.field("mac").unwrap_or("?").to_owned()).collect();
        fields.insert(VIFS, macs.join(" "));
        seen.domains.insert(domain.clone(), fields);
    }
    Ok(seen)
}

/// Looks at a server until it shows what is wanted, or until two readings after a pause agree.
pub(super) async fn settled(
    client: &Client,
    domains: &[String],
    wanted: &Seen,
    pause: Duration,
) -> Result<Seen, Failed> {
    let mut seen = look(client, domains).await?;
    for _ in 0..READINGS {
        if seen == *wanted || pause.is_zero() {
            break;
        }
        tokio::time::sleep(pause).await;
        let again = look(client, domains).await?;
        if again == seen {
            break;
        }
        seen = again;
    }
    Ok(seen)
}
