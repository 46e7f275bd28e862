//! Reading the scenario and the world again while a mock runs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use super::terminal::print_to_stderr;
use crate::error::Error;
use crate::host::Daemon;
use crate::scenario::Scenario;
use crate::world::World;

/// How often it is looked whether a file has changed.
const EVERY: Duration = Duration::from_millis(100);

/// The files that are read again.
pub(super) struct Files {
    pub(super) scenario: Option<PathBuf>,
    /// The files that the scenario names.
    pub(super) named: Vec<PathBuf>,
    pub(super) world: Option<PathBuf>,
}

/// A thread that reads the files again at each SIGUSR1, and when they change if they are watched. It ends when the value
/// is dropped.
pub(super) struct Reloading(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Reloading {
    pub(super) fn start(files: Files, watches: bool, daemon: Daemon) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let mut asked = {
            let _guard = runtime.enter();
            signal(SignalKind::user_defined1()).map_err(Error::Start)?
        };
        let (stop, mut stopped) = oneshot::channel();
        let [mut scenario, mut world] = [&files.scenario, &files.world].map(|path| Watched::new(path.as_deref()));
        let mut named = Watched::all(&files.named);
        let reload = move || {
            runtime.block_on(async {
                let mut ticks = interval(EVERY);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        // It stops whether the sender sends a message or is dropped.
                        _ = &mut stopped => return,
                        _ = asked.recv() => if let Some(read) = files.reload(&daemon, true, true) {
                            named = read;
                        },
                        _ = ticks.tick(), if watches => {
                            let (scenario, world) = (scenario.has_changed(), world.has_changed());
                            // Each is looked at, also behind one that has changed.
                            let named_have = named.iter_mut().fold(false, |have, one| one.has_changed() | have);
                            if (scenario || named_have || world)
                                && let Some(read) = files.reload(&daemon, scenario || named_have, world)
                            {
                                named = read;
                            }
                        }
                    }
                }
            });
        };
        let thread = std::thread::Builder::new().name("reload".to_owned()).spawn(reload).map_err(Error::Start)?;
        Ok(Self(Some((stop, thread))))
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            // Sending fails if the thread has ended already.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Files {
    /// Reads the files that are asked for, and says what came of it. With a mistake in either, both stay as they were.
    /// Returns the files that the scenario names, if it was read.
    fn reload(&self, daemon: &Daemon, scenario: bool, world: bool) -> Option<Vec<Watched>> {
        let scenario = self.scenario.as_deref().filter(|_| scenario);
        let world = self.world.as_deref().filter(|_| world);
        let names: Vec<_> = [scenario, world].into_iter().flatten().map(|path| path.display().to_string()).collect();
        if names.is_empty() {
            print_to_stderr("there is no file to read again: neither --scenario nor --world was given\n");
            return None;
        }
        let (scenario, named) = scenario.map(read_scenario).unzip();
        let read = || -> Result<(), Error> {
            let scenario = scenario.transpose()?;
            let world = world.map(|path| World::from_file(path, Some(daemon.release()), daemon.now())).transpose()?;
            daemon.replace(scenario, world)
        };
        match read() {
            Ok(()) => {
                let were = if names.len() == 1 { "was" } else { "were" };
                let generation = daemon.generation();
                print_to_stderr(&format!("{} {were} read again: generation {generation}\n", names.join(" and ")));
            }
            Err(error) => {
                let error = error.to_string();
                print_to_stderr(&format!("error: {}\nthe mock goes on as before\n", error.trim_end()));
            }
        }
        named
    }
}

/// Reads a scenario, and returns it with the files that it names, as they were before they were read: a change that
/// comes after that is seen, and so is a file that was missing and comes. Which files these are is known only once the
/// scenario is read, so it is read again.
fn read_scenario(path: &Path) -> (Result<Scenario, Error>, Vec<Watched>) {
    let (_, mut named) = Scenario::from_file_naming(path);
    loop {
        let watched = Watched::all(&named);
        let (scenario, again) = Scenario::from_file_naming(path);
        if again == named {
            return (scenario, watched);
        }
        named = again;
    }
}

/// A file that is watched.
struct Watched {
    path: Option<PathBuf>,
    /// What the file was when it was read.
    read: Option<Mark>,
    /// What it was when it was last looked at.
    seen: Option<Mark>,
}

/// What tells a file from what it was before: device, inode, length, and the time of its last change with nanoseconds.
type Mark = (u64, u64, u64, i64, i64);

impl Watched {
    fn new(path: Option<&Path>) -> Self {
        let mark = path.and_then(mark);
        Self { path: path.map(Path::to_owned), read: mark, seen: mark }
    }

    fn all(paths: &[PathBuf]) -> Vec<Self> {
        paths.iter().map(|path| Self::new(Some(path))).collect()
    }

    /// Looks at the file. Returns true once for each change: when the file has stayed the same from one look to the next,
    /// so that it is probably not read while it is written.
    fn has_changed(&mut self) -> bool {
        let now = self.path.as_deref().and_then(mark);
        let is_settled = now == std::mem::replace(&mut self.seen, now);
        // An editor may remove the old file before the new one is there.
        if now.is_none() || !is_settled || now == self.read {
            return false;
        }
        self.read = now;
        true
    }
}

fn mark(path: &Path) -> Option<Mark> {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec()))
}
