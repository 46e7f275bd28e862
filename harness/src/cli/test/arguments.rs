//! The arguments of the command `test`.

use std::ffi::OsString;

use super::super::progress::Watching;
use super::super::reports::Reports;
use super::for_command::ForCommand;
use super::for_server::ForServer;
use super::generating::Generating;
use super::run_as::RunAs;
use super::selecting::Selecting;

/// Test a subject: a command in any language, or a server
///
/// COMMAND is started once and answers one JSON object a line. It is asked all that it declares:
///
///   -> {"hello":{"protocol":1}}
///   <- {"hello":{"name":"my-parser","decodes":{"xmlrpc":["spec"]},"features":["nil"]}}
///   -> {"id":"xmlrpc/i4","codec":"xmlrpc","rules":"spec","input":"<base64>"}
///   <- {"id":"xmlrpc/i4","values":[{"response":{"int":"41"}}]}
///   or {"id":"xmlrpc/i4","reject":"why"} or {"id":"xmlrpc/i4","unsupported":"why"}
///
/// Each answer must be flushed. With --once, COMMAND is started for each case: it gets the document
/// on standard input, and XEND_CODEC and XEND_RULES in its environment, and answers one line without
/// "id".
///
/// A server is tested over all of its addresses by laws: rules about domains that every Xend obeys.
/// A change that is made over one address must show over the others. A server of plain XML-RPC, at
/// http://HOST:PORT/PATH, is asked for the methods of validator1 and an echo. Without COMMAND and
/// without an address the built-in codecs are tested.
///
/// Exit status: 0 all as expected, 1 the subject failed, 2 usage or configuration, or no case was
/// judged, 3 the harness itself failed or was interrupted.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    override_usage = "xend-harness test [OPTIONS] -- COMMAND...\n       xend-harness test [OPTIONS] URI..."
)]
pub(in crate::cli) struct Arguments {
    /// The addresses of the server: FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi; or
    /// http://HOST:PORT/PATH for one of plain XML-RPC.
    #[arg(value_name = "URI", conflicts_with = "command")]
    pub(super) addresses: Vec<String>,
    #[command(flatten)]
    pub(super) selecting: Selecting,
    #[command(flatten)]
    pub(super) subject: ForCommand,
    #[command(flatten)]
    pub(super) server: ForServer,
    #[command(flatten)]
    pub(super) generating: Generating,
    #[command(flatten)]
    pub(super) how: RunAs,
    #[command(flatten)]
    pub(super) watching: Watching,
    #[command(flatten)]
    pub(super) reports: Reports,
    /// The command to test, and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,
}
