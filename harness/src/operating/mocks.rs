//! The mocks that answer an operator.

use std::path::Path;

use mock_xend::{Address, Daemon, MockXend, Scenario};
use xend_wire::Release;
use xend_wire::operation::Face;

use crate::Error;

/// Where an operator is asked: the release, and the scheme of the address, such as `sxp+tcp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) release: Release,
    pub(crate) scheme: String,
    pub(crate) face: Face,
}

impl Target {
    /// Returns all targets that an operator has, by release and scheme. A release without the Xen-API has none for it.
    pub(crate) fn all<'o>(releases: &'o [Release], schemes: &'o [String]) -> impl Iterator<Item = Self> + 'o {
        releases.iter().flat_map(move |&release| {
            schemes.iter().filter_map(move |scheme| {
                let face = Self::face_of(scheme)?;
                face.is_served_by(release).then(|| Self { release, scheme: scheme.clone(), face })
            })
        })
    }

    /// Returns the face of a scheme such as `sxp+tcp`.
    pub(crate) fn face_of(scheme: &str) -> Option<Face> {
        scheme.split('+').next()?.parse().ok()
    }

    fn is_tcp(&self) -> bool {
        self.scheme.ends_with("+tcp")
    }

    /// Returns the address of a listener that is not there.
    pub(crate) fn nobody(&self) -> String {
        match self.is_tcp() {
            true => format!("{}://127.0.0.1:1", self.scheme),
            false => format!("{}:///nonexistent/xend.sock", self.scheme),
        }
    }

    /// Returns the variant of a question that is asked here.
    pub(crate) fn variant(&self) -> String {
        format!("{}-{}", self.scheme, self.release)
    }
}

/// Mocks that were started, one for each release and scheme. They are kept, because the start of one takes longer than
/// what it is asked.
#[derive(Debug, Default)]
pub(crate) struct Mocks(Vec<(Target, MockXend)>);

impl Mocks {
    /// Returns the mock of a target, as it is after its start, with a scenario.
    ///
    /// # Errors
    /// Returns [`Error::Harness`] if it can't be started or if the scenario is wrong.
    pub(crate) fn at(&mut self, target: &Target, scenario: Option<&str>) -> Result<&MockXend, Error> {
        let failed = |error: mock_xend::Error| Error::Harness(format!("can't start a mock: {error}"));
        let at = match self.0.iter().position(|(known, _)| known == target) {
            Some(at) => at,
            None => {
                let address = if target.is_tcp() { Address::any_port() } else { Address::AnyUnix };
                let mock = MockXend::builder().release(target.release).listen(target.face, address);
                self.0.push((target.clone(), mock.verify_on_drop(false).start().map_err(failed)?));
                self.0.len() - 1
            }
        };
        let mock = &self.0[at].1;
        let scenario = scenario.map(|text| Scenario::parse("failure.toml", text, Path::new(".")));
        let scenario = scenario.transpose().map_err(|error| Error::Harness(error.to_string()))?;
        mock.daemon().load(scenario.unwrap_or_default()).map_err(failed)?;
        mock.daemon().reset();
        Ok(mock)
    }

    /// Returns the daemon of a target whose mock was started.
    pub(crate) fn started(&self, target: &Target) -> &Daemon {
        self.find(target).daemon()
    }

    /// Returns the address of a target whose mock was started.
    pub(crate) fn uri(&self, target: &Target) -> String {
        self.find(target).uri(target.face).expect("it listens on the face")
    }

    fn find(&self, target: &Target) -> &MockXend {
        &self.0.iter().find(|(known, _)| known == target).expect("it was started").1
    }
}
