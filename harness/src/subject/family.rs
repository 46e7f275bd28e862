//! The processes of a subject: the command and all that it started, as `/proc` shows them.
//!
//! What a command starts may leave its process group (`setsid`) and lose its parent. The harness is therefore the parent
//! of all orphans below it (a *subreaper*), so that none is out of sight: a child of the harness that the harness has not
//! started itself, and that is in another process group, is an orphan of a subject. Whoever runs subjects from this
//! library should start no other command in a process group of its own meanwhile.
//!
//! Where there is no `/proc`, only the process group is known, and no time and no memory is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpgrp, getpid, kill_process, kill_process_group, waitpid};

use super::Bounds;

/// The commands that the harness has started and that are still there: they are no orphans.
static STARTED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How often a subject that takes its time is looked at.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// How many times its deadline a subject has at most, however long it waits for a processor.
const WALL: u32 = 10;

/// How many processes a subject may have at once. No reader needs more than a few; one that forks without end would take
/// the machine.
const PROCESSES: usize = 1_000;

/// How many times what is left is looked for and killed: a killed process starts no other, so that a few rounds do.
const ROUNDS: usize = 50;

/// Makes the harness the parent of the orphans of subjects, from now on.
pub(super) fn adopt_orphans() {
    // A kernel that can't leaves it at process groups.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// A command and all that it started.
#[derive(Debug)]
pub(super) struct Family {
    /// The command, which leads a process group.
    head: Pid,
    /// When it started, in ticks since the machine did: what is older is none of it.
    since: u64,
    /// Every process of it that was seen and may still be there, with when it started: a number may be used again.
    seen: BTreeMap<i32, u64>,
    /// How long each thread has waited for a processor in its life, as it was last seen, in nanoseconds.
    waits: BTreeMap<(i32, i32), u64>,
}

/// A process, as `/proc/PID/stat` shows it.
#[derive(Clone, Copy, Debug)]
struct Process {
    id: i32,
    is_zombie: bool,
    parent: i32,
    group: i32,
    /// When it started, in ticks since the machine did.
    since: u64,
}

/// What a subject uses at a moment.
struct Usage {
    processes: usize,
    /// Memory in use, in bytes; what several processes share counts for each of them.
    memory: u64,
}

/// The time that a subject has for something. What it waits for a processor, and what the harness does, does not count:
/// sleeping counts and being starved does not, so that a busy machine changes no verdict.
pub(super) struct Watch {
    limit: Duration,
    begin: Instant,
    waited: Duration,
}

/// Why a subject must stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Breach {
    /// Its time is over.
    Time,
    /// It uses too much of something, and how much it may use.
    Resource(String),
}

impl Family {
    /// Of a command that was just started in a process group of its own.
    pub(super) fn of(head: Pid) -> Self {
        started().insert(head.as_raw_pid());
        // It is there, ended or not, as long as nobody has waited for it.
        let since = process(head.as_raw_pid()).map_or(u64::MAX, |process| process.since);
        Self { head, since, seen: BTreeMap::new(), waits: BTreeMap::new() }
    }

    /// Begins to count the time for something.
    pub(super) fn watch(&mut self, limit: Duration) -> Watch {
        // What was waited before does not count. Processes that nobody has seen yet are new.
        let known: Vec<_> = self.seen.keys().copied().chain([self.head.as_raw_pid()]).collect();
        self.count_waits(&known);
        Watch { limit, begin: Instant::now(), waited: Duration::ZERO }
    }

    /// Looks at the processes. Says whether they must stop.
    pub(super) fn check(&mut self, watch: &mut Watch, bounds: &Bounds) -> Result<(), Breach> {
        let members = self.members();
        let ids: Vec<_> = members.iter().map(|process| process.id).collect();
        watch.waited += Duration::from_nanos(self.count_waits(&ids));
        let usage = Usage { processes: ids.len(), memory: ids.iter().map(|&id| memory(id)).sum() };
        if usage.memory > bounds.memory {
            return Err(Breach::Resource(format!("it uses more than {} MiB of memory", bounds.memory >> 20)));
        }
        if usage.processes > PROCESSES {
            return Err(Breach::Resource(format!("it has more than {PROCESSES} processes at once")));
        }
        let passed = watch.begin.elapsed();
        let is_over = passed.saturating_sub(watch.waited) >= watch.limit || passed >= watch.limit * WALL;
        if is_over { Err(Breach::Time) } else { Ok(()) }
    }

    /// Ends all of them, the command included.
    pub(super) fn end(&mut self) {
        // At once, so that nothing of the group starts another meanwhile. It may be gone already.
        let _ = kill_process_group(self.head, Signal::KILL);
        let mut killed = BTreeSet::new();
        for _ in 0..ROUNDS {
            let left: Vec<_> = self.members().into_iter().filter(|process| killed.insert(process.id)).collect();
            if left.is_empty() {
                break;
            }
            for id in left.iter().filter_map(|process| Pid::from_raw(process.id)) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }

    /// The processes that are there, without those that have ended. Orphans that have ended are buried on the way.
    fn members(&mut self) -> Vec<Process> {
        let all = processes();
        let (own, own_group, head) = (getpid().as_raw_pid(), getpgrp().as_raw_pid(), self.head.as_raw_pid());
        let started = started();
        let is_orphan = |process: &Process| {
            process.parent == own
                && process.group != own_group
                && process.since >= self.since
                && !started.contains(&process.id)
        };
        let is_seen = |process: &Process| self.seen.get(&process.id) == Some(&process.since);
        let mut ids: BTreeSet<i32> =
            all.iter().filter(|it| it.id == head || is_orphan(it) || is_seen(it)).map(|it| it.id).collect();
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for process in &all {
            children.entry(process.parent).or_default().push(process.id);
        }
        let mut open: Vec<_> = ids.iter().copied().collect();
        while let Some(id) = open.pop() {
            open.extend(children.get(&id).into_iter().flatten().filter(|&&child| ids.insert(child)));
        }
        for orphan in all.iter().filter(|process| process.is_zombie && is_orphan(process)) {
            // Nobody else waits for it.
            let _ = waitpid(Pid::from_raw(orphan.id), WaitOptions::NOHANG);
        }
        drop(started);
        let members: Vec<_> = all.into_iter().filter(|it| ids.contains(&it.id) && !it.is_zombie).collect();
        self.seen = members.iter().map(|process| (process.id, process.since)).collect();
        members
    }

    /// How long the threads of some processes, and those of the harness, have waited for a processor since they were last
    /// asked, in nanoseconds.
    fn count_waits(&mut self, ids: &[i32]) -> u64 {
        let mut more = 0;
        let mut now = BTreeMap::new();
        for &id in ids.iter().chain([&getpid().as_raw_pid()]) {
            for (thread, waited) in waits(id) {
                let before = self.waits.get(&(id, thread)).copied().unwrap_or_default();
                // Less than before is another thread of the same number.
                more += if waited < before { waited } else { waited - before };
                now.insert((id, thread), waited);
            }
        }
        self.waits = now;
        more
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        started().remove(&self.head.as_raw_pid());
    }
}

fn started() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn process(id: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    // The second field is the name, in parentheses, which may hold anything.
    let rest = str::from_utf8(stat.rsplit(|&byte| byte == b')').next()?).ok()?;
    let fields: Vec<_> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let id_at = |at: usize| i32::try_from(number(at)?).ok();
    let is_zombie = matches!(*fields.first()?, "Z" | "X");
    Some(Process { id, is_zombie, parent: id_at(1)?, group: id_at(2)?, since: number(19)? })
}

/// How long each thread of a process has waited for a processor: the second number of its `schedstat`.
fn waits(id: i32) -> Vec<(i32, u64)> {
    let entries = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let wait = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, text.split_ascii_whitespace().nth(1)?.parse().ok()?))
    };
    entries.filter_map(wait).collect()
}

/// How much memory a process has in use, in bytes.
fn memory(id: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages = text.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or_default() * rustix::param::page_size() as u64
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// An orphan is told by what it is not, so that these tests go one by one.
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());

    fn alone() -> std::sync::MutexGuard<'static, ()> {
        ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shell in a process group of its own, and its family.
    fn shell(script: &str) -> (Child, Family) {
        let mut command = Command::new("sh");
        let command = command.args(["-c", script]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().expect("sh runs");
        let head = Pid::from_child(&child);
        (child, Family::of(head))
    }

    fn bounds() -> Bounds {
        Bounds::default()
    }

    /// A watch that began an hour ago and was told of some starving.
    fn watch(limit: Duration, passed: Duration, waited: Duration) -> Watch {
        let begin = Instant::now().checked_sub(passed).expect("the machine is older");
        Watch { limit, begin, waited }
    }

    #[test]
    fn sleeping_counts_and_being_starved_does_not() {
        let _alone = alone();
        let (mut child, mut family) = shell("read _");
        let second = Duration::from_secs(1);
        let check = |family: &mut Family, passed: Duration, waited: Duration| {
            family.check(&mut watch(second, passed, waited), &bounds())
        };
        assert_eq!(check(&mut family, second / 2, Duration::ZERO), Ok(()));
        assert_eq!(check(&mut family, second, Duration::ZERO), Err(Breach::Time));
        // Nine of ten seconds without a processor; then the wall.
        assert_eq!(check(&mut family, second * 5, second * 9 / 2), Ok(()));
        assert_eq!(check(&mut family, second * 10, second * 10), Err(Breach::Time));
        family.end();
        child.wait().expect("it ends");
    }

    /// A thread that shares a processor with others waits for it, which the kernel tells.
    #[test]
    fn threads_that_share_a_processor_wait_for_it() {
        let _alone = alone();
        let processors = std::thread::available_parallelism().expect("a number").get();
        let busy = "while :; do :; done & ".repeat(2 * processors + 2);
        let (mut child, mut family) = shell(&format!("{busy} wait"));
        let mut watch = family.watch(Duration::from_secs(3600));
        while watch.waited < Duration::from_millis(100) {
            assert_eq!(family.check(&mut watch, &bounds()), Ok(()));
            std::thread::yield_now();
        }
        family.end();
        child.wait().expect("it ends");
    }

    #[test]
    fn too_much_memory_is_a_breach() {
        let _alone = alone();
        let (mut child, mut family) = shell("read _");
        let mut watch = family.watch(Duration::from_secs(3600));
        let bounds = Bounds { memory: 1 << 10, ..bounds() };
        let breach = Breach::Resource("it uses more than 0 MiB of memory".to_owned());
        assert_eq!(family.check(&mut watch, &bounds), Err(breach));
        family.end();
        child.wait().expect("it ends");
    }

    /// Also those that made a session of their own and lost their parent.
    #[test]
    fn whatever_a_command_started_ends_with_it() {
        let _alone = alone();
        adopt_orphans();
        let script = "(setsid sh -c 'sleep 1000 & echo $!; wait' &); sleep 1000 & echo $!; wait";
        let (mut child, mut family) = shell(script);
        let mut output = std::io::BufReader::new(child.stdout.take().expect("it is piped"));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
            ids.push(line.trim().parse::<i32>().expect("a number"));
        }
        assert!(ids.iter().all(|&id| process(id).is_some_and(|it| !it.is_zombie)));
        family.end();
        child.wait().expect("it ends");
        while ids.iter().any(|&id| process(id).is_some_and(|it| !it.is_zombie)) {
            std::thread::yield_now();
        }
    }
}
