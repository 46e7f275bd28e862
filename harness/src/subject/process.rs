//! A running command with pipes to it. Every conversation with it ends, whatever the command does.
//!
//! Each wait for a command is measured by a [`Stopwatch`], so that a busy machine shortens no wait.

use std::ffi::OsString;
use std::io;
use std::mem;
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

use super::process_tree::{self, Breach, ProcessTree, Stopwatch};
use super::{Bounds, Fault};
use crate::Error;
use crate::interrupts::Interrupts;

/// How long a command may take to end after it has closed its output, and how long its output may stay open after it
/// has ended: a process that it started may still hold the pipe.
const GRACE: Duration = Duration::from_millis(200);

/// How much of the end of standard error is kept, in bytes.
const STDERR: usize = 8 << 10;

/// What is wrong with an answer that waits for its end.
const NO_LINE_BREAK: &str = "there is no line break behind the answer, so the harness waited for its end";

/// Runs conversations with commands on the calling thread, and ends them if a signal asks the harness to end.
///
/// A command has a process group of its own, so a signal from the terminal does not reach it.
pub(crate) struct Runner {
    runtime: Runtime,
    interrupts: Interrupts,
}

impl Runner {
    pub(crate) fn new() -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Harness(format!("can't set up running commands: {error}"));
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let interrupts = runtime.block_on(async { Interrupts::new() }).map_err(failed)?;
        process_tree::adopt_orphans();
        Ok(Self { runtime, interrupts })
    }

    /// Runs a future to its end.
    ///
    /// # Errors
    /// Returns [`Error::Interrupted`] if a signal asks the harness to end before that.
    pub(crate) fn run<T>(&mut self, future: impl Future<Output = T>) -> Result<T, Error> {
        let Self { runtime, interrupts } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                output = future => Ok(output),
                how = interrupts.next() => Err(Error::Interrupted(how.to_owned())),
            }
        })
    }
}

/// A running command. When it is dropped, the command and all processes that it started are killed.
pub(crate) struct Process {
    child: Child,
    tree: ProcessTree,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// What has come of a line whose end has not.
    partial: Vec<u8>,
    stderr: Arc<Mutex<Tail>>,
    stderr_reader: JoinHandle<()>,
}

/// The reason why a conversation with a command was ended.
pub(crate) enum ConversationError {
    /// The command has ended or closed its output.
    Ended,
    /// The answer is too long.
    TooLong,
    /// The command took too long, or used too much of a resource.
    Breach(Breach),
}

impl Process {
    /// Starts a command. It must be called inside a [`Runner`].
    pub(crate) fn spawn(command: &[OsString], environment: &[(&str, String)]) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mark = process_tree::new_mark();
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env(process_tree::MARK, &mark)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let head = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let tree = ProcessTree::new(head.ok_or(io::ErrorKind::NotFound)?, mark);
        let stderr = Arc::new(Mutex::new(Tail::default()));
        let pipe = child.stderr.take().expect("it is piped");
        let stderr_reader = tokio::spawn(drain(pipe, Arc::clone(&stderr)));
        let stdout = BufReader::with_capacity(64 << 10, child.stdout.take().expect("it is piped"));
        Ok(Self { tree, stdin: child.stdin.take(), stdout, partial: Vec::new(), stderr, stderr_reader, child })
    }

    /// Sends bytes and reads one line, which is returned without its line break.
    ///
    /// Reading does not wait for the writing, so a command that answers before it has read everything does not block.
    ///
    /// # Errors
    /// Returns why there is no line, if the command ends, writes too long a line, or breaks one of its limits.
    pub(crate) async fn send_and_read_line(
        &mut self,
        bytes: &[u8],
        then_close: bool,
        limit: Duration,
        bounds: &Bounds,
    ) -> Result<Vec<u8>, ConversationError> {
        let Self { child, stdin, stdout, partial, tree, .. } = self;
        let write = async {
            if let Some(pipe) = stdin.as_mut() {
                // A command that does not read its input may still answer. If it has ended, reading from it finds that
                // out.
                let _ = pipe.write_all(bytes).await;
            }
            if then_close {
                stdin.take();
            }
            Ok(())
        };
        let exchange =
            async { tokio::try_join!(write, read_line(stdout, partial, bounds.answer)).map(|((), line)| line) };
        let until_ended = async {
            tokio::select! {
                biased;
                line = exchange => line,
                () = ended(child) => Err(ConversationError::Ended),
            }
        };
        let line = within(tree, limit, bounds, until_ended)
            .await
            .unwrap_or_else(|breach| Err(ConversationError::Breach(breach)));
        // Two yields let the reader of standard error take what the command wrote before it answered: at the first the
        // runtime notices that the pipe has data, at the second the reader reads it.
        yield_now().await;
        yield_now().await;
        line
    }

    /// Returns a whole JSON value that came without the line break that an answer needs, if one did.
    pub(crate) fn unended_answer(&self) -> Option<&[u8]> {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.partial).is_ok().then_some(&*self.partial)
    }

    /// Returns what the command has already written beyond the line that was read last.
    pub(crate) fn unread_output(&self) -> &[u8] {
        self.stdout.buffer()
    }

    /// Closes the command's input and reads the rest of its output, until the command ends, closes its output or its
    /// time is over.
    ///
    /// # Errors
    /// Returns a [`ConversationError::Breach`] if the command breaks one of its limits.
    pub(crate) async fn rest(&mut self, limit: Duration, bounds: &Bounds) -> Result<Vec<u8>, ConversationError> {
        self.stdin.take();
        let Self { child, stdout, tree, stderr_reader, .. } = self;
        let mut rest = Vec::new();
        let mut limited = stdout.take(bounds.answer as u64);
        let until_ended = async {
            tokio::select! {
                biased;
                _ = limited.read_to_end(&mut rest) => {}
                () = ended(child) => {}
            }
        };
        let read = within(tree, limit, bounds, until_ended).await;
        let _ = within(tree, GRACE, bounds, stderr_reader).await;
        read.map(|()| rest).map_err(ConversationError::Breach)
    }

    /// Returns a fault if a signal ended the command after its answer. The exit status is ignored, because a parser may
    /// use it to report a document that it rejects.
    pub(crate) async fn crash(&mut self, bounds: &Bounds) -> Option<Fault> {
        let status = within(&mut self.tree, GRACE, bounds, self.child.wait()).await.ok()?.ok()?;
        status.signal().is_some().then(|| Fault::Crash(format!("the subject answered and then crashed ({status})")))
    }

    /// Discards what the command has written to standard error so far.
    pub(crate) fn forget_stderr(&self) {
        self.tail(|tail| *tail = Tail::default());
    }

    /// Returns the end of what the command has written to standard error since [`Process::forget_stderr`].
    pub(crate) fn stderr(&self) -> String {
        self.tail(|tail| tail.text())
    }

    /// Kills the command and all processes that it started, and returns the fault with what the command wrote to
    /// standard error. `limit` is the time that the command had.
    pub(crate) async fn end(mut self, why: ConversationError, limit: Duration, bounds: &Bounds) -> (Fault, String) {
        let fault = match why {
            ConversationError::Ended => {
                let status = within(&mut self.tree, GRACE, bounds, self.child.wait()).await;
                Fault::Crash(ending(status.ok().and_then(Result::ok)))
            }
            ConversationError::TooLong => {
                Fault::ResourceLimit(format!("the answer has more than {} bytes", bounds.answer))
            }
            ConversationError::Breach(Breach::Time) => match self.unended_answer() {
                Some(answer) => Fault::invalid(answer, NO_LINE_BREAK),
                None => Fault::Timeout(limit),
            },
            ConversationError::Breach(Breach::Resource(what)) => Fault::ResourceLimit(what),
        };
        (fault, self.stop(bounds).await)
    }

    /// Kills the command and all processes that it started, and returns what the command wrote to standard error.
    pub(crate) async fn stop(mut self, bounds: &Bounds) -> String {
        self.kill();
        // The wait needs a limit, because a process of another user can't be killed.
        let _ = within(&mut self.tree, GRACE, bounds, self.child.wait()).await;
        // A task that has ended and was waited for must not be waited for again.
        if !self.stderr_reader.is_finished() {
            let _ = within(&mut self.tree, GRACE, bounds, &mut self.stderr_reader).await;
        }
        self.stderr()
    }

    fn kill(&mut self) {
        self.tree.end();
        // Where there is no /proc, the command may have left its process group unnoticed.
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

/// Runs a future while it examines the command's processes.
///
/// # Errors
/// Returns a [`Breach`] if the command's time is over or it uses too much of a resource before the future is done.
async fn within<T>(
    tree: &mut ProcessTree,
    limit: Duration,
    bounds: &Bounds,
    future: impl Future<Output = T>,
) -> Result<T, Breach> {
    let mut watch = Stopwatch::start(limit);
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            output = &mut future => return Ok(output),
            () = sleep(watch.pause()) => {}
        }
        if let Err(breach) = tree.check(&mut watch, bounds) {
            // The future may be done all the same, if the harness itself got no processor for a while.
            return tokio::select! { biased; output = future => Ok(output), () = yield_now() => Err(breach) };
        }
    }
}

/// Waits until the command has ended, and a little longer so that its remaining output can be read.
async fn ended(child: &mut Child) {
    let _ = child.wait().await;
    sleep(GRACE).await;
}

fn ending(status: Option<ExitStatus>) -> String {
    match status {
        // `exit status: 1`, `signal: 11 (SIGSEGV)`
        Some(status) => format!("the subject ended without an answer ({status})"),
        None => "the subject closed its standard output without an answer".to_owned(),
    }
}

/// Reads a line; `line` keeps what has come of it if the reading is given up.
async fn read_line(
    stdout: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    longest: usize,
) -> Result<Vec<u8>, ConversationError> {
    loop {
        let piece = stdout.fill_buf().await.unwrap_or_default();
        if piece.is_empty() {
            return if line.is_empty() { Err(ConversationError::Ended) } else { Ok(mem::take(line)) };
        }
        let end = memchr::memchr(b'\n', piece);
        let taken = &piece[..end.unwrap_or(piece.len())];
        if line.len() + taken.len() > longest {
            return Err(ConversationError::TooLong);
        }
        line.extend_from_slice(taken);
        let length = taken.len() + usize::from(end.is_some());
        stdout.consume(length);
        if end.is_some() {
            return Ok(mem::take(line));
        }
    }
}

/// The end of a stream of bytes.
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
            Some((_, rest)) if self.is_cut => format!("… (earlier lines are left out)\n{rest}"),
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
