//! A subject that is a command which is started for each case.

use std::ffi::OsString;
use std::path::Path;

use super::process::{Process, Runner};
use super::{Answer, Ask, Bounds, Declaration, Fault, FaultReport, Question, Reply, Subject, answer};
use crate::feature::Feature;
use crate::{Error, Rules};

/// A subject that is a command which gets one question and gives one answer. The [module](super) describes both.
///
/// What the command can do is told by the user, or by the command itself when it is started with `--hello`.
pub struct Once {
    command: Vec<OsString>,
    bounds: Bounds,
    declaration: Declaration,
    /// Whether the command is asked for its declaration.
    is_asked: bool,
    runner: Runner,
    has_run: bool,
}

/// The source of the declaration of a command that is started for each case.
#[derive(Clone, Debug, PartialEq)]
pub enum Declared {
    /// The rules by which the command reads documents, which is all that it is asked. It may answer `unsupported`.
    Rules(Vec<Rules>),
    /// This declaration, which the user gave.
    As(Box<Declaration>),
    /// The command itself: it is started once with `--hello` after its arguments, and writes its hello as one line.
    Asked,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").field("command", &self.command).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl Once {
    /// Makes a subject from a command with its arguments and what it can do, without starting it.
    ///
    /// # Errors
    /// Returns [`Error::Harness`] if the harness can't set up a runtime or its signal handlers.
    pub fn new(command: &[OsString], declared: Declared, bounds: Bounds) -> Result<Self, Error> {
        let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
        let features = Feature::ALL.iter().filter(|feature| !feature.is_limitation()).copied();
        let is_asked = declared == Declared::Asked;
        let declaration = match declared {
            Declared::Rules(rules) => Declaration {
                name: program.to_string_lossy().into_owned(),
                decodes: rules,
                features: features.collect(),
                ..Declaration::default()
            },
            Declared::As(declaration) => *declaration,
            Declared::Asked => Declaration::default(),
        };
        Ok(Self { command: command.to_vec(), bounds, declaration, is_asked, runner: Runner::new()?, has_run: false })
    }
}

impl Subject for Once {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn start(&mut self) -> Result<Result<(), FaultReport>, Error> {
        if !self.is_asked {
            return Ok(Ok(()));
        }
        let Self { command, bounds, runner, .. } = self;
        let asking: Vec<_> = command.iter().cloned().chain(["--hello".into()]).collect();
        let mut process = match runner.run(async { Process::spawn(&asking, &[]) })? {
            Ok(process) => process,
            Err(error) => return super::not_started(command, &error, true).map(Err),
        };
        let limit = bounds.deadline(None);
        let said = runner.run(async {
            match process.send_and_read_line(b"", true, limit, bounds).await {
                Ok(line) => Ok((line, process.stderr())),
                Err(why) => Err(process.end(why, limit, bounds).await),
            }
        })?;
        let (line, stderr) = match said {
            Ok(said) => said,
            Err((fault, stderr)) => return Ok(Err(FaultReport { fault, stderr })),
        };
        Ok(match Declaration::from_hello(&line) {
            Ok(declaration) => {
                self.declaration = declaration;
                Ok(())
            }
            Err(fault) => Err(FaultReport { fault, stderr }),
        })
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let Self { command, bounds, runner, .. } = self;
        let (asked, input) = answer::given_once(&question.ask);
        let mut environment = vec![("XEND_ASK", asked.to_owned())];
        if let Ask::Read { rules, .. } | Ask::Write { rules, .. } = question.ask {
            environment.extend([("XEND_CODEC", rules.codec().name().to_owned()), ("XEND_RULES", rules.to_string())]);
        }
        let mut process = match runner.run(async { Process::spawn(command, &environment) })? {
            Ok(process) => process,
            Err(error) => {
                let report = super::not_started(command, &error, !self.has_run)?;
                return Ok(Reply { answer: Err(report.fault), stderr: report.stderr, previous_fault: None });
            }
        };
        self.has_run = true;
        let limit = bounds.deadline(question.limit());
        runner.run(async {
            let said = match process.send_and_read_line(&input, true, limit, bounds).await {
                Ok(line) => process.rest(limit, bounds).await.map(|rest| (line, rest)),
                Err(why) => Err(why),
            };
            let (answer, stderr) = match said {
                Ok((line, rest)) if rest.trim_ascii().is_empty() => match process.crash(bounds).await {
                    None => (Answer::to(&question.ask, &line).map(|(_, answer)| answer), process.stderr()),
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
