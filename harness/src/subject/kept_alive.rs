//! A command that is started once and answers line by line.

use std::ffi::OsString;
use std::time::Duration;

use super::process::{Broken, Process, Runner};
use super::{Answer, Bounds, Declaration, Fault, Question, Reply, Stumble, Subject, answer};
use crate::Error;

/// A command that speaks JSON lines. It is started anew after whatever goes wrong.
pub struct KeptAlive {
    command: Vec<OsString>,
    bounds: Bounds,
    /// Known once it has said hello.
    declaration: Declaration,
    runner: Runner,
    process: Option<Process>,
    /// The question that it answered last.
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
    /// A command with its arguments.
    ///
    /// # Errors
    /// The harness can't wait for commands.
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

    /// Ends the process, if there is one, and says what was wrong. `limit` is the time that it had.
    fn end(&mut self, why: Broken, limit: Duration) -> Result<Stumble, Error> {
        let process = self.process.take().expect("it runs");
        let (fault, stderr) = self.runner.run(process.end(why, limit, &self.bounds))?;
        Ok(Stumble { fault, stderr })
    }

    /// Ends the process because of what it said.
    fn stop(&mut self, fault: Fault) -> Result<Stumble, Error> {
        let process = self.process.take().expect("it runs");
        let stderr = self.runner.run(process.stop(&self.bounds))?;
        Ok(Stumble { fault, stderr })
    }

    fn converse(&mut self, line: &[u8], limit: Duration) -> Result<Result<Vec<u8>, Broken>, Error> {
        let process = self.process.as_mut().expect("it runs");
        process.forget_stderr();
        self.runner.run(process.converse(line, false, limit, &self.bounds))
    }

    /// What it says after the answer to a question.
    fn said_more(line: &[u8]) -> Fault {
        answer::invalid(line, "it said more after its answer")
    }
}

impl Subject for KeptAlive {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn start(&mut self) -> Result<Result<(), Stumble>, Error> {
        let is_first = self.declaration.rules.is_empty();
        let command = &self.command;
        match self.runner.run(async { Process::spawn(command, &[]) })? {
            Ok(process) => self.process = Some(process),
            Err(error) => return super::not_started(&self.command, &error, is_first).map(Err),
        }
        self.answered = None;
        let limit = self.bounds.deadline(None);
        let line = match self.converse(answer::HELLO, limit)? {
            Ok(line) => line,
            Err(why) => return self.end(why, limit).map(Err),
        };
        match Declaration::from_hello(&line) {
            Ok(declaration) if is_first => self.declaration = declaration,
            // What it said first holds for the whole run.
            Ok(_) => {}
            Err(fault) => return self.stop(fault).map(Err),
        }
        Ok(Ok(()))
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let mut late = None;
        let limit = self.bounds.deadline(question.deadline);
        loop {
            if self.process.is_none()
                && let Err(Stumble { fault, stderr }) = self.start()?
            {
                return Ok(Reply { answer: Err(fault), stderr, late });
            }
            let unasked = self.process.as_ref().map(Process::unasked).unwrap_or_default();
            if self.answered.is_some() && !unasked.is_empty() {
                let fault = Self::said_more(unasked);
                late = Some(self.stop(fault)?);
                continue;
            }
            let broken = match self.converse(&answer::question_line(question), limit)? {
                Ok(line) => match Answer::from_line(&line, question.rules.codec()) {
                    Ok((Some(id), answer)) if id == question.id => {
                        self.answered = Some(id);
                        let stderr = self.process.as_ref().map(Process::stderr).unwrap_or_default();
                        return Ok(Reply { answer: Ok(answer), stderr, late });
                    }
                    // The second answer to the question before may come at any time. Whenever it comes, it is that
                    // question's, and this one is asked again.
                    Ok((id, _)) if id.is_some() && id == self.answered => {
                        late = Some(self.stop(Self::said_more(&line))?);
                        continue;
                    }
                    Ok((Some(_), _)) => self.stop(answer::invalid(&line, "it answers another question"))?,
                    Ok((None, _)) => self.stop(answer::invalid(&line, "an answer without its id"))?,
                    Err(fault) => self.stop(fault)?,
                },
                Err(why) => self.end(why, limit)?,
            };
            return Ok(Reply { answer: Err(broken.fault), stderr: broken.stderr, late });
        }
    }

    fn finish(&mut self) -> Option<Stumble> {
        let mut process = self.process.take()?;
        let limit = self.bounds.deadline(None).min(super::FAREWELL);
        // One that does not end when its input does is no worse a parser.
        let said = self.runner.run(process.rest(limit, &self.bounds)).ok()?.unwrap_or_default();
        let stderr = process.stderr();
        (!said.is_empty()).then(|| Stumble { fault: Self::said_more(&said), stderr })
    }
}
