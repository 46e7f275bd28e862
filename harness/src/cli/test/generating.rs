//! The options for generated questions.

use std::ffi::OsString;

use crate::Error;
use crate::generate::{Generated, Token};
use crate::run::Selection;

/// The most questions of one run.
const MOST: u64 = 1_000_000;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Generated questions")]
pub(super) struct Generating {
    /// Ask N generated questions instead of the cases: documents to read, values to write, and replies of a server to
    /// calls. Their answers are known by construction; --seed chooses them. What fails is made small by asking again,
    /// and shown with a case file. For a server: run N random programs of operations, which --destructive must allow,
    /// and compare it with a mock of its release; now and then two clients do an operation each at the same time. They
    /// touch only domains whose names begin with xend-law-.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MOST))]
    pub(super) generate: Option<u64>,
    /// Ask one generated question again, by its token, such as xmlrpc/value/17/42 or calls/reply/17/42.
    #[arg(long, value_name = "TOKEN", conflicts_with = "generate")]
    pub(super) repeat: Option<Token>,
    /// With --generate: ask this other command, too, and show where the two differ. Words with spaces are quoted as in a
    /// shell.
    #[arg(long, value_name = "COMMAND", requires = "command")]
    pub(super) against: Option<String>,
}

impl Generating {
    /// Returns what is generated, if anything is.
    pub(super) fn generated(&self, seed: Option<u64>) -> Option<Generated> {
        let many = |count| Generated::Many { count, seed: seed.unwrap_or(0) };
        self.repeat.map(Generated::One).or(self.generate.map(many))
    }

    /// Returns the words of the other command, if there is one.
    pub(super) fn against(&self) -> Result<Option<Vec<OsString>>, Error> {
        let Some(against) = &self.against else { return Ok(None) };
        if self.generate.is_none() && self.repeat.is_none() {
            return Err(Error::Usage(
                "--against needs --generate N: two commands are compared by generated questions".to_owned(),
            ));
        }
        match shlex::split(against).filter(|words| !words.is_empty()) {
            Some(words) => Ok(Some(words.into_iter().map(OsString::from).collect())),
            None => Err(Error::Usage(format!("`{against}` is no command: a quote has no end, or no word is there"))),
        }
    }

    /// Refuses to ask again what failed a run of generated questions if they are not generated here, too.
    pub(super) fn refuse_failed(&self, selection: &Selection) -> Result<(), Error> {
        let is_generated = |name: &String| name.starts_with(Token::PREFIX);
        let names = selection.names.iter().flatten();
        match (self.generate, self.repeat, names.into_iter().find(|name| is_generated(name))) {
            (None, None, Some(name)) => Err(Error::Usage(format!(
                "what failed the run of --failed are generated questions, such as {name}: add the --generate and the \
                 --seed of that run, or ask one of them with --repeat TOKEN, as the report says"
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses to generate where something is given that generated questions know nothing of.
    pub(super) fn refuse_with(&self, given: &[(&str, bool)]) -> Result<(), Error> {
        let name = match (self.generate, self.repeat) {
            (None, None) => return Ok(()),
            (Some(_), _) => "--generate",
            (None, Some(_)) => "--repeat",
        };
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((what, _)) => {
                Err(Error::Usage(format!("{name} asks generated questions, which {what} knows nothing of")))
            }
            None => Ok(()),
        }
    }
}
