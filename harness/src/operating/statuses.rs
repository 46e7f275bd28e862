//! Failures made of a status and a body, with what must be learned by the table `reply-outcomes.tsv`.

use serde::Deserialize;
use xend_wire::operation::{self, Face};

use super::failure::{Failure, Learns, Reply};
use crate::Error;
use crate::error::toml_mistake;

/// The file of the statuses and bodies.
pub(super) const PATH: &str = "failures/statuses.toml";
/// The table of what may be learned.
const OUTCOMES: &str = "tables/reply-outcomes.tsv";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Statuses {
    id: String,
    since: String,
    rule: String,
    statuses: Vec<u16>,
    bodies: Vec<String>,
    document: Vec<Document>,
}

/// What an operation gives on each face if it is done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    operation: String,
    gives: String,
    sxp: String,
    xmlrpc: String,
    xenapi: String,
}

/// A row of the table of outcomes. `*` matches anything.
struct Outcome<'t> {
    faces: &'t str,
    statuses: &'t str,
    body: &'t str,
    gives: &'t str,
    learns: Learns,
    source: &'t str,
}

impl Outcome<'_> {
    fn matches(&self, face: Face, status: u16, body: &str, gives: &str) -> bool {
        let is_any = |column: &str| column == "*";
        let holds = |range: &str| {
            let (first, last) = range.split_once("..").unwrap_or((range, range));
            let number = |text: &str| text.parse::<u16>().ok();
            number(first) <= Some(status) && Some(status) <= number(last)
        };
        (is_any(self.faces) || self.faces.split('|').any(|name| name == face.as_str()))
            && (is_any(self.statuses) || self.statuses.split('|').any(holds))
            && (is_any(self.body) || self.body == body)
            && (is_any(self.gives) || self.gives == gives)
    }
}

fn outcomes(text: &str) -> Result<Vec<Outcome<'_>>, Error> {
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line| {
        let columns: Vec<_> = str::split(line, '\t').collect();
        let &[faces, statuses, body, gives, learns, source] = &columns[..] else {
            return Err(Error::Harness(format!("{OUTCOMES}: expected six columns: {line}")));
        };
        Ok(Outcome { faces, statuses, body, gives, learns: learns.parse()?, source })
    };
    rows.map(read).collect()
}

/// Returns each operation with each status, body and face.
pub(super) fn built_in() -> Result<Vec<Failure>, Error> {
    let statuses: Statuses = table(PATH)?;
    let outcomes = outcomes(text(OUTCOMES)?)?;
    let mut failures = Vec::new();
    for document in &statuses.document {
        let operation = operation::find(&document.operation)
            .ok_or_else(|| Error::Harness(format!("{PATH}: there is no operation `{}`", document.operation)))?;
        for (turn, &status) in statuses.statuses.iter().enumerate() {
            for kind in &statuses.bodies {
                for face in Face::ALL {
                    let is_it = |row: &&Outcome<'_>| row.matches(face, status, kind, &document.gives);
                    let outcome = outcomes
                        .iter()
                        .find(is_it)
                        .ok_or_else(|| Error::Harness(format!("{OUTCOMES}: no row for {face} {status} {kind}")))?;
                    let body = document.body(face, kind);
                    let reply = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    let raw = toml::Table::from_iter([("raw".to_owned(), reply.into())]);
                    let reply = toml::Table::from_iter([("reply".to_owned(), raw.into())]);
                    failures.push(Failure {
                        id: format!("{}-{status}-{kind}-{face}/{operation}", statuses.id),
                        title: format!("Status {status} with {}: {operation}", named(kind)),
                        rule: statuses.rule.clone(),
                        source: outcome.source.to_owned(),
                        since: statuses.since.parse()?,
                        operation,
                        learns: outcome.learns,
                        code: None,
                        faces: vec![face],
                        reply: Reply::Scripted(reply),
                        every_scheme: false,
                        turn,
                        deadline: Failure::DEADLINE,
                    });
                }
            }
        }
    }
    Ok(failures)
}

fn named(kind: &str) -> &'static str {
    match kind {
        "document" => "what the operation gives",
        "fault" => "a failure",
        "html" => "a page of HTML",
        _ => "an empty body",
    }
}

impl Document {
    fn body(&self, face: Face, kind: &str) -> String {
        let response = |value: &str| {
            format!(
                "<?xml version='1.0'?>\n<methodResponse><params><param><value>{value}</value></param></params></methodResponse>\n"
            )
        };
        match (kind, face) {
            ("html", _) => "<html><head><title>Sign in</title></head><body><h1>Welcome</h1></body></html>".to_owned(),
            ("document", Face::Sxp) => self.sxp.clone(),
            ("document", Face::XmlRpc) => response(&self.xmlrpc),
            ("document", Face::XenApi) => {
                let value = &self.xenapi;
                response(&format!(
                    "<struct><member><name>Status</name><value>Success</value></member><member><name>Value</name>\
                     <value>{value}</value></member></struct>"
                ))
            }
            ("fault", Face::Sxp) => "(xend.err 'no')".to_owned(),
            ("fault", _) => {
                "<?xml version='1.0'?>\n<methodResponse><fault><value><struct><member><name>faultCode</name>\
                <value><int>1</int></value></member><member><name>faultString</name><value>no</value></member></struct>\
                </value></fault></methodResponse>\n"
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}

/// Reads a TOML file of the fixtures.
fn table<T: serde::de::DeserializeOwned>(path: &str) -> Result<T, Error> {
    let text = text(path)?;
    toml::from_str(text).map_err(|error| toml_mistake(path, text, &error).into())
}

/// Returns the text of a file of the fixtures.
fn text(path: &str) -> Result<&'static str, Error> {
    let file = xend_fixtures::file(path).ok_or_else(|| Error::Harness(format!("there is no {path}")))?;
    str::from_utf8(file.bytes()).map_err(|error| Error::Harness(format!("{path}: {error}")))
}
