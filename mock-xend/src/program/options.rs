//! The options of a mock, and its start and end.

use std::path::PathBuf;

use xend_wire::Release;
use xend_wire::operation::Face;

use super::output::{cannot, open};
use super::reload::{Files, Reloading};
use super::serving::{Around, Serving};
use super::terminal::print_to_stderr;
#[cfg(feature = "tls")]
use super::tls::{CaFile, TlsOptions};
use crate::address::Address;
use crate::clock::Clock;
use crate::error::Error;
use crate::fault::{Chaos, Fault};
use crate::host::MockXend;
use crate::quirk::Quirk;
use crate::scenario::{Report, Scenario};
use crate::world::World;

/// The options of a mock.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[arg(long, help = release_help())]
    pub(super) release: Option<Release>,

    /// Listen on this address for S-expressions over HTTP: IP:PORT, PORT, localhost:PORT, unix:PATH, or unix:auto for a
    /// temporary socket; port 0 is any that is free; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    sxp: Vec<Address>,

    /// Listen on this address for XML-RPC; tls: before IP:PORT, PORT or localhost:PORT makes it one with TLS; may be
    /// repeated
    #[arg(long, value_name = "ADDRESS")]
    xmlrpc: Vec<Address>,

    /// Listen on this address for the Xen-API, which releases from 3.1 on have, with TLS as for --xmlrpc; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    xenapi: Vec<Address>,

    /// Take scripted replies from this TOML file
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,

    /// Simulate the host that this TOML file describes instead of one with Domain-0, vm1 and vm2; `mock-xend world`
    /// shows the format
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Write the simulated host to this file when the mock stops, in the format of --world; may be the file given with
    /// --world
    #[arg(long, value_name = "FILE")]
    dump_world: Option<PathBuf>,

    /// Show behaviour of the daemon that is off by default; may be repeated. one-connection (up to 3.0.3): the
    /// S-expression face serves one client at a time; late-close (from 3.1 on): it leaves the connection open after the
    /// reply to an operation
    #[arg(long, value_name = "NAME")]
    quirk: Vec<Quirk>,

    /// Break all replies to which the scenario gives no fault; may be repeated. A fault is a line of docs/scenarios.md:
    /// 'delay = "250ms"', 'reset = "body"', unasked-continue
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,

    /// Break a share of these replies at random, a tenth by default: 42:0.25 breaks a quarter of them, always with the
    /// same faults; with `random` as the seed the mock takes any and prints it
    #[arg(long, value_name = "SEED[:RATE]")]
    chaos: Option<Chaos>,

    /// Read the files of --scenario and --world, and those that the scenario names, again when they change. With a mistake in them the mock goes on as before
    #[arg(long)]
    watch: bool,

    #[command(flatten)]
    pub(super) serving: Serving,

    #[cfg(feature = "tls")]
    #[command(flatten)]
    tls: TlsOptions,

    /// Exit with status 1 if the requests were not those that the scenario expects
    #[arg(long)]
    pub(super) verify: bool,
}

/// A mock that was started, with the files that belong to it.
pub(super) struct Started {
    pub(super) mock: MockXend,
    pub(super) around: Around,
    reloading: Reloading,
    #[cfg(feature = "tls")]
    pub(super) ca: Option<CaFile>,
}

impl Options {
    /// Starts a mock. `listen` gives the addresses for a release if the options give none.
    pub(super) fn start(&self, listen: impl FnOnce(Release) -> Vec<(Face, Address)>) -> Result<Started, Error> {
        let scenario = match &self.scenario {
            Some(path) => Scenario::from_file(path)?,
            None => Scenario::default(),
        };
        let named = scenario.files().to_vec();
        let release = self.release.or(scenario.release());
        let world = match &self.world {
            Some(path) => Some(World::from_file(path, release, Clock::running().now())?),
            None => None,
        };
        let release = release.or(world.as_ref().map(World::release)).unwrap_or_default();
        let mut addresses = self.addresses();
        if addresses.is_empty() {
            addresses = listen(release);
        }
        let builder = MockXend::builder().release(release).scenario(scenario).faults(self.fault.iter().cloned());
        // The report is printed instead, also if the start fails later on.
        let builder = builder.verify_on_drop(false);
        let builder = match self.chaos {
            Some(chaos) => builder.chaos(chaos),
            None => builder,
        };
        let builder = match world {
            Some(world) => builder.world(world),
            None => builder,
        };
        let builder = match self.serving.socket_mode {
            Some(mode) => builder.socket_mode(mode),
            None => builder,
        };
        let builder = self.quirk.iter().fold(builder, |builder, &quirk| builder.quirk(quirk));
        #[cfg(feature = "tls")]
        let builder =
            builder.tls(self.tls.settings(addresses.iter().any(|(_, address)| matches!(address, Address::Tls(_))))?);
        let builder = addresses.into_iter().fold(builder, |builder, (face, address)| builder.listen(face, address));
        if let Some(path) = &self.dump_world {
            // Only checks that the world can be written. No temporary file is kept until then, because it would stay
            // behind if the program is killed.
            drop(open("--dump-world", path)?);
        }
        let opened = self.serving.open()?;
        #[cfg(feature = "tls")]
        let ca_file = self.tls.open_ca()?;
        let mock = builder.start()?;
        let files = Files { scenario: self.scenario.clone(), named, world: self.world.clone() };
        let reloading = Reloading::start(files, self.watch, mock.daemon().clone())?;
        #[cfg(feature = "tls")]
        let ca = self.tls.write_ca(ca_file, &mock)?;
        let around = self.serving.start(opened, &mock.served(), self.chaos)?;
        if self.verify && self.scenario.is_none() && !self.serving.has_admin() {
            print_to_stderr(
                "note: --verify checks nothing without --scenario: no request is expected, and none is unexpected\n",
            );
        }
        if self.watch && self.scenario.is_none() && self.world.is_none() {
            print_to_stderr("note: --watch reads nothing again without --scenario or --world\n");
        }
        Ok(Started {
            mock,
            around,
            reloading,
            #[cfg(feature = "tls")]
            ca,
        })
    }

    /// Returns the addresses that the options give.
    pub(super) fn addresses(&self) -> Vec<(Face, Address)> {
        let faces = [(Face::Sxp, &self.sxp), (Face::XmlRpc, &self.xmlrpc), (Face::XenApi, &self.xenapi)];
        let of = |(face, addresses): (Face, &Vec<Address>)| {
            addresses.iter().map(|address| (face, address.clone())).collect::<Vec<_>>()
        };
        faces.into_iter().flat_map(of).collect()
    }

    /// Stops a mock, writes what is written at the end, and prints the report.
    pub(super) fn stop(&self, started: Started) -> Result<Report, Error> {
        let Started { mock, around, reloading, .. } = started;
        // The log ends with the last handle to the daemon, and these have one each.
        let log = around.end();
        drop(reloading);
        let world = mock.daemon().with_world(|world| world.to_toml());
        let report = mock.stop();
        log.end();
        print_to_stderr(&report.to_string());
        if let Some(path) = &self.dump_world {
            let written = open("--dump-world", path)?.write(world.as_bytes());
            written.map_err(|error| cannot("--dump-world", path, error))?;
        }
        Ok(report)
    }
}

/// Returns Xend's own addresses, on loopback.
pub(super) fn own_ports(release: Release) -> Vec<(Face, Address)> {
    [Face::Sxp, Face::XmlRpc].map(|face| (face, Address::default_for(face, release))).into()
}

fn release_help() -> String {
    let names: Vec<_> = Release::ALL.iter().map(|release| release.as_str()).collect();
    let (last, others) = names.split_last().expect("there are releases");
    let default = Release::default();
    format!(
        "Emulate this release of the daemon: {} or {last} [default: that of the scenario or the world, or {default}]",
        others.join(", ")
    )
}
