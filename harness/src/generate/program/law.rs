//! A program as a law file.

use xend_wire::Release;

use super::moves::Done;

/// What is expected after the last operation of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Last {
    /// The last operation itself succeeds, or fails with the code.
    Outcome,
    /// A domain has these fields.
    Fields(&'static str, Vec<(String, String)>),
    /// A domain is not there.
    Missing(&'static str),
    /// The list of all domains has a name, or lacks it.
    Listed(&'static str, bool),
}

/// Returns the text of a law file. Each operation has what the model made of it: the code of an error, or nothing. Those
/// that were done at the same time stand in the order that their outcomes fit.
pub(super) fn law(name: &str, release: Release, done: &[Done], last: &Last) -> String {
    let mut text = format!(
        "id = \"laws/{name}\"\ntitle = \"Programs of operations do what the model does\"\nsource = \"generated; a mock of {release}\"\nreleases = [\"{release}\"]\n"
    );
    for Done { one, error, .. } in done {
        let arguments: Vec<_> = one.arguments.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
        text += &format!("\n[[step]]\noperation = \"{}\"\n", one.operation.name());
        if !arguments.is_empty() {
            text += &format!("args = {{ {} }}\n", arguments.join(", "));
        }
        if let Some(code) = error {
            text += &format!("error = \"{code}\"\n");
        }
    }
    let info = |domain: &str| format!("\n[[step]]\noperation = \"domain.info\"\nargs = {{ domain = \"{domain}\" }}\n");
    text + &match last {
        Last::Outcome => String::new(),
        Last::Fields(domain, fields) => {
            let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
            format!("{}fields = {{ {} }}\n", info(domain), fields.join(", "))
        }
        Last::Missing(domain) => format!("{}error = \"ERR_VM_NOT_FOUND\"\n", info(domain)),
        Last::Listed(domain, is_there) => {
            let word = if *is_there { "has" } else { "lacks" };
            format!("\n[[step]]\noperation = \"domain.list_all\"\n{word} = [\"{domain}\"]\n")
        }
    }
}
