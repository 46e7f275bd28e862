//! A subject that is a command which is started once and answers line by line.

use std::ffi::OsString;
use std::time::Duration;

use super::process::{ConversationError, Process, Runner};
use super::{Answer, Bounds, Declaration, Fault, FaultReport, Question, Reply, Subject, answer};
use crate::Error;

/// A subject that is a command which answers one JSON object a line. The [module](super) describes the lines.
///
/// The command is started once. It is started again for the next question after it has crashed, hung or given an
/// invalid answer.
pub struct KeptAlive {
    command: Vec<OsString>,
    bounds: Bounds,
    /// What the command declared in its first hello; empty before.
    declaration: Declaration,
    runner: Runner,
    process: Option<Process>,
    /// The id of the question that the running process answered last.
    answered: Option<String>,
}

impl std::fmt::Debug for KeptAlive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAlive")
            .field("command", &self.command)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

impl KeptAlive {
    /// Makes a subject from a command and its arguments, without starting it.
    ///
    /// # Errors
    /// Returns [`Error::Harness`] if the harness can't set up a runtime or its signal handlers.
    pub fn new(command: &[OsString], bounds: Bounds) -> Result<Self, Error> {
        Ok(Self {
            command: command.to_vec(),
            bounds,
            declaration: Declaration::default(),
            runner: Runner::new()?,
            process: None,
            answered: None,
        })
    }

    /// Ends the process after a failed conversation, and returns what was wrong. `limit` is the time that the process
    /// had.
    fn end(&mut self, why: ConversationError, limit: Duration) -> Result<FaultReport, Error> {
        let process = self.process.take().expect("it runs");
        let (fault, stderr) = self.runner.run(process.end(why, limit, &self.bounds))?;
        Ok(FaultReport { fault, stderr })
    }

    /// Ends the process because of an invalid answer.
    fn stop(&mut self, fault: Fault) -> Result<FaultReport, Error> {
        let process = self.process.take().expect("it runs");
        let stderr = self.runner.run(process.stop(&self.bounds))?;
        Ok(FaultReport { fault, stderr })
    }

    /// Sends a line to the process, and reads its answer within `limit`.
    fn send_and_read_line(
        &mut self,
        line: &[u8],
        limit: Duration,
    ) -> Result<Result<Vec<u8>, ConversationError>, Error> {
        let process = self.process.as_mut().expect("it runs");
        process.forget_stderr();
        self.runner.run(process.send_and_read_line(line, false, limit, &self.bounds))
    }

    /// Makes the fault for a line that the process wrote after its answer.
    fn extra_output(line: &[u8]) -> Fault {
        Fault::invalid(line, "the subject wrote more after its answer")
    }
}

impl Subject for KeptAlive {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn start(&mut self) -> Result<Result<(), FaultReport>, Error> {
        let is_first = self.declaration == Declaration::default();
        let command = &self.command;
        match self.runner.run(async { Process::spawn(command, &[]) })? {
            Ok(process) => self.process = Some(process),
            Err(error) => return super::not_started(&self.command, &error, is_first).map(Err),
        }
        self.answered = None;
        let limit = self.bounds.deadline(None);
        let line = match self.send_and_read_line(answer::HELLO, limit)? {
            Ok(line) => line,
            Err(why) => return self.end(why, limit).map(Err),
        };
        match Declaration::from_hello(&line) {
            Ok(declaration) if is_first => self.declaration = declaration,
            // The first declaration holds for the whole run, even if the command is started again.
            Ok(_) => {}
            Err(fault) => return self.stop(fault).map(Err),
        }
        Ok(Ok(()))
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let mut previous_fault = None;
        let limit = self.bounds.deadline(question.limit());
        loop {
            if self.process.is_none()
                && let Err(FaultReport { fault, stderr }) = self.start()?
            {
                return Ok(Reply { answer: Err(fault), stderr, previous_fault });
            }
            let unread_output = self.process.as_ref().map(Process::unread_output).unwrap_or_default();
            if self.answered.is_some() && !unread_output.is_empty() {
                let fault = Self::extra_output(unread_output);
                previous_fault = Some(self.stop(fault)?);
                continue;
            }
            let report = match self.send_and_read_line(&answer::question_line(question), limit)? {
                Ok(line) => match Answer::to(&question.ask, &line) {
                    Ok((Some(id), answer)) if id == question.id => {
                        self.answered = Some(id);
                        let stderr = self.process.as_ref().map(Process::stderr).unwrap_or_default();
                        return Ok(Reply { answer: Ok(answer), stderr, previous_fault });
                    }
                    // A second answer to the previous question may come at any time. The fault belongs to that
                    // question, and the present question is asked again.
                    Ok((id, _)) if id.is_some() && id == self.answered => {
                        previous_fault = Some(self.stop(Self::extra_output(&line))?);
                        continue;
                    }
                    Ok((Some(_), _)) => {
                        self.stop(Fault::invalid(&line, "the answer has the id of another question"))?
                    }
                    Ok((None, _)) => self.stop(Fault::invalid(&line, "the answer has no id"))?,
                    Err(fault) => self.stop(fault)?,
                },
                Err(why) => self.end(why, limit)?,
            };
            return Ok(Reply { answer: Err(report.fault), stderr: report.stderr, previous_fault });
        }
    }

    fn finish(&mut self) -> Option<FaultReport> {
        let mut process = self.process.take()?;
        let limit = self.bounds.deadline(None).min(super::EXIT_TIMEOUT);
        // A command that does not end when its input does is no worse as a parser, so its time-out is ignored.
        let said = self.runner.run(process.rest(limit, &self.bounds)).ok()?.unwrap_or_default();
        let stderr = process.stderr();
        (!said.is_empty()).then(|| FaultReport { fault: Self::extra_output(&said), stderr })
    }
}
