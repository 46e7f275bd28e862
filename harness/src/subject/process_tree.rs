//! The processes of a subject: the command and all processes that it started, according to `/proc`.
//!
//! A process that a command started may leave the command's process group (`setsid`) and lose its parent. The harness
//! therefore becomes the parent of all orphans below it (a *subreaper*), so that it can find them: a child of the
//! harness that the harness has not started itself, and that is in another process group, is an orphan of a subject. A
//! program that runs subjects by this library should not start other commands in process groups of their own at the
//! same time.
//!
//! Where there is no `/proc`, only the process group is known, and neither time nor memory is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpgrp, getpid, kill_process, kill_process_group, waitpid};

use super::Bounds;

/// The ids of the commands that the harness has started and that are still running: they are not orphans.
static STARTED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The variable in the environment of a command and of everything that it starts, whose value tells which command it
/// was.
pub(super) const MARK: &str = "XEND_HARNESS_SUBJECT";

/// How often the processes of a running subject are examined.
const TICK: Duration = Duration::from_millis(50);

/// A subject must stop after this many times its deadline, however long it waited for a processor.
const WALL: u32 = 10;

/// How many processes a subject may have at once. A parser needs only a few, and one that forks without end would use
/// up the machine.
const PROCESSES: usize = 1_000;

/// How many times the remaining processes are looked for and killed. A killed process starts no other, so a few rounds
/// are enough.
const ROUNDS: usize = 50;

/// Returns a value for [`MARK`] that no other command has.
pub(super) fn new_mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}.{}", getpid().as_raw_pid(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Makes the harness the parent of the orphans of subjects from now on.
pub(super) fn adopt_orphans() {
    // If the kernel does not support it, only the process group of a subject is known.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// A command and all processes that it started.
#[derive(Debug)]
pub(super) struct ProcessTree {
    /// The command itself, which leads a process group.
    head: Pid,
    /// The value of [`MARK`] in the environment of the command.
    mark: String,
    /// When the command started, in ticks since the machine started. Older processes do not belong to it.
    since: u64,
    /// The processes that were seen at the last examination, each with its start time, because the kernel uses ids
    /// again.
    seen: BTreeMap<i32, u64>,
    /// How long each thread, by process and thread id, had waited for a processor when it was last seen, in
    /// nanoseconds.
    waits: BTreeMap<(i32, i32), u64>,
}

/// A process, as `/proc/PID/stat` shows it.
#[derive(Clone, Copy, Debug)]
struct Process {
    id: i32,
    is_zombie: bool,
    parent: i32,
    group: i32,
    /// When the process started, in ticks since the machine started.
    since: u64,
}

/// The resources that a subject uses at a moment.
struct Usage {
    processes: usize,
    /// The memory in use, in bytes. Memory that several processes share counts for each of them.
    memory: u64,
}

/// Measures the time that a subject takes.
///
/// The time that its threads wait for a processor does not count, and neither does the time of the harness itself. So
/// sleeping counts and waiting for a busy machine does not, and a busy machine changes no verdict.
///
/// Nothing is measured until the processes are examined for the first time, and the time until then does not count:
/// most answers come before that, and looking into `/proc` takes longer than a short answer does.
pub(super) struct Stopwatch {
    limit: Duration,
    begin: Instant,
    /// How much of the time since the beginning does not count; `None` before the first examination.
    waited: Option<Duration>,
}

impl Stopwatch {
    /// Starts to measure time, with a limit.
    pub(super) fn start(limit: Duration) -> Self {
        Self { limit, begin: Instant::now(), waited: None }
    }

    /// Returns how long to wait until the processes are examined again. It is short beside the limit, so that the time
    /// before the first examination is.
    pub(super) fn pause(&self) -> Duration {
        TICK.min(self.limit / 8)
    }

    /// Notes how long threads have waited since the last examination, and returns whether the time is over.
    fn is_over(&mut self, waits: Duration) -> bool {
        let passed = self.begin.elapsed();
        let waited = self.waited.map_or(passed, |waited| waited + waits);
        self.waited = Some(waited);
        passed.saturating_sub(waited) >= self.limit || passed >= self.limit * WALL
    }
}

/// The reason why a subject must be stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// The subject's time is over.
    Time,
    /// The subject uses too much of a resource; the text says which and how much is allowed.
    Resource(String),
}

impl ProcessTree {
    /// Begins to observe a command that was just started in a process group of its own.
    pub(super) fn new(head: Pid, mark: String) -> Self {
        started().insert(head.as_raw_pid());
        // A subject may take all memory of the machine between two examinations. The kernel then ends the subject, and
        // not the harness. All that the subject starts inherits this; where it can't be set, nothing is lost.
        let _ = fs::write(format!("/proc/{}/oom_score_adj", head.as_raw_pid()), "1000");
        // The process exists even if it has ended, because nobody has waited for it yet.
        let since = process(head.as_raw_pid()).map_or(u64::MAX, |process| process.since);
        Self { head, mark, since, seen: BTreeMap::new(), waits: BTreeMap::new() }
    }

    /// Examines the processes.
    ///
    /// # Errors
    /// Returns a [`Breach`] if they must be stopped, because their time is over or they use too much memory or too many
    /// processes.
    pub(super) fn check(&mut self, watch: &mut Stopwatch, bounds: &Bounds) -> Result<(), Breach> {
        let members = self.members();
        let ids: Vec<_> = members.iter().map(|process| process.id).collect();
        let waits = Duration::from_nanos(self.count_waits(&ids));
        let usage = Usage { processes: ids.len(), memory: ids.iter().map(|&id| memory(id)).sum() };
        if usage.memory > bounds.memory {
            return Err(Breach::Resource(format!("the subject uses more than {} MiB of memory", bounds.memory >> 20)));
        }
        if usage.processes > PROCESSES {
            return Err(Breach::Resource(format!("the subject has more than {PROCESSES} processes at once")));
        }
        if watch.is_over(waits) { Err(Breach::Time) } else { Ok(()) }
    }

    /// Kills all processes, including the command.
    pub(super) fn end(&mut self) {
        // The whole group is killed at once, so that no member starts another process meanwhile. It may have ended
        // already.
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

    /// Returns the processes that are running. Orphans that have ended are waited for on the way, so that they leave no
    /// zombie.
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
        // Several commands may run at once, and each has orphans of its own. One that has dropped its environment
        // belongs to the only command that runs, if there is one.
        let is_own_orphan = |process: &Process| {
            is_orphan(process) && mark_of(process.id).map_or(started.len() == 1, |mark| mark == self.mark)
        };
        let is_seen = |process: &Process| self.seen.get(&process.id) == Some(&process.since);
        let mut ids: BTreeSet<i32> =
            all.iter().filter(|it| it.id == head || is_seen(it) || is_own_orphan(it)).map(|it| it.id).collect();
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for process in &all {
            children.entry(process.parent).or_default().push(process.id);
        }
        let mut open: Vec<_> = ids.iter().copied().collect();
        while let Some(id) = open.pop() {
            open.extend(children.get(&id).into_iter().flatten().filter(|&&child| ids.insert(child)));
        }
        for orphan in all.iter().filter(|process| process.is_zombie && is_orphan(process)) {
            // The harness is the parent, so nobody else waits for this process.
            let _ = waitpid(Pid::from_raw(orphan.id), WaitOptions::NOHANG);
        }
        drop(started);
        let members: Vec<_> = all.into_iter().filter(|it| ids.contains(&it.id) && !it.is_zombie).collect();
        self.seen = members.iter().map(|process| (process.id, process.since)).collect();
        members
    }

    /// Returns how long the threads of the given processes and of the harness have waited for a processor since the
    /// last call, in nanoseconds.
    fn count_waits(&mut self, ids: &[i32]) -> u64 {
        let mut more = 0;
        let mut now = BTreeMap::new();
        for &id in ids.iter().chain([&getpid().as_raw_pid()]) {
            for (thread, waited) in waits(id) {
                let before = self.waits.get(&(id, thread)).copied().unwrap_or_default();
                // A smaller number than before belongs to another thread that has got the same id.
                more += if waited < before { waited } else { waited - before };
                now.insert((id, thread), waited);
            }
        }
        self.waits = now;
        more
    }
}

impl Drop for ProcessTree {
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
    // The second field is the name in parentheses, which may contain any character, so fields are counted after it.
    let rest = str::from_utf8(stat.rsplit(|&byte| byte == b')').next()?).ok()?;
    let fields: Vec<_> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let id_at = |at: usize| i32::try_from(number(at)?).ok();
    let is_zombie = matches!(*fields.first()?, "Z" | "X");
    Some(Process { id, is_zombie, parent: id_at(1)?, group: id_at(2)?, since: number(19)? })
}

/// Returns the value of [`MARK`] in the environment of a process, if it has one.
fn mark_of(id: i32) -> Option<String> {
    let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
    let variables = environment.split(|&byte| byte == 0);
    let mark = variables.filter_map(|it| it.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")).next()?;
    Some(String::from_utf8_lossy(mark).into_owned())
}

/// Returns how long each thread of a process has waited for a processor: the second number of its `schedstat`.
fn waits(id: i32) -> Vec<(i32, u64)> {
    let entries = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let wait = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, text.split_ascii_whitespace().nth(1)?.parse().ok()?))
    };
    entries.filter_map(wait).collect()
}

/// Returns how much memory a process has in use, in bytes.
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

    /// Any other process of the test would look like an orphan, so these tests run one after the other.
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());

    fn alone() -> std::sync::MutexGuard<'static, ()> {
        ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a shell in a process group of its own.
    fn shell(script: &str) -> (Child, ProcessTree) {
        let mut command = Command::new("sh");
        let mark = new_mark();
        let command =
            command.args(["-c", script]).env(MARK, &mark).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn().expect("sh runs");
        let head = Pid::from_child(&child);
        (child, ProcessTree::new(head, mark))
    }

    fn bounds() -> Bounds {
        Bounds::default()
    }

    /// A stopwatch that began some time ago, while the subject waited for a processor for some of that time.
    fn watch(limit: Duration, passed: Duration, waited: Duration) -> Stopwatch {
        let begin = Instant::now().checked_sub(passed).expect("the machine is older");
        Stopwatch { limit, begin, waited: Some(waited) }
    }

    #[test]
    fn sleeping_counts_and_being_starved_does_not() {
        let _alone = alone();
        let (mut child, mut tree) = shell("read _");
        let second = Duration::from_secs(1);
        let check = |tree: &mut ProcessTree, passed: Duration, waited: Duration| {
            // What this test itself has waited so far does not count.
            tree.check(&mut Stopwatch::start(second), &bounds()).expect("its time begins");
            tree.check(&mut watch(second, passed, waited), &bounds())
        };
        assert_eq!(check(&mut tree, second / 2, Duration::ZERO), Ok(()));
        assert_eq!(check(&mut tree, second * 3, Duration::ZERO), Err(Breach::Time));
        // First nine tenths of the time without a processor, then ten times the limit.
        assert_eq!(check(&mut tree, second * 5, second * 9 / 2), Ok(()));
        assert_eq!(check(&mut tree, second * 10, second * 10), Err(Breach::Time));
        // Nobody knows how much of the time until the first examination the subject waited.
        let mut late = Stopwatch { waited: None, ..watch(second, second * 9, Duration::ZERO) };
        assert_eq!(tree.check(&mut late, &bounds()), Ok(()));
        late.begin -= second;
        assert_eq!(tree.check(&mut late, &bounds()), Err(Breach::Time));
        tree.end();
        child.wait().expect("it ends");
    }

    /// The kernel reports how long a thread that shares a processor with others waits for it.
    #[test]
    fn threads_that_share_a_processor_wait_for_it() {
        let _alone = alone();
        let processors = std::thread::available_parallelism().expect("a number").get();
        let busy = "while :; do :; done & ".repeat(2 * processors + 2);
        let (mut child, mut tree) = shell(&format!("{busy} wait"));
        let mut watch = watch(Duration::from_secs(3600), Duration::ZERO, Duration::ZERO);
        tree.check(&mut watch, &bounds()).expect("its time begins");
        let before = watch.waited.expect("it was examined");
        while watch.waited < Some(before + Duration::from_millis(100)) {
            assert_eq!(tree.check(&mut watch, &bounds()), Ok(()));
            std::thread::yield_now();
        }
        tree.end();
        child.wait().expect("it ends");
    }

    #[test]
    fn too_much_memory_is_a_breach() {
        let _alone = alone();
        let (mut child, mut tree) = shell("read _");
        let mut watch = Stopwatch::start(Duration::from_secs(3600));
        let bounds = Bounds { memory: 1 << 10, ..bounds() };
        let breach = Breach::Resource("the subject uses more than 0 MiB of memory".to_owned());
        assert_eq!(tree.check(&mut watch, &bounds), Err(breach));
        tree.end();
        child.wait().expect("it ends");
    }

    /// If the machine has no memory left, the kernel ends a subject before the harness.
    #[test]
    fn a_subject_is_what_the_kernel_ends_first() {
        let _alone = alone();
        let (mut child, mut tree) = shell("read _; cat /proc/self/oom_score_adj");
        std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), b"\n").expect("it reads");
        let mut said = String::new();
        let mut output = child.stdout.take().expect("it is piped");
        std::io::Read::read_to_string(&mut output, &mut said).expect("it writes");
        assert_eq!(said, "1000\n");
        tree.end();
        child.wait().expect("it ends");
    }

    /// Even a process that made a session of its own and lost its parent is ended.
    #[test]
    fn whatever_a_command_started_ends_with_it() {
        let _alone = alone();
        adopt_orphans();
        let script = "(setsid sh -c 'sleep 1000 & echo $!; wait' &); sleep 1000 & echo $!; wait";
        let (mut child, mut tree) = shell(script);
        let mut output = std::io::BufReader::new(child.stdout.take().expect("it is piped"));
        let mut ids = Vec::new();
        for _ in 0..2 {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
            ids.push(line.trim().parse::<i32>().expect("a number"));
        }
        assert!(ids.iter().all(|&id| process(id).is_some_and(|it| !it.is_zombie)));
        tree.end();
        child.wait().expect("it ends");
        while ids.iter().any(|&id| process(id).is_some_and(|it| !it.is_zombie)) {
            std::thread::yield_now();
        }
    }
}
