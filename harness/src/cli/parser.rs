//! The command `parser`, which judges a parser by the cases.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mock_xend::text_file;

use super::output::{print, print_error_text};
use super::reports::Reports;
use crate::case::Case;
use crate::pattern::{Baseline, Pattern};
use crate::report;
use crate::subject::Subject;
use crate::subject::{Bounds, BuiltIn, KeptAlive, Once};
use crate::suite::{self, Options};
use crate::verdict::Status;
use crate::{Codec, Error, Rules};

/// Test a parser by the conformance cases
///
/// COMMAND is started once and answers one JSON object a line:
///
///   -> {"hello":{"protocol":1}}
///   <- {"hello":{"name":"my-parser","decodes":{"xmlrpc":["spec"]},"features":["nil"]}}
///   -> {"id":"xmlrpc/i4","codec":"xmlrpc","rules":"spec","input":"<base64>"}
///   <- {"id":"xmlrpc/i4","values":[{"response":{"int":"41"}}]}
///   or {"id":"xmlrpc/i4","reject":"why"} or {"id":"xmlrpc/i4","unsupported":"why"}
///
/// With --once, COMMAND is started for each case. It gets the document on standard input, and
/// XEND_CODEC and XEND_RULES in its environment, and answers one line without "id".
/// Without COMMAND the built-in codecs are tested.
///
/// Exit status: 0 all as expected, 1 the subject failed, 2 usage or configuration, or no case was
/// judged, 3 the harness itself failed.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// Start COMMAND once for each case.
    #[arg(long, requires = "command")]
    once: bool,
    /// Test only this codec.
    #[arg(long, value_enum)]
    codec: Option<Codec>,
    /// Test only these rules, such as strict, spec or xend-4.1; xend stands for the rules of all releases. Separate
    /// several with commas. With --once the default is strict for sexpr and spec for xmlrpc.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    rules: Vec<String>,
    /// Test only cases whose id matches; may be given again. Rules may follow after an @, as in 'xmlrpc/int-*@spec'.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// How long an answer may take, in seconds, not counting the time that the subject waits for a processor. The
    /// default is 5, or the deadline of the case.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How much memory the subject may use, in MiB, including the processes that it starts.
    #[arg(long, value_name = "MIB", default_value_t = MEMORY, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    memory: u64,
    /// A file that lists expected failures, one a line, each with its reason after a #. The listed cases are run, too:
    /// a listed case that passes, or a line that matches no case, fails the run.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Let a failure at the level should fail the run.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    reports: Reports,
    /// Take the cases from this folder, in files CODEC/NAME.toml, instead of the built-in ones.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// The command to test, and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The default limit of memory in MiB, which is that of [`Bounds`].
const MEMORY: u64 = 4 << 10;

/// The largest number of MiB whose number of bytes fits into 64 bits.
const MOST: u64 = u64::MAX >> 20;

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let cases = cases(arguments.cases.as_deref())?;
    let options = options(arguments)?;
    let reports = arguments.reports.open()?;
    let bounds = Bounds { timeout: arguments.timeout, memory: arguments.memory << 20, ..Bounds::default() };
    let mut subject: Box<dyn Subject> = match &arguments.command[..] {
        [] => Box::new(BuiltIn::new()),
        command if arguments.once => Box::new(Once::new(command, once_rules(arguments, &options), bounds)?),
        command => Box::new(KeptAlive::new(command, bounds)?),
    };
    let begin = Instant::now();
    let run = suite::run(&mut *subject, &cases, &options)?;
    if arguments.reports.timing {
        let (seconds, answers) = (begin.elapsed().as_secs_f64(), run.verdicts.len() - run.count(Status::Skipped));
        print_error_text(&format!("{answers} answers in {seconds:.2} s\n"));
    }
    let written = reports.write(&run);
    print(&report::people(&run))?;
    written?;
    if run.exit_code() == 2 {
        print_error_text("error: no case was judged: the subject supports none of the chosen cases\n");
    }
    Ok(run.exit_code())
}

/// Returns the cases of a folder, or the built-in cases if there is no folder.
pub(super) fn cases(folder: Option<&Path>) -> Result<Vec<Case>, Error> {
    folder.map_or_else(Case::built_in, Case::in_folder)
}

fn options(arguments: &Arguments) -> Result<Options, Error> {
    let baseline = match &arguments.baseline {
        None => Baseline::default(),
        Some(path) => {
            let (name, text) = text_file::read(path, "a baseline")?;
            Baseline::parse(&name, &text)?
        }
    };
    Ok(Options {
        rules: rules(arguments)?,
        filter: arguments.filter.clone(),
        baseline,
        is_strict: arguments.strict,
        repeat: repeat(arguments),
    })
}

/// Returns the rules that the user chose; empty if the user chose none.
fn rules(arguments: &Arguments) -> Result<Vec<Rules>, Error> {
    let codecs = arguments.codec.map_or(Codec::ALL.to_vec(), |codec| vec![codec]);
    if arguments.rules.is_empty() {
        return Ok(if arguments.codec.is_some() { codecs[0].rules() } else { Vec::new() });
    }
    let mut rules = Vec::new();
    for name in &arguments.rules {
        let named: Vec<_> = codecs.iter().map(|codec| codec.named_rules(name)).collect();
        match named.iter().flatten().flatten().copied().collect::<Vec<_>>() {
            none if none.is_empty() => {
                let errors: Vec<_> = named.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
                return Err(Error::Usage(errors.join("\n       ")));
            }
            named => rules.extend(named),
        }
    }
    Ok(rules)
}

/// Returns the rules for a command that is started for each case, since it can't declare its own.
fn once_rules(arguments: &Arguments, options: &Options) -> Vec<Rules> {
    let mut rules = options.rules.clone();
    if rules.is_empty() {
        rules = Codec::ALL.iter().flat_map(|codec| codec.rules()).collect();
    }
    if arguments.rules.is_empty() {
        rules.retain(|rules| *rules == rules.codec().default_rules());
    }
    rules
}

/// Returns the arguments that are needed to repeat the run for one case.
fn repeat(arguments: &Arguments) -> Vec<String> {
    let Arguments { once, codec, rules, timeout, memory, strict, cases, command, .. } = arguments;
    let mut words = Vec::new();
    let mut option = |name: &str, value: Option<String>| words.extend([name.to_owned()].into_iter().chain(value));
    if *once {
        option("--once", None);
    }
    if let Some(codec) = codec {
        option("--codec", Some(codec.to_string()));
    }
    if !rules.is_empty() {
        option("--rules", Some(rules.join(",")));
    }
    if let Some(timeout) = timeout {
        option("--timeout", Some(timeout.as_secs_f64().to_string()));
    }
    if *memory != MEMORY {
        option("--memory", Some(memory.to_string()));
    }
    if *strict {
        option("--strict", None);
    }
    if let Some(cases) = cases {
        option("--cases", Some(cases.display().to_string()));
    }
    if !command.is_empty() {
        option("--", None);
        words.extend(command.iter().map(|word| word.to_string_lossy().into_owned()));
    }
    words
}

/// Parses a number of seconds that is greater than 0.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or("expected seconds above 0, such as 5 or 0.5".to_owned())
}
