//! The command `test` for a server of plain XML-RPC.

use super::super::tell::tell;
use super::arguments::Arguments;
use super::for_server::TIMEOUT_OF_HTTP;
use super::parts::Words;
use crate::Error;
use crate::run;
use crate::serving::{ServingCase, Site, check};
use crate::suite::Suite;

pub(super) fn run(arguments: &Arguments, uri: &str) -> Result<u8, Error> {
    let Arguments { selecting, how, watching, reports, .. } = arguments;
    if let Some(suite) = selecting.suite.iter().find(|suite| **suite != Suite::Serving) {
        return Err(Error::Usage(format!("a server is asked the suite serving, not {suite}")));
    }
    let site = Site::parse(uri, how.timeout.unwrap_or(TIMEOUT_OF_HTTP))?;
    let mut words = Words(["xend-harness", "test", uri].map(str::to_owned).to_vec());
    selecting.repeat(&mut words);
    how.repeat(&mut words);
    let options = how.options(run::Options {
        selection: selecting.selection()?,
        repeat: [words.0, Vec::new()],
        ..run::Options::default()
    })?;
    let opened = reports.open()?;
    let run = {
        let mut progress = watching.watch(reports.quiet);
        check(&site, &ServingCase::built_in()?, &options, &mut progress)?
    };
    tell(run, opened, &how.known)
}
