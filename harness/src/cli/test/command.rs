//! The command `test` for a command, or for the built-in codecs.

use std::time::Instant;

use super::super::output::print_error_text;
use super::super::tell::tell;
use super::arguments::Arguments;
use super::for_command::{ForCommand, MEMORY};
use super::parts::{Words, cases, codecs};
use crate::calling::CallCase;
use crate::case::WritingCase;
use crate::law::Law;
use crate::operating::Failure;
use crate::subject::{Bounds, Subject};
use crate::verdict::Status;
use crate::{Error, generate, run};

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let Arguments { command, subject: own, reports, how, .. } = arguments;
    let knows_nothing = [("--cases", own.cases.is_some()), ("--baseline", how.known.baseline.is_some())];
    arguments.generating.refuse_with(&knows_nothing)?;
    let against = arguments.generating.against()?;
    // What is wrong with the options is told before any case is read.
    let options = how.options(run::Options {
        rules: own.rules()?,
        selection: arguments.selecting.selection()?,
        repeat: repeat(arguments),
        ..run::Options::default()
    })?;
    arguments.generating.refuse_failed(&options.selection)?;
    // Each entry of a baseline is looked up among all cases.
    let is_asked = |id: &str| how.known.baseline.is_some() || arguments.selecting.may_choose(id);
    let cases = cases(own.cases.as_deref(), is_asked)?;
    // A folder of cases is asked alone.
    let (writing, calling, laws, failures) = match &own.cases {
        None => (
            WritingCase::built_in_where(is_asked)?,
            CallCase::built_in_where(is_asked)?,
            Law::built_in()?,
            Failure::built_in()?,
        ),
        Some(folder) => (WritingCase::in_folder(folder)?, CallCase::in_folder(folder)?, Vec::new(), Vec::new()),
    };
    let cases = run::Cases { reading: &cases, writing: &writing, calling: &calling, laws: &laws, failures: &failures };
    let reports = reports.open()?;
    let bounds = Bounds { timeout: how.timeout, memory: own.memory << 20, ..Bounds::default() };
    let jobs = if command.is_empty() { 1 } else { own.jobs.get().into() };
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    for _ in 0..jobs {
        subjects.push(own.subject(command, &options, bounds)?);
    }
    let begin = Instant::now();
    let mut copies: Vec<_> = subjects.iter_mut().map(|subject| -> &mut dyn Subject { &mut **subject }).collect();
    let run = {
        let mut progress = arguments.watching.watch(arguments.reports.quiet);
        match arguments.generating.generated(options.seed) {
            Some(generated) => {
                let mut against = match against {
                    Some(words) => Some(own.subject(&words, &options, bounds)?),
                    None => None,
                };
                let other = against.as_deref_mut().map(|other| -> &mut dyn Subject { other });
                generate::judge(&mut copies, &generated, &codecs(own.codec), other, &options, &mut progress)?
            }
            None => run::judge_with(&mut copies, cases, &options, &mut progress)?,
        }
    };
    if arguments.reports.timing {
        let (seconds, answers) = (begin.elapsed().as_secs_f64(), run.verdicts.len() - run.count(Status::Skipped));
        print_error_text(&format!("{answers} answers in {seconds:.2} s\n"));
    }
    tell(run, reports, &arguments.how.known)
}

/// Returns the words of the command line that repeats the run for one case, before and behind its filter.
fn repeat(arguments: &Arguments) -> [Vec<String>; 2] {
    let Arguments {
        generating,
        selecting,
        subject: ForCommand { once, declare, hello, codec, rules, memory, cases, .. },
        how,
        command,
        ..
    } = arguments;
    let mut words = Words(["xend-harness", "test"].map(str::to_owned).to_vec());
    words.flag("--once", *once);
    words.option("--declare", declare.as_ref().map(|file| file.display()));
    words.flag("--hello", *hello);
    words.option("--codec", *codec);
    words.option("--rules", (!rules.is_empty()).then(|| rules.join(",")));
    selecting.repeat(&mut words);
    how.repeat(&mut words);
    words.option("--memory", (*memory != MEMORY).then_some(*memory));
    words.option("--against", generating.against.as_ref());
    words.option("--cases", cases.as_ref().map(|cases| cases.display()));
    let command = command.iter().map(|word| word.to_string_lossy().into_owned());
    let behind =
        if arguments.command.is_empty() { Vec::new() } else { ["--".to_owned()].into_iter().chain(command).collect() };
    [words.0, behind]
}
