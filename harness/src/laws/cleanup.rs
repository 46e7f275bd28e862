//! Removal of the domains that laws make on a server.

use xend_client::{Arguments, Error as Failed, Fate};
use xend_wire::operation;

use super::host::Host;
use crate::law::PREFIX;

/// Removes the domains whose names are a name, or begin with it and a hyphen, as those that one law has made.
///
/// # Errors
/// Returns an error if the server does not answer.
pub(super) async fn remove_domains_of(host: &Host, name: &str) -> Result<(), Failed> {
    let is_its =
        |domain: &String| domain.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    for domain in leftover_domains(host).await?.iter().filter(|domain| is_its(domain)) {
        remove_domain(host, domain).await?;
    }
    Ok(())
}

/// Destroys and undefines a domain, over any of the server's addresses that has the operation. A domain that does not
/// exist is not a failure.
///
/// # Errors
/// Returns an error if the server does not answer.
pub(crate) async fn remove_domain(host: &Host, domain: &str) -> Result<(), Failed> {
    let arguments: Arguments = [("domain", domain.to_owned())].into_iter().collect();
    for operation in [operation::DESTROY, operation::UNDEFINE] {
        for (_, client) in host.addresses.iter().filter(|(_, client)| client.supports(operation)) {
            match client.call(operation, &arguments).await {
                Ok(_) => break,
                Err(error) if error.fate() == Fate::Refused => {}
                // Each further request to a server that does not answer would wait for its deadline, too.
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Returns the names of the domains on a server that laws have made and not removed, as after an interrupted run.
///
/// # Errors
/// Returns an error if the server does not answer.
pub async fn leftover_domains(host: &Host) -> Result<Vec<String>, Failed> {
    let Some((_, client)) = host.addresses.first() else { return Ok(Vec::new()) };
    let names = client.all_domains().await?;
    Ok(names.into_iter().filter(|name| name.starts_with(PREFIX)).collect())
}

/// Destroys and undefines the domains that laws have made, and returns the names of those that are still there
/// afterwards.
///
/// # Errors
/// Returns an error if the server does not answer.
pub async fn remove_leftover_domains(host: &Host) -> Result<Vec<String>, Failed> {
    for domain in leftover_domains(host).await? {
        remove_domain(host, &domain).await?;
    }
    leftover_domains(host).await
}
