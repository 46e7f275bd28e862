//! A command with pipes to it, and a conversation with it that ends whatever it does.
//!
//! Every wait for a command is counted by a [`family::Watch`], so that none is shorter because the machine is busy.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::runtime::{self, Runtime};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::sleep;

use super::family::{self, Breach, Family};
use super::{Bounds, Fault};
use crate::Error;
use crate::interrupts::Interrupts;

/// How long a command may take to end once it has closed its output, and how long its output may stay open once it has
/// ended: what it started may hold the pipe.
const GRACE: Duration = Duration::from_millis(200);

/// How much of standard error is kept, in bytes.
const STDERR: usize = 8 << 10;

/// Where conversations run: one thread, which also notices that the user wants to stop. A command has a process group
/// of its own and gets no signal from the terminal.
pub(super) struct Runner {
    runtime: Runtime,
    interrupts: Interrupts,
}

impl Runner {
    pub(super) fn new() -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Harness(format!("can't wait for commands: {error}"));
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let interrupts = runtime.block_on(async { Interrupts::new() }).map_err(failed)?;
        family::adopt_orphans();
        Ok(Self { runtime, interrupts })
    }

    /// Runs to the end, unless the user stops the run.
    pub(super) fn run<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Error> {
        let Self { runtime, interrupts } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                output = future => Ok(output),
                how = interrupts.next() => Err(Error::Harness(how.to_owned())),
            }
        })
    }
}

/// A running command. Dropped, it ends with all that it started.
pub(super) struct Process {
    child: Child,
    family: Family,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: Arc<Mutex<Tail>>,
    stderr_reader: JoinHandle<()>,
}

/// Why a conversation broke off.
pub(super) enum Broken {
    /// The command has ended, or closed its output.
    Ended,
    /// It answers with too much.
    TooLong,
    /// It took too long, or too much of something else.
    Breach(Breach),
}

impl Process {
    /// Starts a command. Call it inside a [`Runner`].
    pub(super) fn spawn(command: &[OsString], environment: &[(&str, String)]) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let head = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let family = Family::of(head.ok_or(io::ErrorKind::NotFound)?);
        let stderr = Arc::new(Mutex::new(Tail::default()));
        let pipe = child.stderr.take().expect("it is piped");
        let stderr_reader = tokio::spawn(drain(pipe, Arc::clone(&stderr)));
        let stdout = BufReader::with_capacity(64 << 10, child.stdout.take().expect("it is piped"));
        Ok(Self { family, stdin: child.stdin.take(), stdout, stderr, stderr_reader, child })
    }

    /// Sends bytes and reads a line within a time, without its line break. Reading does not wait for the writing, so that a command
    /// that answers before it has read everything does not stand still.
    pub(super) async fn converse(
        &mut self,
        bytes: &[u8],
        then_close: bool,
        limit: Duration,
        bounds: &Bounds,
    ) -> Result<Vec<u8>, Broken> {
        let Self { child, stdin, stdout, family, .. } = self;
        let write = async {
            if let Some(pipe) = stdin.as_mut() {
                // A command that does not read may still answer; if it has ended, reading says so.
                let _ = pipe.write_all(bytes).await;
            }
            if then_close {
                stdin.take();
            }
            Ok(())
        };
        let exchange = async { tokio::try_join!(write, read_line(stdout, bounds.answer)).map(|((), line)| line) };
        let until_ended = async {
            tokio::select! {
                biased;
                line = exchange => line,
                () = ended(child) => Err(Broken::Ended),
            }
        };
        let line =
            within(family, limit, bounds, until_ended).await.unwrap_or_else(|breach| Err(Broken::Breach(breach)));
        // Twice, for what it wrote to standard error before it answered: once for the runtime to see that there is
        // something, once for the reader to read it.
        yield_now().await;
        yield_now().await;
        line
    }

    /// What the command has said already without being asked.
    pub(super) fn unasked(&self) -> &[u8] {
        self.stdout.buffer()
    }

    /// Closes the input and reads what else the command says until it ends, closes its output or its time is over.
    pub(super) async fn rest(&mut self, limit: Duration, bounds: &Bounds) -> Result<Vec<u8>, Broken> {
        self.stdin.take();
        let Self { child, stdout, family, stderr_reader, .. } = self;
        let mut rest = Vec::new();
        let mut limited = stdout.take(bounds.answer as u64);
        let until_ended = async {
            tokio::select! {
                biased;
                _ = limited.read_to_end(&mut rest) => {}
                () = ended(child) => {}
            }
        };
        let read = within(family, limit, bounds, until_ended).await;
        let _ = within(family, GRACE, bounds, stderr_reader).await;
        read.map(|()| rest).map_err(Broken::Breach)
    }

    /// Whether a signal ended the command after all that it said. Its exit status says nothing: parsers have one for a
    /// document that they reject.
    pub(super) async fn crash(&mut self, bounds: &Bounds) -> Option<Fault> {
        let status = within(&mut self.family, GRACE, bounds, self.child.wait()).await.ok()?.ok()?;
        status.signal().is_some().then(|| Fault::Crash(format!("it answered, and then crashed ({status})")))
    }

    /// Forgets what the command has written to standard error.
    pub(super) fn forget_stderr(&self) {
        self.tail(|tail| *tail = Tail::default());
    }

    /// What the command has written to standard error since.
    pub(super) fn stderr(&self) -> String {
        self.tail(|tail| tail.text())
    }

    /// Ends the command and all that it started. Says what was wrong and what it wrote to standard error. `limit` is the
    /// time that it had.
    pub(super) async fn end(mut self, why: Broken, limit: Duration, bounds: &Bounds) -> (Fault, String) {
        let fault = match why {
            Broken::Ended => {
                let status = within(&mut self.family, GRACE, bounds, self.child.wait()).await;
                Fault::Crash(ending(status.ok().and_then(Result::ok)))
            }
            Broken::TooLong => Fault::ResourceLimit(format!("an answer of more than {} bytes", bounds.answer)),
            Broken::Breach(Breach::Time) => Fault::Timeout(limit),
            Broken::Breach(Breach::Resource(what)) => Fault::ResourceLimit(what),
        };
        (fault, self.stop(bounds).await)
    }

    /// Ends the command and all that it started. Gives what it wrote to standard error.
    pub(super) async fn stop(mut self, bounds: &Bounds) -> String {
        self.kill();
        // Not without a limit: what runs as another user can't be killed.
        let _ = within(&mut self.family, GRACE, bounds, self.child.wait()).await;
        let _ = within(&mut self.family, GRACE, bounds, &mut self.stderr_reader).await;
        self.stderr()
    }

    fn kill(&mut self) {
        self.family.end();
        // Where there is no /proc it may have left its group.
        let _ = self.child.start_kill();
    }

    fn tail<T>(&self, access: impl FnOnce(&mut Tail) -> T) -> T {
        access(&mut self.stderr.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        self.stderr_reader.abort();
    }
}

/// Does something, unless the time of a command for it is over, or the command uses too much.
async fn within<T>(
    family: &mut Family,
    limit: Duration,
    bounds: &Bounds,
    future: impl Future<Output = T>,
) -> Result<T, Breach> {
    let mut watch = family.watch(limit);
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            output = &mut future => return Ok(output),
            () = sleep(family::TICK.min(limit)) => {}
        }
        if let Err(breach) = family.check(&mut watch, bounds) {
            // It may be done all the same, if the harness got no processor either.
            return tokio::select! { biased; output = future => Ok(output), () = yield_now() => Err(breach) };
        }
    }
}

/// Waits until the command has ended, and a little longer for what it has still said.
async fn ended(child: &mut Child) {
    let _ = child.wait().await;
    sleep(GRACE).await;
}

fn ending(status: Option<ExitStatus>) -> String {
    match status {
        // `exit status: 1`, `signal: 11 (SIGSEGV)`
        Some(status) => format!("it ended without an answer ({status})"),
        None => "it closed its standard output without an answer".to_owned(),
    }
}

async fn read_line(stdout: &mut (impl AsyncBufRead + Unpin), longest: usize) -> Result<Vec<u8>, Broken> {
    let mut line = Vec::new();
    loop {
        let piece = stdout.fill_buf().await.unwrap_or_default();
        if piece.is_empty() {
            return if line.is_empty() { Err(Broken::Ended) } else { Ok(line) };
        }
        let end = memchr::memchr(b'\n', piece);
        let taken = &piece[..end.unwrap_or(piece.len())];
        if line.len() + taken.len() > longest {
            return Err(Broken::TooLong);
        }
        line.extend_from_slice(taken);
        let length = taken.len() + usize::from(end.is_some());
        stdout.consume(length);
        if end.is_some() {
            return Ok(line);
        }
    }
}

/// The last of what was written.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() > 2 * STDERR {
            let cut = self.bytes.len() - STDERR;
            self.bytes.drain(..cut);
            self.is_cut = true;
        }
    }

    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        match text.split_once('\n') {
            Some((_, rest)) if self.is_cut => format!("… (the last lines of more)\n{rest}"),
            _ => text.into_owned(),
        }
    }
}

async fn drain(mut pipe: ChildStderr, tail: Arc<Mutex<Tail>>) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(length @ 1..) = pipe.read(&mut piece).await {
        tail.lock().unwrap_or_else(PoisonError::into_inner).push(&piece[..length]);
    }
}
