//! The reader of `fixtures/failures`, which are TOML.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use xend_wire::Diagnostic;
use xend_wire::operation::{self, Face, Operation};

use super::failure::{Failure, Learns, Reply};
use super::statuses;
use crate::Error;
use crate::error::read_toml;
use crate::version::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    failure: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    rule: String,
    source: String,
    since: Spanned<String>,
    faces: Option<Vec<Spanned<String>>>,
    operations: Option<Vec<Spanned<String>>>,
    reply: Option<toml::Value>,
    faults: Option<toml::Value>,
    /// Whether the simulated host replies, over every transport, to a few operations.
    #[serde(default)]
    transport: bool,
    #[serde(default)]
    nobody: bool,
    deadline_ms: Option<u64>,
    learns: Spanned<String>,
    code: Option<Spanned<String>>,
}

/// The operations that meet every fault of a transport: two that read, and two that change something.
const FEW: [Operation; 4] = [operation::LIST, operation::INFO, operation::PAUSE, operation::DESTROY];

impl Failure {
    /// Returns the built-in failures, sorted by id.
    ///
    /// # Errors
    /// Returns an error if a file is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        let mut failures = statuses::built_in()?;
        for file in xend_fixtures::files("failures/").filter(|file| file.path != statuses::PATH) {
            failures.extend(Self::parse(&format!("fixtures/{}", file.path), file.bytes())?);
        }
        failures.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(failures)
    }

    /// Parses a file of failures, and returns each of its rows with each operation; `file` is the name that diagnostics
    /// show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first mistake in the file, with its place.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Self>, Diagnostic> {
        let parsed: File = read_toml(file, bytes, "a file of failures must be UTF-8")?;
        let mut failures = Vec::new();
        for (number, row) in parsed.failure.into_iter().enumerate() {
            failures.extend(row.failures(file, bytes, number)?);
        }
        Ok(failures)
    }
}

impl Row {
    fn failures(self, file: &str, bytes: &[u8], number: usize) -> Result<Vec<Failure>, Diagnostic> {
        let wrong = |at: &Spanned<String>, message: String| Diagnostic::new(file, bytes, at.span(), message);
        let since: Version =
            self.since.get_ref().parse().map_err(|error: Error| wrong(&self.since, error.to_string()))?;
        let learns: Learns =
            self.learns.get_ref().parse().map_err(|error: Error| wrong(&self.learns, error.to_string()))?;
        let code = self.code.as_ref().map(|code| {
            code.get_ref().parse().map_err(|error: xend_wire::failure::UnknownErrorCode| wrong(code, error.to_string()))
        });
        let code = code.transpose()?;
        let faces = self.faces.as_ref().map(|faces| {
            let parse = |face: &Spanned<String>| {
                let parsed = face.get_ref().parse::<Face>();
                parsed.map_err(|error| wrong(face, error.to_string()))
            };
            faces.iter().map(parse).collect::<Result<Vec<_>, _>>()
        });
        let faces = faces.transpose()?.unwrap_or_else(|| Face::ALL.to_vec());
        let operations = self.operations.as_ref().map(|names| {
            let find = |name: &Spanned<String>| {
                let found = operation::find(name.get_ref());
                found.ok_or_else(|| wrong(name, format!("there is no operation `{}`", name.get_ref())))
            };
            names.iter().map(find).collect::<Result<Vec<_>, _>>()
        });
        let all = || if self.transport || self.nobody { FEW.to_vec() } else { operation::ALL.to_vec() };
        let operations = operations.transpose()?.unwrap_or_else(all);
        let reply = match (self.nobody, self.reply) {
            (true, _) => Reply::Nobody,
            (false, reply) => {
                let reply = reply.unwrap_or_else(|| "simulate".into());
                let mut table = toml::Table::from_iter([("reply".to_owned(), reply)]);
                table.extend(self.faults.map(|faults| ("faults".to_owned(), faults)));
                Reply::Scripted(table)
            }
        };
        let one = |(at, operation): (usize, Operation)| Failure {
            id: format!("{}/{operation}", self.id),
            title: format!("{}: {operation}", self.title),
            rule: self.rule.clone(),
            source: self.source.clone(),
            since,
            operation,
            learns,
            code,
            faces: faces.clone(),
            reply: reply.clone(),
            every_scheme: self.transport || self.nobody,
            turn: number + at,
            deadline: self.deadline_ms.map_or(Failure::DEADLINE, Duration::from_millis),
        };
        Ok(operations.into_iter().enumerate().map(one).collect())
    }
}
