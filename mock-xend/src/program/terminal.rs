//! The signals that end the program, and its output for people.

use std::future::poll_fn;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver};
use std::task::Poll;

use rustix::process::{getpid, kill_process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use xend_wire::visible_lines;

use crate::error::Error;

/// Returns a channel that receives the number of the first SIGINT, SIGTERM or SIGHUP.
///
/// A second signal ends the program at once, whatever it is busy with. The exit status is then the one that a shell
/// gives to a program that the signal killed.
pub(super) fn on_signal() -> io::Result<Receiver<i32>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _guard = runtime.enter();
        let on = |kind: SignalKind| Ok::<_, io::Error>((kind.as_raw_value(), signal(kind)?));
        [on(SignalKind::interrupt())?, on(SignalKind::terminate())?, on(SignalKind::hangup())?]
    };
    let (sender, receiver) = mpsc::channel();
    let wait = move || {
        let mut next = || {
            runtime.block_on(poll_fn(|context| {
                let come =
                    |(number, signal): &mut (i32, Signal)| signal.poll_recv(context).is_ready().then_some(*number);
                signals.iter_mut().find_map(come).map_or(Poll::Pending, Poll::Ready)
            }))
        };
        // The program may have ended already, and then nobody receives the message.
        let _ = sender.send(next());
        let number = next();
        std::process::exit(128 + number);
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(receiver)
}

/// Ends the program as SIGTERM does when its standard input ends.
pub(super) fn end_with_input() -> io::Result<()> {
    let wait = || {
        // An error is an end, too.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = kill_process(getpid(), rustix::process::Signal::TERM);
    };
    std::thread::Builder::new().name("input".to_owned()).spawn(wait).map(drop)
}

/// Prints the output that the user asked for on stdout. A reader that closes the pipe early is not an error.
pub(super) fn print_output(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::File { path: "standard output".to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// Prints text for people on stderr and ignores failures. Control characters from peers and files are escaped.
pub(super) fn print_to_stderr(text: &str) {
    let _ = io::stderr().write_all(visible_lines(text.as_bytes()).as_bytes());
}
