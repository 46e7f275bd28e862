//! What laws make on a server, and how it goes away again.

use xend_client::{Arguments, Error as Failed, Fate};
use xend_wire::operation;

use super::host::Host;

/// What the names of all domains begin with that laws make.
pub(super) const PREFIX: &str = "xend-law-";

/// Destroys a domain and takes back its definition, over whichever address has the operations. That there is no such
/// domain is no failure.
///
/// # Errors
/// The server does not answer.
pub(super) async fn unmake(host: &Host, domain: &str) -> Result<(), Failed> {
    let arguments: Arguments = [("domain", domain.to_owned())].into_iter().collect();
    for operation in [operation::DESTROY, operation::UNDEFINE] {
        for (_, client) in host.addresses.iter().filter(|(_, client)| client.supports(operation)) {
            match client.call(operation, &arguments).await {
                Ok(_) => break,
                Err(error) if error.fate() == Fate::Refused => {}
                // A server that does not answer would make all of this wait.
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Names of the domains on a server that laws made, for a run that is broken off.
///
/// # Errors
/// The server does not answer.
pub async fn left_behind(host: &Host) -> Result<Vec<String>, Failed> {
    let Some((_, client)) = host.addresses.first() else { return Ok(Vec::new()) };
    let names = client.all_domains().await?;
    Ok(names.into_iter().filter(|name| name.starts_with(PREFIX)).collect())
}

/// Destroys the domains that laws made, and takes back their definitions. Gives those that are still there.
///
/// # Errors
/// The server does not answer.
pub async fn unmake_left_behind(host: &Host) -> Result<Vec<String>, Failed> {
    for domain in left_behind(host).await? {
        unmake(host, &domain).await?;
    }
    left_behind(host).await
}
