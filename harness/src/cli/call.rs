//! `call`: one operation of a daemon.

use std::error::Error as _;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};

use mock_xend::text_file;
use xend_client::{
    Arguments as Named, Client, Deadlines, Error as Failed, ErrorCode, Face, Fate, Operation, Release, Uri,
};
use xend_wire::operation::{self, ArgumentKind, Unit};
use xend_wire::sexpr::Document;

use super::answer;
use super::output::{print, print_json, runtime, say};
use super::parser::seconds;
use crate::Error;
use xend_wire::Diagnostic;

/// Ask a daemon to do one operation, and print what it gives.
///
/// A list is printed as lines or a table, a record as its fields, with --json all as JSON. On the Xen-API the password of
/// --user is taken from XEND_PASSWORD.
///
/// Exit status: 0 done, 1 the daemon refused, 2 usage, 4 not reached, 5 it was asked and the outcome is unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = operations())]
pub(super) struct Arguments {
    /// Where the daemon listens: FACE+tcp://HOST:PORT or FACE+unix:///PATH, where FACE is sxp, xmlrpc or xenapi.
    uri: Uri,
    /// What to do, such as domain.list.
    #[arg(value_parser = operation_named)]
    operation: Operation,
    /// Its arguments, such as domain=vm1; config=@FILE takes what the file holds.
    #[arg(value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(name_and_value))]
    arguments: Vec<(String, Vec<u8>)>,
    /// The daemon's release, or detect to find it by the description of its host.
    #[arg(long, value_name = "RELEASE", default_value_t = Which::Given(Release::default()))]
    release: Which,
    /// Who opens a session of the Xen-API.
    #[arg(long, default_value = "root")]
    user: String,
    /// How long all of it may take, in seconds: to find the host and connect, to find the release, to ask, and to end the
    /// session.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    timeout: Duration,
    /// Print JSON: a list of names as an array, a record as an object, an error as {"error": {...}}.
    #[arg(long)]
    json: bool,
}

/// Which release a daemon has.
#[derive(Clone, Copy, Debug)]
enum Which {
    Given(Release),
    Detect,
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "detect" => Ok(Self::Detect),
            text => text.parse().map(Self::Given).map_err(|error: xend_wire::UnknownRelease| error.to_string()),
        }
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(release) => release.fmt(f),
            Self::Detect => f.write_str("detect"),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    match runtime()?.block_on(ask(arguments)) {
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
            say(&match mistake(arguments, &error) {
                Some(mistake) => mistake.to_string(),
                None => format!("error: {error}\n"),
            });
            if error.code() == ErrorCode::CredentialsNotSet && error.fate() == Fate::Invalid {
                say("hint: the password of --user is taken from XEND_PASSWORD, which may be empty\n");
            }
            if let Some(face) = error.other_face() {
                let uri = Uri { face, ..arguments.uri.clone() };
                let or = if face == Face::XmlRpc && arguments.uri.face == Face::Sxp { ", or xenapi" } else { "" };
                say(&format!("hint: the {face} face answers like this{or}; try {uri}\n"));
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

/// The error with the place in the S-expression that it is about, if it is about one.
fn mistake(arguments: &Arguments, error: &Failed) -> Option<Diagnostic> {
    let span = error.source()?.downcast_ref::<xend_wire::Error>()?.span();
    let is_sexpr = |argument: &&operation::Argument| argument.kind == ArgumentKind::Sexpr;
    let name = arguments.operation.arguments().iter().find(is_sexpr)?.name;
    let (_, text) = arguments.arguments.iter().find(|(given, _)| given == name)?;
    // What is wrong with another argument has no place in this one.
    (span.end > 0).then(|| Diagnostic::new(name, text, span, format!("error: {error}")))
}

async fn ask(arguments: &Arguments) -> Result<Document<'static>, Failed> {
    let named: Named = arguments.arguments.iter().cloned().collect();
    let whole = arguments.timeout;
    let deadlines = Deadlines { first_byte: whole, whole, ..Deadlines::default() };
    let mut client = Client::new(arguments.uri.clone()).deadlines(deadlines).within(whole);
    if let Ok(password) = std::env::var("XEND_PASSWORD") {
        client = client.credentials(&arguments.user, password);
    }
    client = match arguments.release {
        Which::Given(release) => client.release(release),
        Which::Detect => client.detect().await?,
    };
    let answer = client.call(arguments.operation, &named).await;
    // A session that is left open stays open until the daemon ends. What was asked for is done, whatever becomes of it.
    drop(client.logout().await);
    answer
}

/// The table of operations, for --help.
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
        let names: Vec<_> = operation::ALL.iter().map(|operation| operation.name()).collect();
        format!("no such operation, expected one of {}", names.join(", "))
    })
}

/// An argument, whose value may be any bytes: so may the name of a domain.
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
