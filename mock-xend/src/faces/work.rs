//! Long computations, which run where no other connection waits for them.

#[cfg(test)]
pub(super) use tests::GATE;

/// The number of bytes from which on a request is parsed on a thread of its own.
pub(super) const LONG_REQUEST: usize = 64 << 10;
/// The number of records from which on a reply is made and printed on a thread of its own. A record is about 700 bytes
/// and takes a few microseconds.
pub(super) const MANY_RECORDS: usize = 200;

/// Runs a computation: at once if it is short, or else on a thread where no other connection waits for it.
///
/// All connections of a mock are served by one thread.
pub(super) async fn run<T: Send + 'static>(is_long: bool, work: impl FnOnce() -> T + Send + 'static) -> T {
    if !is_long {
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
            // The runtime is shutting down, and this connection ends with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::Receiver;

    use super::run;

    /// The gate at which the next long computation waits, if a test has closed it.
    pub(in crate::faces) static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);

    /// Waits until the test opens the gate or ends.
    pub(super) fn wait_at_the_gate() {
        let gate = GATE.lock().expect("no test panics with it").take();
        if let Some(gate) = gate {
            // Receiving fails when the test has ended.
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
