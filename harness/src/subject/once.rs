//! A command that is started for each case.

use std::ffi::OsString;
use std::path::Path;

use super::process::{Process, Runner};
use super::{Answer, Bounds, Declaration, Fault, Question, Reply, Subject, answer};
use crate::feature::Feature;
use crate::{Error, Rules};

/// A command that gets one document and gives one answer.
///
/// It declares nothing: it is asked everything by the rules that the user names, and answers `unsupported` to what it
/// can't do.
pub struct Once {
    command: Vec<OsString>,
    bounds: Bounds,
    declaration: Declaration,
    runner: Runner,
    has_run: bool,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("command", &self.command).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl Once {
    /// A command with its arguments, and the rules by which it reads.
    ///
    /// # Errors
    /// The harness can't wait for commands.
    pub fn new(command: &[OsString], rules: Vec<Rules>, bounds: Bounds) -> Result<Self, Error> {
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
        let features = Feature::ALL.iter().filter(|feature| **feature != Feature::DatetimeTyped).copied();
        let declaration =
            Declaration { name: program.to_string_lossy().into_owned(), rules, features: features.collect() };
        Ok(Self { command: command.to_vec(), bounds, declaration, runner: Runner::new()?, has_run: false })
    }
}

impl Subject for Once {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let Self { command, bounds, runner, .. } = self;
        let codec = question.rules.codec();
        let environment = [("XEND_CODEC", codec.name().to_owned()), ("XEND_RULES", question.rules.to_string())];
        let mut process = match runner.run(async { Process::spawn(command, &environment) })? {
            Ok(process) => process,
            Err(error) => {
                let stumble = super::not_started(command, &error, !self.has_run)?;
                return Ok(Reply { answer: Err(stumble.fault), stderr: stumble.stderr, late: None });
            }
        };
        self.has_run = true;
        let limit = bounds.deadline(question.deadline);
        runner.run(async {
            let said = match process.converse(question.input, true, limit, bounds).await {
                Ok(line) => process.rest(limit, bounds).await.map(|rest| (line, rest)),
                Err(why) => Err(why),
            };
            let (answer, stderr) = match said {
                Ok((line, rest)) if rest.trim_ascii().is_empty() => match process.crash(bounds).await {
                    None => (Answer::from_line(&line, codec).map(|(_, answer)| answer), process.stderr()),
                    Some(crash) => (Err(crash), process.stderr()),
                },
                Ok((_, rest)) => {
                    let fault: Fault = answer::invalid(&rest, "it said more after its answer");
                    (Err(fault), process.stderr())
                }
                Err(why) => {
                    let (fault, stderr) = process.end(why, limit, bounds).await;
                    (Err(fault), stderr)
                }
            };
            Reply { answer, stderr, late: None }
        })
    }
}
