//! The commands `list`, `explain` and `cases`, which show the cases themselves.

use std::path::{Path, PathBuf};

use mock_xend::nearest::nearest;
use mock_xend::text_file;

use super::export::{as_json, export, write};
use super::other_cases::{OtherCase, other_cases};
use super::output::{print, print_json};
use super::test::cases;
use crate::calling::CallCase;
use crate::case::{Case, Expect, Rule};
use crate::pattern::Pattern;
use crate::shorten::lines;
use crate::{Codec, Error, Rules, survey};

/// List the cases of all suites, and the laws.
#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// Print one JSON object a line, including the expectations.
    #[arg(long)]
    json: bool,
    /// List only cases whose id matches; may be given again.
    #[arg(long, value_name = "GLOB")]
    filter: Vec<Pattern>,
    /// List only cases of this codec, which are those to read and to write.
    #[arg(long, value_enum)]
    codec: Option<Codec>,
    /// Take the cases from this folder.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
}

/// Show a case, a law or a rule: what is asked, the expected outcomes, and where they come from.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// The id, such as xmlrpc/int-plus or laws/pause-stops. The rules after an @, as reports print them, are ignored.
    id: String,
    /// Take the cases from this folder.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
}

/// Write the built-in cases to files, for use without this program, or add a case to a folder of your own.
#[derive(Debug, clap::Args)]
pub(super) struct FilesArguments {
    /// Write the built-in cases to this folder, which is created if it does not exist.
    #[arg(long, value_name = "DIR", required_unless_present = "add", conflicts_with = "add")]
    export: Option<PathBuf>,
    /// Check this case file, such as one that a run of generated questions has printed, and copy it to the folder of
    /// --cases.
    #[arg(long, value_name = "FILE", requires = "cases")]
    add: Option<PathBuf>,
    /// With --add: the folder of your cases, which test --cases asks. The case gets the file CODEC/NAME.toml or
    /// calls/NAME.toml there, by its id.
    #[arg(long, value_name = "DIR", requires = "add")]
    cases: Option<PathBuf>,
}

pub(super) fn list(arguments: &ListArguments) -> Result<u8, Error> {
    let mut text = String::new();
    let is_listed =
        |id: &str| arguments.filter.is_empty() || arguments.filter.iter().any(|pattern| pattern.matches_id(id));
    let has_codec = |codec: Option<Codec>| arguments.codec.is_none() || codec == arguments.codec;
    for case in cases(arguments.cases.as_deref(), is_listed)?.iter().filter(|case| has_codec(Some(case.codec()))) {
        text += &match arguments.json {
            true => as_json(case) + "\n",
            false => format!("{:<40} {}\n", case.id, case.title),
        };
    }
    let others = other_cases(arguments.cases.as_deref())?;
    for case in others.iter().filter(|case| is_listed(&case.id) && has_codec(case.codec)) {
        text += &match arguments.json {
            true => case.as_json() + "\n",
            false => format!("{:<40} {}\n", case.id, case.title),
        };
    }
    if text.is_empty() {
        return Err(Error::Usage("no case is as the options ask".to_owned()));
    }
    match arguments.json {
        true => print_json(&text)?,
        false => print(&text)?,
    }
    Ok(0)
}

pub(super) fn explain(arguments: &ExplainArguments) -> Result<u8, Error> {
    // Reports print the rules after the id.
    let wanted = arguments.id.split('@').next().unwrap_or_default();
    let folder = arguments.cases.as_deref();
    let cases = cases(folder, |id| id == wanted)?;
    let [case] = &cases[..] else {
        let others = other_cases(folder)?;
        if let Some(case) = others.iter().find(|case| case.id == wanted) {
            print(&case.explained()?)?;
            return Ok(0);
        }
        if let Some(rule) = Rule::built_in()?.into_iter().find(|rule| rule.id == wanted) {
            print(&rule_in_words(&rule, folder, &others)?)?;
            return Ok(0);
        }
        let mut ids = match folder {
            None => Case::built_in_ids().into_iter().map(str::to_owned).collect(),
            Some(folder) => Case::in_folder(folder)?.into_iter().map(|case| case.id).collect::<Vec<_>>(),
        };
        ids.extend(others.into_iter().map(|case| case.id));
        let alike: Vec<_> = ids.iter().map(|id| &**id).filter(|id| id.contains(wanted)).take(5).collect();
        let hint = match nearest(wanted, ids.iter().map(|id| &**id)) {
            _ if !alike.is_empty() => format!("; see {}", alike.join(", ")),
            Some(near) => format!(", did you mean `{near}`?"),
            None => "; see `xend-harness list`".to_owned(),
        };
        return Err(Error::Usage(format!("no case `{}`{hint}", arguments.id)));
    };
    let Case { id, title, source, input, deadline, .. } = case;
    let deadline = deadline.map(|it| format!("deadline: {} s\n\n", it.as_secs())).unwrap_or_default();
    let rules = Rule::built_in()?;
    let rule = rules.iter().find(|rule| Some(&rule.id) == case.rule.as_ref());
    let rule = rule.map(|Rule { id, text, source }| format!("rule {id}: {text} ({source})\n\n")).unwrap_or_default();
    let mut text = format!("{id}: {title}\n\nsource: {source}\n\n{rule}{deadline}input, {} bytes:\n", input.len());
    text += &lines(input, 40, 2_000);
    for expect in case.expectations() {
        text.push('\n');
        text += &explained(expect);
    }
    let outcomes = survey::outcomes(case);
    if !outcomes.is_empty() {
        text += "\nwhat 15 surveyed libraries do:\n";
    }
    for (outcome, libraries) in outcomes {
        text += &format!("  {outcome}\n    {}\n", libraries.join(", "));
    }
    print(&text)?;
    Ok(0)
}

pub(super) fn files(arguments: &FilesArguments) -> Result<u8, Error> {
    match (&arguments.export, &arguments.add, &arguments.cases) {
        (Some(folder), ..) => export(folder),
        (None, Some(file), Some(folder)) => add(file, folder),
        _ => Err(Error::Usage("expected --export DIR, or --add FILE with --cases DIR".to_owned())),
    }
}

/// Returns what a rule says, and the cases that hold subjects to it.
fn rule_in_words(rule: &Rule, folder: Option<&Path>, others: &[OtherCase]) -> Result<String, Error> {
    let Rule { id, text, source } = rule;
    let reading = cases(folder, |_| true)?.into_iter().filter(|case| case.rule.as_ref() == Some(id)).map(|it| it.id);
    let others = others.iter().filter(|case| case.rule.as_ref() == Some(id)).map(|case| case.id.clone());
    let ids: Vec<_> = reading.chain(others).collect();
    let ids: String = ids.iter().map(|id| format!("  {id}\n")).collect();
    let count = match ids.lines().count() {
        1 => "1 case".to_owned(),
        count => format!("{count} cases"),
    };
    Ok(format!("rule {id}: {text}\n\nsource: {source}\n\n{count}, which `--tag {id}` chooses:\n{ids}"))
}

fn add(file: &Path, folder: &Path) -> Result<u8, Error> {
    let (name, text) = text_file::read(file, "a case file")?;
    // A file of calls is a list of cases.
    let is_of_calls = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("case"));
    let id = if is_of_calls { call_id(&name, &text)? } else { document_id(file, &name, &text)? };
    let to = folder.join(format!("{id}.toml"));
    if to.exists() {
        return Err(Error::Usage(format!("{} is there already; give the case another id", to.display())));
    }
    write(&to, text.as_bytes())?;
    print(&format!("{id} is in {}\n", to.display()))?;
    Ok(0)
}

/// Reads a case of a document, and returns its id.
fn document_id(file: &Path, name: &str, text: &str) -> Result<String, Error> {
    let id = Case::id_of(name, text.as_bytes())?;
    let beside = |beside: &str| {
        let beside = file.with_file_name(beside);
        text_file::bytes(&beside).map_err(|error| error.to_string())
    };
    Case::parse(&format!("{id}.toml"), name, text.as_bytes(), &beside)?;
    Ok(id)
}

/// Reads a case of a call, and returns its id.
fn call_id(name: &str, text: &str) -> Result<String, Error> {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let cases = CallCase::parse(name, text.as_bytes())?;
    let [case] = &cases[..] else {
        return Err(Error::Usage(format!("{name} has {} cases, expected one", cases.len())));
    };
    match case.id.strip_prefix("calls/") {
        Some(rest) if !rest.is_empty() && rest.chars().all(is_plain) => Ok(case.id.clone()),
        _ => Err(Error::Usage(format!(
            "`{}` is no id of a case to add, expected calls/NAME, with letters, digits and `-` for NAME",
            case.id
        ))),
    }
}

fn explained(expect: &Expect) -> String {
    let rules: Vec<_> = expect.rules.iter().map(Rules::to_string).collect();
    let mut text = format!("{}, by {}:\n", expect.level, rules.join(", "));
    for permitted in &expect.permitted {
        text += &format!("  {}\n", permitted.outcome);
        if !permitted.by.is_empty() {
            text += &format!("    done by {}\n", permitted.by.join(", "));
        }
    }
    if !expect.needs.is_empty() {
        let names: Vec<_> = expect.needs.iter().map(|feature| feature.name()).collect();
        text += &format!("  only for subjects that declare {}\n", names.join(", "));
    }
    if expect.ordered {
        text += "  the order of the members of a struct counts\n";
    }
    text
}
