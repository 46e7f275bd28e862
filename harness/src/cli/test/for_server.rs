//! The options for a server.

use std::time::Duration;

use crate::Error;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For a server")]
pub(super) struct ForServer {
    /// Try laws that change the host, too: domains with names that begin with xend-law- are created and destroyed, and
    /// Domain-0 is asked to be paused and destroyed, which a server must refuse.
    #[arg(long)]
    pub(super) destructive: bool,
    /// The path of a kernel on the server's host, for the domains that laws create.
    #[arg(long, value_name = "PATH", default_value = KERNEL)]
    pub(super) kernel: String,
    /// The user for a session of the Xen-API. The password is taken from XEND_PASSWORD, which may be empty.
    #[arg(long, default_value = USER)]
    pub(super) user: String,
}

pub(super) const KERNEL: &str = "/boot/vmlinuz";
pub(super) const USER: &str = "root";
/// How long a reply of a server of plain XML-RPC may take if the user does not say.
pub(super) const TIMEOUT_OF_HTTP: Duration = Duration::from_secs(10);
/// How long an answer of a server may take if the user does not say.
pub(super) const TIMEOUT: Duration = Duration::from_secs(120);

impl ForServer {
    /// Refuses options that mean nothing for a command.
    pub(super) fn refuse_for_a_command(&self) -> Result<(), Error> {
        self.refuse("a server, and no address of one is given")
    }

    /// Refuses options that mean nothing for a server of plain XML-RPC.
    pub(super) fn refuse_for_plain_xml_rpc(&self) -> Result<(), Error> {
        self.refuse("a server of Xend, whose addresses begin with sxp, xmlrpc or xenapi")
    }

    fn refuse(&self, whose: &str) -> Result<(), Error> {
        let given =
            [("--destructive", self.destructive), ("--kernel", self.kernel != KERNEL), ("--user", self.user != USER)];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) => Err(Error::Usage(format!("{name} is for {whose}"))),
            None => Ok(()),
        }
    }
}
