//! The options for a command.

use std::ffi::OsString;
use std::num::NonZeroU16;
use std::path::PathBuf;

use mock_xend::text_file;

use super::parts::codecs;
use crate::run;
use crate::subject::{Bounds, BuiltIn, Declaration, Declared, KeptAlive, Once, Subject};
use crate::{Codec, Error, Rules};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For a command")]
pub(super) struct ForCommand {
    /// Start COMMAND once for each case.
    #[arg(long, requires = "command")]
    pub(super) once: bool,
    /// With --once: what COMMAND can do, in a file that has the answer to a hello, such as
    /// {"hello":{"name":"my-parser","decodes":{"xmlrpc":["spec"]},"features":["nil"]}}.
    #[arg(long, value_name = "FILE", requires = "once", conflicts_with = "hello")]
    pub(super) declare: Option<PathBuf>,
    /// With --once: start COMMAND once with --hello behind its arguments, which makes it write the answer to a hello.
    #[arg(long, requires = "once")]
    pub(super) hello: bool,
    /// Test only this codec.
    #[arg(long, value_enum)]
    pub(super) codec: Option<Codec>,
    /// Test only these rules, such as strict, spec or xend-4.1; xend stands for the rules of all releases. Separate
    /// several with commas. With --once the default is strict for sexpr and spec for xmlrpc.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) rules: Vec<String>,
    /// How much memory the subject may use, in MiB, including the processes that it starts.
    #[arg(long, value_name = "MIB", default_value_t = MEMORY, value_parser = clap::value_parser!(u64).range(1..=MOST))]
    pub(super) memory: u64,
    /// Start COMMAND so many times, and ask all at once; the report is the same.
    #[arg(long, value_name = "N", default_value = "1", hide_default_value = true)]
    pub(super) jobs: NonZeroU16,
    /// Take the cases from this folder instead of the built-in ones: documents to read in files CODEC/NAME.toml, values
    /// to write in writing/NAME.toml, calls in calls/NAME.toml.
    #[arg(long, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
}

/// The default limit of memory in MiB, which is that of [`Bounds`].
pub(super) const MEMORY: u64 = 4 << 10;

/// The largest number of MiB whose number of bytes fits into 64 bits.
pub(super) const MOST: u64 = u64::MAX >> 20;

impl ForCommand {
    /// Refuses options that mean nothing for a server.
    pub(super) fn refuse_for_a_server(&self) -> Result<(), Error> {
        let given = [
            ("--once", self.once),
            ("--codec", self.codec.is_some()),
            ("--rules", !self.rules.is_empty()),
            ("--cases", self.cases.is_some()),
            ("--jobs", self.jobs.get() > 1),
            ("--memory", self.memory != MEMORY),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((name, _)) => {
                Err(Error::Usage(format!("{name} is for a command, and an address of a server is given")))
            }
            None => Ok(()),
        }
    }

    pub(super) fn subject(
        &self,
        command: &[OsString],
        options: &run::Options,
        bounds: Bounds,
    ) -> Result<Box<dyn Subject>, Error> {
        Ok(match command {
            [] => Box::new(BuiltIn::new()),
            command if self.once => Box::new(Once::new(command, self.declared(options)?, bounds)?),
            command => Box::new(KeptAlive::new(command, bounds)?),
        })
    }

    /// Returns the rules that the user chose; empty if the user chose none.
    pub(super) fn rules(&self) -> Result<Vec<Rules>, Error> {
        let codecs = codecs(self.codec);
        if self.rules.is_empty() {
            return Ok(self.codec.map(Codec::rules).unwrap_or_default());
        }
        let mut rules = Vec::new();
        for name in &self.rules {
            let named: Vec<_> = codecs.iter().map(|codec| codec.named_rules(name)).collect();
            match named.iter().flatten().flatten().copied().collect::<Vec<_>>() {
                none if none.is_empty() => {
                    let errors: Vec<_> =
                        named.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
                    return Err(Error::Usage(errors.join("\n       ")));
                }
                named => rules.extend(named),
            }
        }
        Ok(rules)
    }

    /// Returns what a command that is started for each case can do.
    fn declared(&self, options: &run::Options) -> Result<Declared, Error> {
        let Some(path) = &self.declare else {
            return Ok(if self.hello { Declared::Asked } else { Declared::Rules(self.once_rules(options)) });
        };
        let (name, text) = text_file::read(path, "a declaration")?;
        match Declaration::from_hello(text.as_bytes()) {
            Ok(declaration) => Ok(Declared::As(Box::new(declaration))),
            Err(fault) => Err(Error::Usage(format!("{name}: {}", fault.status().1))),
        }
    }

    /// Returns the rules for a command that is started for each case and declares none of its own.
    pub(super) fn once_rules(&self, options: &run::Options) -> Vec<Rules> {
        let mut rules = options.rules.clone();
        if rules.is_empty() {
            rules = Codec::ALL.iter().flat_map(|codec| codec.rules()).collect();
        }
        if self.rules.is_empty() {
            rules.retain(|rules| *rules == rules.codec().default_rules());
        }
        rules
    }
}
