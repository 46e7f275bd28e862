//! A subject that is a command which is started for each case.

use std::ffi::OsString;
use std::path::Path;

use super::process::{Process, Runner};
use super::{Answer, Ask, Bounds, Declaration, Fault, Question, Reply, Subject};
use crate::feature::Feature;
use crate::{Error, Rules};

/// A subject that is a command which gets one document and gives one answer. The [module](super) describes both.
///
/// The command declares nothing. It is asked all cases by the rules that the user names, and may answer `unsupported`.
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
    /// Makes a subject from a command with its arguments and the rules by which it reads, without starting it.
    ///
    /// # Errors
    /// Returns [`Error::Harness`] if the harness can't set up a runtime or its signal handlers.
    pub fn new(command: &[OsString], rules: Vec<Rules>, bounds: Bounds) -> Result<Self, Error> {
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
        let features = Feature::ALL.iter().filter(|feature| !feature.is_a_lack()).copied();
        let declaration = Declaration {
            name: program.to_string_lossy().into_owned(),
            decodes: rules,
            features: features.collect(),
            ..Declaration::default()
        };
        Ok(Self { command: command.to_vec(), bounds, declaration, runner: Runner::new()?, has_run: false })
    }
}

impl Subject for Once {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let Self { command, bounds, runner, .. } = self;
        let Ask::Read { rules, input } = question.ask;
        let codec = rules.codec();
        let environment = [("XEND_CODEC", codec.name().to_owned()), ("XEND_RULES", rules.to_string())];
        let mut process = match runner.run(async { Process::spawn(command, &environment) })? {
            Ok(process) => process,
            Err(error) => {
                let report = super::not_started(command, &error, !self.has_run)?;
                return Ok(Reply { answer: Err(report.fault), stderr: report.stderr, previous_fault: None });
            }
        };
        self.has_run = true;
        let limit = bounds.deadline(question.deadline);
        runner.run(async {
            let said = match process.send_and_read_line(input, true, limit, bounds).await {
                Ok(line) => process.rest(limit, bounds).await.map(|rest| (line, rest)),
                Err(why) => Err(why),
            };
            let (answer, stderr) = match said {
                Ok((line, rest)) if rest.trim_ascii().is_empty() => match process.crash(bounds).await {
                    None => (Answer::from_line(&line, codec).map(|(_, answer)| answer), process.stderr()),
                    Some(crash) => (Err(crash), process.stderr()),
                },
                Ok((_, rest)) => {
                    let fault = Fault::invalid(&rest, "the subject wrote more after its answer");
                    (Err(fault), process.stderr())
                }
                Err(why) => {
                    let (fault, stderr) = process.end(why, limit, bounds).await;
                    (Err(fault), stderr)
                }
            };
            Reply { answer, stderr, previous_fault: None }
        })
    }
}
