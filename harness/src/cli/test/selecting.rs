//! The options that choose what is asked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use xend_client::{Face, Release};

use super::super::report::open;
use super::parts::Words;
use crate::Error;
use crate::case::Level;
use crate::pattern::Pattern;
use crate::run::{Selection, Shard};
use crate::suite::Suite;
use crate::verdict::Verdict;
use crate::version::Version;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Choosing what is asked")]
pub(super) struct Selecting {
    /// Ask only these suites, separated by commas: reading (what do documents mean), writing (is what it writes right),
    /// calling (what does it make of replies), operating (how does it operate domains), serving (does a server obey the
    /// laws). The default is all that the subject declares.
    #[arg(long, value_name = "SUITES", value_delimiter = ',')]
    pub(super) suite: Vec<Suite>,
    /// Ask only cases whose id matches; may be given again. What stands after an @ in reports may follow, as in
    /// 'xmlrpc/int-*@spec'.
    #[arg(long, value_name = "GLOB")]
    pub(super) filter: Vec<Pattern>,
    /// Leave out cases whose id matches; may be given again.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<Pattern>,
    /// Ask only cases of these levels, separated by commas: must, should, may, xend.
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', value_parser = level)]
    level: Vec<Level>,
    /// Ask only cases that have one of these tags, separated by commas: a codec, a rule such as xmlrpc/int-form, a
    /// feature such as nil, or law and common for laws.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    tag: Vec<String>,
    /// Ask only what is about these releases of Xend, separated by commas. For a server: the release that it is or
    /// stands in for; the default is to detect it from the server's description of its host.
    #[arg(long, value_name = "RELEASES", value_delimiter = ',')]
    pub(super) release: Vec<Release>,
    /// Ask only what is about these faces of Xend, separated by commas: sxp, xmlrpc, xenapi.
    #[arg(long, value_name = "FACES", value_delimiter = ',')]
    face: Vec<Face>,
    /// Leave out cases that came with a later version of the suite, so that a new release turns no CI red.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    suite_version: Option<Version>,
    /// Ask only what failed the run of which this is the report in JSON lines.
    #[arg(long, value_name = "FILE.jsonl")]
    failed: Option<PathBuf>,
    /// Ask only part I of N equal parts of the cases, as in 2/4; a case stays in its part when others come.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

impl Selecting {
    /// Whether a case with this id may be chosen. If the other options must be held against all cases, so that a misspelt
    /// one is noticed, or a pattern lacks the codec, which is told with the case that is meant, the answer is yes.
    pub(super) fn may_choose(&self, id: &str) -> bool {
        self.filter.is_empty()
            || !self.exclude.is_empty()
            || !self.tag.is_empty()
            || self.filter.iter().any(|pattern| pattern.matches_id(id) || !pattern.to_string().contains('/'))
    }

    pub(super) fn selection(&self) -> Result<Selection, Error> {
        let Self { suite, filter, exclude, level, tag, release, face, suite_version, failed, shard } = self;
        Ok(Selection {
            suites: suite.clone(),
            filter: filter.clone(),
            exclude: exclude.clone(),
            levels: level.clone(),
            tags: tag.clone(),
            releases: release.clone(),
            faces: face.clone(),
            names: failed.as_deref().map(names_of_failures).transpose()?,
            version: *suite_version,
            shard: *shard,
        })
    }

    /// Adds the words that a repetition of one case needs.
    pub(super) fn repeat(&self, words: &mut Words) {
        if !self.suite.is_empty() {
            words.option("--suite", Some(self.suite.iter().map(|it| it.name()).collect::<Vec<_>>().join(",")));
        }
        if !self.release.is_empty() {
            words.option("--release", Some(self.release.iter().map(Release::to_string).collect::<Vec<_>>().join(",")));
        }
    }
}

/// Returns the names of the verdicts that failed an earlier run.
fn names_of_failures(path: &Path) -> Result<BTreeSet<String>, Error> {
    let names: BTreeSet<_> =
        open(path)?.verdicts.iter().filter(|verdict| verdict.is_unexpected).map(Verdict::name).collect();
    match names.is_empty() {
        true => Err(Error::Usage(format!("{}: nothing failed the run, so nothing is asked", path.display()))),
        false => Ok(names),
    }
}

fn version(text: &str) -> Result<Version, String> {
    let version = text.parse::<Version>().map_err(|error| error.to_string())?;
    let current = Version::current();
    if version > current { Err(format!("the suite of this program has the version {current}")) } else { Ok(version) }
}

fn level(name: &str) -> Result<Level, String> {
    let all = Level::ALL.iter().copied();
    all.into_iter().find(|level| level.name() == name).ok_or("expected must, should, may or xend".to_owned())
}
