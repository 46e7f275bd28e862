//! A first look at a command: does it speak the protocol at all, and which mistake is likely if it does not?

mod others;

use std::ffi::OsString;

use crate::subject::answer::{HELLO, question_line};
use crate::subject::process::{ConversationError, Process, Runner};
use crate::subject::process_tree::Breach;
use crate::subject::{Answer, Ask, Bounds, Declaration, Declared, Fault, Once, Question, Subject, not_started};
use crate::suite::Suite;
use crate::tagged::{Equality, Tagged};
use crate::{Codec, Error, Rules};

/// One check of a smoke test, with what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, and the result, as a phrase.
    pub what: String,
    /// The likely mistake of the subject, if the check failed.
    pub mistake: Option<String>,
    /// The end of what the command wrote to standard error, if the check failed.
    pub stderr: String,
}

impl Check {
    fn right(what: impl Into<String>) -> Self {
        Self { what: what.into(), mistake: None, stderr: String::new() }
    }

    fn wrong(what: impl Into<String>, likely: impl Into<String>) -> Self {
        Self { what: what.into(), mistake: Some(likely.into()), stderr: String::new() }
    }
}

/// A document that any reader reads, with what it means, and one that any reader refuses.
struct Sample {
    good: &'static [u8],
    means: &'static str,
    bad: &'static [u8],
}

fn sample(codec: Codec) -> Sample {
    match codec {
        Codec::Sexpr => Sample { good: b"(a b)", means: r#"[{"list":[{"atom":"a"},{"atom":"b"}]}]"#, bad: b"(a" },
        Codec::Xmlrpc => Sample {
            good: b"<?xml version=\"1.0\"?><methodResponse><params><param><value><int>41</int></value></param></params></methodResponse>",
            means: r#"[{"response":{"int":"41"}}]"#,
            bad: b"<?xml version=\"1.0\"?><methodResponse><params><param><value><int>41</int>",
        },
    }
}

/// Where the forms of answers are told.
const FORMS: &str = "`xend-harness test --help` and docs/subjects.md show the forms of answers";
const NOT_AN_ANSWER: &str = "standard output is for answers alone; whatever else is printed goes to standard error";

/// Looks at a command that is kept alive: its hello, an answer to one harmless question of each kind that it declares
/// (documents, values, a call, a list of domains), and whether it flushes, keeps alive and gives one line for each
/// question. Ends at the first mistake.
///
/// # Errors
/// Returns [`Error::Usage`] if the command can't be started, and [`Error::Interrupted`] if a signal asks the harness to
/// end.
pub fn smoke(command: &[OsString], bounds: Bounds) -> Result<Vec<Check>, Error> {
    let mut runner = Runner::new()?;
    let process = match runner.run(async { Process::spawn(command, &[]) })? {
        Ok(process) => process,
        Err(error) => {
            not_started(command, &error, true)?;
            return Ok(Vec::new());
        }
    };
    let mut talk = Talk { runner, process: Some(process), bounds, checks: vec![Check::right("it starts")] };
    if let Some(declaration) = talk.hello()? {
        talk.questions(&declaration)?;
    }
    Ok(talk.checks)
}

/// Looks at a command that is started for each case: its answers to a document of each codec, or of the one that is
/// given. Ends at the first mistake.
///
/// # Errors
/// As for [`smoke`].
pub fn smoke_once(command: &[OsString], codec: Option<Codec>, bounds: Bounds) -> Result<Vec<Check>, Error> {
    let codecs = codec.map_or(Codec::ALL.to_vec(), |codec| vec![codec]);
    let rules: Vec<_> = codecs.into_iter().map(Codec::default_rules).collect();
    let mut subject = Once::new(command, Declared::Rules(rules.clone()), bounds)?;
    let mut looks = Vec::new();
    for rules in rules {
        looks.push(look(&mut subject, rules)?);
    }
    // A command that can read one codec alone does nothing wrong, but it must be told or must say so.
    if let [one, other] = &mut looks[..] {
        one.is_of_one_codec(other);
        other.is_of_one_codec(one);
    }
    let has_read = looks.iter().any(|look| look.has_read);
    let mut checks = Vec::new();
    for check in looks.into_iter().flat_map(|look| look.checks) {
        let is_wrong = check.mistake.is_some();
        checks.push(check);
        if is_wrong {
            return Ok(checks);
        }
    }
    if !has_read {
        let likely = "XEND_CODEC in its environment is the format of the document, sexpr or xmlrpc; it must read one";
        checks.push(Check::wrong("it reads nothing that it is given", likely));
    }
    Ok(checks)
}

/// What a command that is started for each case makes of the documents of one codec.
struct Look {
    codec: Codec,
    /// Up to the first mistake.
    checks: Vec<Check>,
    /// Whether it has answered, and not only said that it can't.
    has_read: bool,
}

fn look(subject: &mut Once, rules: Rules) -> Result<Look, Error> {
    let codec = rules.codec();
    let mut look = Look { codec, checks: Vec::new(), has_read: false };
    let Sample { good, means, bad } = sample(codec);
    let means = Tagged::from_json(means.as_bytes(), codec).expect("the sample is right");
    for (input, means) in [(good, Some(&means)), (bad, None)] {
        let what = named(rules, means);
        let question = Question { id: "smoke", ask: Ask::Read { rules, input }, deadline: None };
        let reply = subject.ask(&question)?;
        let wrong = match &reply.answer {
            Ok(Answer::Unsupported(why)) => {
                look.checks.push(Check::right(format!("{what}: unsupported, {why}")));
                continue;
            }
            Ok(answer) => {
                look.has_read = true;
                mistake(answer, means, &shown(answer), "the document comes on standard input as it is, without base64")
            }
            Err(fault) => Some((fault.status().1, likely_of_once(fault).to_owned())),
        };
        match wrong {
            None => look.checks.push(Check::right(what)),
            Some((found, likely)) => {
                look.checks.push(Check { stderr: reply.stderr, ..Check::wrong(format!("{what}: {found}"), likely) });
                break;
            }
        }
    }
    Ok(look)
}

impl Look {
    /// Names another likely mistake if the simplest document of this codec is wrong, and all of the other one is right.
    fn is_of_one_codec(&mut self, other: &Self) {
        let (codec, known) = (self.codec, other.codec);
        let reads_other = other.has_read && other.checks.iter().all(|check| check.mistake.is_none());
        if let [Check { mistake: Some(likely), .. }] = &mut self.checks[..]
            && reads_other
        {
            *likely = format!(
                "it reads {known}; if that is all that it reads, --codec {known} gives it nothing else, here and with \
                 `test --once`, or it answers {{\"unsupported\":\"why\"}} where XEND_CODEC in its environment is {codec}"
            );
        }
    }
}

/// Returns what a command is asked, as a phrase; `means` is what the document means, or none if it must be refused.
fn named(rules: Rules, means: Option<&Tagged>) -> String {
    let document = if means.is_some() { "a document" } else { "one that is cut off" };
    format!("{} by {rules}, {document}", rules.codec())
}

/// Returns an answer for people, as far as it says what is wrong with it.
fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Values(values) => format!("{{\"values\":{}}}", values.to_json()),
        Answer::Accept => "{\"accept\":true}".to_owned(),
        other => format!("{other:?}"),
    }
}

fn likely_of_once(fault: &Fault) -> &'static str {
    match fault {
        Fault::Timeout(_) => {
            "it must read standard input to its end, answer and end; a command that answers in a loop is asked without \
             --once"
        }
        Fault::Crash(_) => {
            "it gets a document as it is on standard input, and must write one line with the answer to standard output; \
             look at what it wrote to standard error"
        }
        Fault::ResourceLimit(_) => "an answer is one line, with a line break at its end",
        _ => {
            "standard output is for one answer, such as {\"reject\":\"why\"}; whatever else is printed goes to standard \
             error. `xend-harness test --help` and docs/subjects.md show the forms of answers"
        }
    }
}

/// Returns what is wrong with an answer to a document, with the likely mistake; `means` is what the document means, or
/// none if it must be refused, `shown` the answer for people, and `given` says how the document was given.
fn mistake(answer: &Answer, means: Option<&Tagged>, shown: &str, given: &str) -> Option<(String, String)> {
    let (found, likely) = match (answer, means) {
        (Answer::Reject { message, .. }, Some(_)) => {
            let likely = format!("{given}; the message is `{message}`");
            ("the simplest document is refused", likely)
        }
        (Answer::Values(values), Some(means)) => {
            let equality = Equality { untyped_numbers: true, typed_dates: true, untyped_base64: true, ordered: false };
            let difference = values.difference(means, equality)?;
            ("the simplest document is read as something else", format!("{difference}; the line is {shown}"))
        }
        (Answer::Values(_) | Answer::Accept, None) => {
            let likely = format!("an error of the library must become {{\"reject\":\"why\"}}; the line is {shown}");
            ("it is accepted", likely)
        }
        (Answer::Document(_) | Answer::Error(_), _) => {
            ("the answer is one to another kind of question", format!("a document is read; the line is {shown}"))
        }
        _ => return None,
    };
    Some((found.to_owned(), likely))
}

struct Talk {
    runner: Runner,
    process: Option<Process>,
    bounds: Bounds,
    checks: Vec<Check>,
}

/// What came of a line that was sent.
enum Said {
    Line(Vec<u8>),
    /// Nothing came; the mistake is noted.
    Nothing,
}

impl Talk {
    /// Notes a mistake, and ends the command.
    fn wrong(&mut self, what: impl Into<String>, likely: impl Into<String>) -> Result<(), Error> {
        let stderr = match self.process.take() {
            Some(process) => self.runner.run(process.stop(&self.bounds))?,
            None => String::new(),
        };
        self.checks.push(Check { stderr, ..Check::wrong(what, likely) });
        Ok(())
    }

    /// Sends a line and waits for one; `what` names it.
    fn send(&mut self, line: &[u8], what: &str, is_first: bool) -> Result<Said, Error> {
        let (limit, bounds) = (self.bounds.deadline(None), self.bounds);
        let Some(process) = self.process.as_mut() else { return Ok(Said::Nothing) };
        match self.runner.run(process.send_and_read_line(line, false, limit, &bounds))? {
            Ok(line) => return Ok(Said::Line(line)),
            Err(ConversationError::Breach(Breach::Time)) if process.unended_answer().is_some() => {
                let likely = "an answer is one line: write a line break behind it, and flush standard output";
                self.wrong(format!("{what}: the answer comes, and no line break behind it"), likely)?;
            }
            Err(ConversationError::Breach(Breach::Time)) => {
                // What comes when the input ends was written before, and lay in a buffer.
                let rest = self.runner.run(process.rest(limit, &bounds))?.unwrap_or_default();
                let seconds = limit.as_secs_f64();
                if rest.is_empty() {
                    let likely =
                        "it must read standard input line by line, without waiting for its end, and answer each line";
                    self.wrong(format!("{what}: no answer within {seconds} s"), likely)?;
                } else {
                    let likely = "standard output must be flushed after each line: print(.., flush=True) in Python, \
                                  $| = 1 in Perl, $stdout.sync = true in Ruby, fflush(stdout) in C; or it reads all \
                                  input before it answers, which must be read line by line, or is meant for --once";
                    self.wrong(format!("{what}: the answer comes only when the input ends"), likely)?;
                }
            }
            Err(why) => {
                let process = self.process.take().expect("it runs");
                let (fault, stderr) = self.runner.run(process.end(why, limit, &bounds))?;
                let (_, why) = fault.status();
                let likely = match (is_first, fault) {
                    (_, Fault::ResourceLimit(_)) => "an answer is one line, with a line break at its end",
                    (true, _) => "look at what it wrote to standard error; does the same command run in a shell?",
                    (false, _) => {
                        "it must answer in a loop until its input ends; a command that handles one document and ends is run with --once"
                    }
                };
                self.checks.push(Check { stderr, ..Check::wrong(format!("{what}: {why}"), likely) });
            }
        }
        Ok(Said::Nothing)
    }

    fn hello(&mut self) -> Result<Option<Declaration>, Error> {
        let Said::Line(line) = self.send(HELLO, "hello", true)? else { return Ok(None) };
        let declaration = match Declaration::from_hello(&line) {
            Ok(declaration) => declaration,
            Err(fault) => {
                let (_, why) = fault.status();
                let likely = likely_of_hello(&line);
                self.wrong(format!("hello: {why}"), likely)?;
                return Ok(None);
            }
        };
        let has: Vec<_> =
            Suite::ALL.iter().filter(|suite| declaration.has(**suite)).map(|suite| suite.activity()).collect();
        self.checks.push(Check::right(format!("hello: {}; it {}", declaration.name, has.join(", "))));
        Ok(Some(declaration))
    }

    /// Asks one question of each kind that the command declares.
    fn questions(&mut self, declaration: &Declaration) -> Result<(), Error> {
        for codec in Codec::ALL {
            let Some(&rules) = declaration.decodes.iter().find(|rules| rules.codec() == codec) else { continue };
            let Sample { good, means, bad } = sample(codec);
            let means = Tagged::from_json(means.as_bytes(), codec).expect("the sample is right");
            for (id, input, means) in [("smoke/good", good, Some(&means)), ("smoke/bad", bad, None)] {
                let given = "`input` is base64, and must be decoded before it is read";
                let judge = |answer: &Answer, shown: &str| mistake(answer, means, shown, given);
                if !self.question(&named(rules, means), id, Ask::Read { rules, input }, judge)? {
                    return Ok(());
                }
            }
        }
        self.others(declaration)
    }

    /// Asks a question. `judge` returns what is wrong with the answer, with the likely mistake; its second argument is the
    /// line for people. Returns whether all is right.
    fn question(
        &mut self,
        what: &str,
        id: &str,
        ask: Ask<'_>,
        judge: impl FnOnce(&Answer, &str) -> Option<(String, String)>,
    ) -> Result<bool, Error> {
        let question = Question { id, ask, deadline: None };
        let Said::Line(line) = self.send(&question_line(&question), what, false)? else { return Ok(false) };
        let shown = xend_wire::visible(&line[..line.len().min(200)]).to_string();
        let (given, answer) = match Answer::to(&ask, &line) {
            Ok(read) => read,
            Err(fault) => {
                let likely = if line.trim_ascii_start().starts_with(b"{") { FORMS } else { NOT_AN_ANSWER };
                self.wrong(format!("{what}: {}", fault.status().1), format!("{likely}; the line is {shown}"))?;
                return Ok(false);
            }
        };
        let wrong = match &*given.unwrap_or_default() {
            "" => Some(("the answer has no id".to_owned(), "each answer has the `id` of its question".to_owned())),
            other if other != id => {
                let likely = format!("give back the `id` of the question, `{id}`, as it is; the answer has `{other}`");
                Some(("the answer has another id".to_owned(), likely))
            }
            _ if matches!(answer, Answer::Unsupported(_)) => None,
            _ => judge(&answer, &shown),
        };
        if let Some((found, likely)) = wrong {
            self.wrong(format!("{what}: {found}"), likely)?;
            return Ok(false);
        }
        let more = self.process.as_ref().map(Process::unread_output).unwrap_or_default();
        if !more.is_empty() {
            let likely = format!(
                "a question has one line as its answer; behind it comes {}",
                xend_wire::visible(&more[..more.len().min(200)])
            );
            self.wrong(format!("{what}: more than one line"), likely)?;
            return Ok(false);
        }
        self.checks.push(Check::right(format!("{what}: {shown}")));
        Ok(true)
    }
}

/// Returns the likely mistake behind a line that is not a hello.
fn likely_of_hello(line: &[u8]) -> String {
    let parsed = serde_json::from_slice::<serde_json::Value>(line);
    let has = |key: &str| parsed.as_ref().is_ok_and(|value| value.get(key).is_some());
    let example = "{\"hello\":{\"name\":\"my-parser\",\"decodes\":{\"xmlrpc\":[\"spec\"]}}}";
    if line == HELLO.trim_ascii_end() {
        format!("it sends its input back; the first line is answered with {example}")
    } else if parsed.is_err() {
        let shown = xend_wire::visible(&line[..line.len().min(200)]).to_string();
        format!(
            "standard output is for answers alone, and the first is {example}; what it printed, `{shown}`, belongs on standard error"
        )
    } else if has("values") || has("reject") || has("unsupported") {
        format!(
            "it takes the hello for a question; a line with the key `hello` is answered with {example}. A command that reads one document and ends is run with --once"
        )
    } else {
        format!("the answer to the first line has the form {example}")
    }
}
