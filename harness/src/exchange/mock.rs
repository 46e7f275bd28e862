//! Our own mock, as the daemon of a sequence began.

use std::path::Path;
use std::time::{Duration, SystemTime};

use mock_xend::{Builder, MockXend, Scenario, World};

use super::Sequence;
use crate::Error;

impl Sequence {
    /// A mock of the release of the sequence, in its world and with its scenario.
    ///
    /// # Errors
    /// The first line of the sequence names a world or a scenario that is not built in.
    pub fn mock(&self) -> Result<Builder, Error> {
        let mut builder = MockXend::builder().release(self.release).verify_on_drop(false);
        if let Some(name) = &self.world {
            let (path, text) = built_in(&format!("worlds/{name}.toml"))?;
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or(Duration::ZERO);
            builder = builder.world(World::parse(&path, &text, Some(self.release), now)?);
        }
        if let Some(name) = &self.scenario {
            let (path, text) = built_in(&format!("scenarios/{name}"))?;
            builder = builder.scenario(Scenario::parse(&path, &text, Path::new("."))?);
        }
        Ok(builder)
    }
}

/// A built-in file, with its path.
fn built_in(path: &str) -> Result<(String, String), Error> {
    let file = xend_fixtures::file(path).ok_or_else(|| Error::Usage(format!("no file `{path}` is built in")))?;
    Ok((format!("fixtures/{path}"), String::from_utf8_lossy(file.bytes()).into_owned()))
}
