//! Work that takes long, done where no other connection waits for it.

#[cfg(test)]
pub(super) use tests::GATE;

/// Requests and bodies of more bytes are taken apart on a thread of their own.
pub(super) const MUCH_TO_READ: usize = 64 << 10;
/// Replies of more records are made and printed on a thread of their own: a record is about 700 bytes, and takes a few
/// microseconds.
pub(super) const MUCH_TO_PRINT: usize = 200;

/// Does some work: at once where there is little of it, or else on a thread where no other connection waits for it.
///
/// All connections of a mock are served by one thread.
pub(super) async fn run<T: Send + 'static>(is_much: bool, work: impl FnOnce() -> T + Send + 'static) -> T {
    if !is_much {
        return work();
    }
    #[cfg(test)]
    let work = || {
        tests::wait_at_the_gate();
        work()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this connection with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::Receiver;

    use super::run;

    /// Where the next long work waits, if a test has closed the gate.
    pub(in crate::faces) static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);

    /// Waits until the test opens the gate, or is over.
    pub(super) fn wait_at_the_gate() {
        let gate = GATE.lock().expect("no test panics with it").take();
        if let Some(gate) = gate {
            // The sender is gone when the test is over.
            let _ = gate.recv();
        }
    }

    #[tokio::test]
    async fn little_work_is_done_where_it_came_up() {
        let here = std::thread::current().id();
        assert_eq!(run(false, || std::thread::current().id()).await, here);
        assert_ne!(run(true, || std::thread::current().id()).await, here);
    }

    #[tokio::test]
    #[should_panic = "as it was"]
    async fn a_panic_goes_on_where_the_work_came_up() {
        run(true, || panic!("as it was")).await;
    }
}
