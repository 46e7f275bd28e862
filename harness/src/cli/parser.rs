//! `parser`: judge a parser.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mock_xend::text_file;

use super::output::{print, say};
use super::reports::Reports;
use crate::case::Case;
use crate::pattern::{Baseline, Pattern};
use crate::report;
use crate::subject::Subject;
use crate::subject::{Bounds, BuiltIn, KeptAlive, Once};
use crate::suite::{self, Options};
use crate::verdict::Status;
use crate::{Codec, Error, Rules};

/// Judge a parser by the cases
///
/// COMMAND is started once and answers one JSON object a line:
///
///   -> {"hello":{"protocol":1}}
///   <- {"hello":{"name":"my-parser","decodes":{"xmlrpc":["spec"]},"features":["nil"]}}
///   -> {"id":"xmlrpc/i4","codec":"xmlrpc","rules":"spec","input":"<base64>"}
///   <- {"id":"xmlrpc/i4","values":[{"response":{"int":"41"}}]}
///   or {"id":"xmlrpc/i4","reject":"why"} or {"id":"xmlrpc/i4","unsupported":"why"}
///
/// With --once it is started for each case, gets the document on standard input, and XEND_CODEC
/// and XEND_RULES in its environment, and answers one line without "id".
/// Without COMMAND the built-in codecs are judged.
///
/// Exit status: 0 all as expected, 1 the subject failed, 2 usage or configuration, or no case was
/// judged, 3 the harness itself failed.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Arguments {
    /// Start COMMAND once for each case.
    #[arg(long, requires = "command")]
    once: bool,
    /// Ask only about this codec.
    #[arg(long, value_enum)]
    codec: Option<Codec>,
    /// Ask only by these rules, such as strict, spec or xend-4.1; xend is those of all releases. Separate several with
    /// commas. With --once the default is strict for sexpr and spec for xmlrpc.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    rules: Vec<String>,
    /// Ask only cases whose id matches; may be given again. Rules may follow an @, as in 'xmlrpc/int-*@spec'.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// How long an answer may take, in seconds, without what the subject waits for a processor. Unless given, 5, or what
    /// the case says.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How much memory the subject may use, in MiB, with all that it starts.
    #[arg(long, value_name = "MIB", default_value_t = MEMORY, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    memory: u64,
    /// A file of failures that are expected: a line for each, with its reason behind a #. They are asked all the same. A
    /// pass among them, or a line that matches nothing, fails the run.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Let failures at the level should fail the run.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    reports: Reports,
    /// Take the cases from this folder, in files CODEC/NAME.toml, and not those that are built in.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// The subject and its arguments.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// As [`Bounds`] has it.
const MEMORY: u64 = 4 << 10;

/// As many MiB as there are bytes that a number holds.
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
        say(&format!("{answers} answers in {seconds:.2} s\n"));
    }
    let written = reports.write(&run);
    print(&report::people(&run))?;
    written?;
    if run.exit_code() == 2 {
        say("error: no case was judged: the subject supports none of those that were asked\n");
    }
    Ok(run.exit_code())
}

/// The cases of a folder, or those that are built in.
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

/// The rules that the user names; none if any will do.
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

/// A command that is run once a case can't say by which rules it reads.
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

/// The arguments that matter to one case.
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

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or("expected seconds above 0, such as 5 or 0.5".to_owned())
}
