//! The command `call`, which asks a daemon to do one operation.

use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};

use mock_xend::nearest::nearest;
use mock_xend::text_file;
use xend_client::{
    Arguments as Named, Client, Deadlines, Error as Failed, ErrorCode, Face, Fate, Operation, Release, Uri,
};
use xend_wire::operation::{self, ArgumentKind, Unit};
use xend_wire::sexpr::Document;

use super::answer;
use super::output::{print, print_error_text, print_json, runtime};
use super::test::seconds;
use crate::Error;
use xend_wire::Diagnostic;

/// Ask a daemon to do one operation, and print the result.
///
/// A list is printed as lines or a table, and a record as its fields. With --json every result is printed as JSON. On
/// the Xen-API the password of --user is taken from XEND_PASSWORD.
///
/// Exit status: 0 done, 1 the daemon refused, 2 usage, 4 the daemon was not reached, 5 the request was sent and its
/// outcome is unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = operations())]
pub(super) struct Arguments {
    /// Where the daemon listens: FACE+tcp://HOST:PORT, FACE+tls://HOST:PORT or FACE+unix:///PATH, where FACE is sxp,
    /// xmlrpc or xenapi.
    uri: Uri,
    /// The operation, such as domain.list.
    #[arg(value_parser = operation_named)]
    operation: Operation,
    /// The operation's arguments, such as domain=vm1; config=@FILE reads the value from a file.
    #[arg(value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(name_and_value))]
    arguments: Vec<(String, Vec<u8>)>,
    /// The release of the daemon, or detect to find it from the daemon's description of its host.
    #[arg(long, value_name = "RELEASE", default_value_t = ReleaseChoice::Given(Release::default()))]
    release: ReleaseChoice,
    /// The user for a session of the Xen-API.
    #[arg(long, default_value = "root")]
    user: String,
    /// Trust daemons with TLS whose certificate one of those in this PEM file has issued, instead of the system's.
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE")]
    ca: Option<std::path::PathBuf>,
    /// How long the command may take, in seconds, to connect, detect the release, do the operation and end the session.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    timeout: Duration,
    /// Print JSON: a list of names as an array, a record as an object, an error as {"error": {...}}.
    #[arg(long)]
    json: bool,
}

/// The release of a daemon, as the user gives it.
#[derive(Clone, Copy, Debug)]
enum ReleaseChoice {
    Given(Release),
    Detect,
}

impl std::str::FromStr for ReleaseChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "detect" => Ok(Self::Detect),
            text => text.parse().map(Self::Given).map_err(|error: xend_wire::UnknownRelease| error.to_string()),
        }
    }
}

impl std::fmt::Display for ReleaseChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(release) => release.fmt(f),
            Self::Detect => f.write_str("detect"),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let client = client(arguments)?;
    match runtime()?.block_on(ask(arguments, client)) {
        Ok(document) => {
            let answer = arguments.operation.answer();
            match arguments.json {
                true => print_json(&answer::json(&document, answer))?,
                false => print(&answer::text(&document, answer))?,
            }
            Ok(0)
        }
        Err(error) => {
            if arguments.json {
                print_json(&answer::json_error(&error))?;
            }
            print_error_text(&match mistake(arguments, &error) {
                Some(mistake) => mistake.to_string(),
                // A line of the daemon's text must not look like one of ours.
                None => format!("error: {}\n", error.to_string().replace('\n', "\n  ")),
            });
            if error.code() == ErrorCode::CredentialsNotSet && error.fate() == Fate::Invalid {
                print_error_text("hint: the password of --user is taken from XEND_PASSWORD, which may be empty\n");
            }
            if let Some(hint) = hint(arguments, &error) {
                print_error_text(&format!("hint: {hint}\n"));
            }
            Ok(match error.fate() {
                Fate::Refused => 1,
                Fate::Invalid => 2,
                Fate::NotSent => 4,
                Fate::Sent | Fate::Unknown => 5,
            })
        }
    }
}

/// Returns what to do about an error that another face or another release explains.
fn hint(arguments: &Arguments, error: &Failed) -> Option<String> {
    let at = |face: Face| Uri { face, ..arguments.uri.clone() };
    match (error.other_face(), arguments.uri.face) {
        (Some(Face::XmlRpc), Face::Sxp) => {
            return Some(format!(
                "the faces xmlrpc and xenapi answer like this; try {}, or {} with the password in XEND_PASSWORD",
                at(Face::XmlRpc),
                at(Face::XenApi)
            ));
        }
        (Some(Face::XenApi), _) => {
            return Some(format!(
                "the xenapi face answers like this; try {} with the password in XEND_PASSWORD, which may be empty",
                at(Face::XenApi)
            ));
        }
        (Some(face), _) => return Some(format!("the {face} face answers like this; try {}", at(face))),
        (None, _) => {}
    }
    let ReleaseChoice::Given(release) = arguments.release else { return None };
    let is_unreadable = error.code() == ErrorCode::CommunicationNotEstablished && error.fate() == Fate::Unknown;
    let is_refused = error.fate() == Fate::Refused
        && match error.code() {
            ErrorCode::InvalidParmNum => true,
            // An operation that every release has is refused for another reason.
            ErrorCode::VmmCmdFormatError => {
                !Release::ALL.iter().all(|release| arguments.operation.is_supported(arguments.uri.face, *release))
            }
            _ => false,
        };
    (is_unreadable || is_refused || error.unsupported().is_some())
        .then(|| format!("{release} was assumed; if the daemon is of another release, try --release detect"))
}

/// Returns the error with its place in an argument that is an S-expression, if it is about a place in one.
fn mistake(arguments: &Arguments, error: &Failed) -> Option<Diagnostic> {
    let span = error.source()?.downcast_ref::<xend_wire::Error>()?.span();
    let is_sexpr = |argument: &&operation::Argument| argument.kind == ArgumentKind::Sexpr;
    let name = arguments.operation.arguments().iter().find(is_sexpr)?.name;
    let (_, text) = arguments.arguments.iter().find(|(given, _)| given == name)?;
    // An error about another argument has no place in this one.
    (span.end > 0).then(|| Diagnostic::new(name, text, span, format!("error: {error}")))
}

/// Returns a client of the daemon, which is as yet not connected.
fn client(arguments: &Arguments) -> Result<Client, Error> {
    let client = Client::new(arguments.uri.clone());
    #[cfg(feature = "tls")]
    if let Some(path) = &arguments.ca {
        let tls = xend_client::Tls::trusting_file(path).map_err(|error| Error::Usage(format!("--ca {error}")))?;
        return Ok(client.tls(tls));
    }
    Ok(client)
}

async fn ask(arguments: &Arguments, client: Client) -> Result<Document<'static>, Failed> {
    let named: Named = arguments.arguments.iter().cloned().collect();
    let whole = arguments.timeout;
    let deadlines = Deadlines { first_byte: whole, whole, ..Deadlines::default() };
    let mut client = client.deadlines(deadlines).within(whole);
    if let Ok(password) = std::env::var("XEND_PASSWORD") {
        client = client.credentials(&arguments.user, password);
    }
    let of_release = match arguments.release {
        ReleaseChoice::Given(release) => Ok(client.clone().release(release)),
        ReleaseChoice::Detect => client.clone().detect().await,
    };
    let answer = match of_release {
        Ok(client) => client.call(arguments.operation, &named).await,
        Err(error) => Err(error),
    };
    // A session that is not ended stays open until the daemon ends, and both clients share one. A failure to end it
    // changes nothing about the operation.
    drop(client.logout().await);
    answer
}

/// Returns the table of operations for --help.
fn operations() -> String {
    let mut text = "Operations:\n".to_owned();
    for operation in operation::ALL {
        let arguments = operation.arguments().iter().map(|argument| {
            let value = match argument.kind {
                ArgumentKind::Domain => "DOMAIN",
                ArgumentKind::Text => "TEXT",
                ArgumentKind::Path => "PATH",
                ArgumentKind::Sexpr => "SXP",
                ArgumentKind::Integer(Unit::One) => "N",
                ArgumentKind::Integer(Unit::MiB) => "MIB",
                ArgumentKind::Integer(Unit::Nanoseconds) => "NANOSECONDS",
                ArgumentKind::Flag => "0|1",
                ArgumentKind::Key => "KEY",
                ArgumentKind::Cpus => "N,N...",
            };
            let argument_text = format!("{}={value}", argument.name);
            if argument.is_required { argument_text } else { format!("[{argument_text}]") }
        });
        let words: Vec<_> = std::iter::once(operation.name().to_owned()).chain(arguments).collect();
        writeln!(text, "  {}\n          {}", words.join(" "), operation.summary()).expect("a string takes all");
    }
    text
}

fn operation_named(name: &str) -> Result<Operation, String> {
    operation::find(name).ok_or_else(|| {
        let known = operation::ALL.iter().map(|operation| operation.name());
        match nearest(name, known) {
            Some(near) => format!("no such operation, did you mean `{near}`?"),
            None => "no such operation; `xend-harness call --help` lists all".to_owned(),
        }
    })
}

/// Parses an argument. Its value may be any bytes, because the name of a domain may be.
fn name_and_value(argument: OsString) -> Result<(String, Vec<u8>), String> {
    let mut pieces = argument.as_bytes().splitn(2, |&byte| byte == b'=');
    let (Some(name), Some(value)) = (pieces.next().and_then(|name| str::from_utf8(name).ok()), pieces.next()) else {
        return Err("expected NAME=VALUE, such as domain=vm1".to_owned());
    };
    let value = match value.strip_prefix(b"@") {
        Some(path) => {
            let path = Path::new(OsStr::from_bytes(path));
            text_file::bytes(path).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => value.to_vec(),
    };
    Ok((name.to_owned(), value))
}
