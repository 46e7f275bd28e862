//! The line between a mock and its clients: which faults replies get that no scenario gave them, and listeners that
//! can be told to refuse connections.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use xend_wire::operation::Face;

use crate::error::Error;
use crate::fault::{Certificate, Chaos, Fault, Faults, Refusal};

/// The state of the line, shared by all connections.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Whether replies can get faults here, so that most replies need only look at this.
    is_broken: AtomicBool,
    /// The faults of replies that have none of their own.
    everywhere: watch::Sender<Faults>,
    chaos: Option<Chaos>,
    /// The certificate of the listeners with TLS.
    certificate: Certificate,
    /// The faces that are served.
    faces: Vec<Face>,
    /// The number of replies so far that had faults or could have had some.
    replies: AtomicU64,
    listeners: Mutex<Vec<(Face, mpsc::Sender<Order>)>>,
}

/// The order to a listener to refuse connections. The sender is dropped once the listener is closed.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) refusal: Refusal,
    pub(crate) closed: oneshot::Sender<()>,
}

impl Line {
    /// # Errors
    /// Returns an error if the faults exclude each other, or apply to no reply.
    pub(crate) fn new(
        everywhere: Faults,
        chaos: Option<Chaos>,
        certificate: Certificate,
        faces: Vec<Face>,
    ) -> Result<Self, Error> {
        let line = Self { chaos, certificate, faces, ..Self::default() };
        line.set_checked(everywhere)?;
        Ok(line)
    }

    /// Sets the faults of replies that have none of their own.
    ///
    /// # Errors
    /// Returns an error if the faults exclude each other, or apply to no reply.
    pub(crate) fn set_checked(&self, everywhere: Faults) -> Result<(), Error> {
        let checked = everywhere.check().and_then(|()| everywhere.check_certificate(self.certificate));
        checked.and_then(|()| everywhere.check_faces(&self.faces)).map_err(|(_, why)| Error::Faults(why))?;
        self.set(everywhere);
        Ok(())
    }

    /// Sets the faults of replies that have none of their own, which were checked before.
    pub(crate) fn set(&self, everywhere: Faults) {
        self.is_broken.store(self.chaos.is_some() || !everywhere.is_empty(), Ordering::Release);
        self.everywhere.send_replace(everywhere);
    }

    /// Lets listeners accept connections again that an expectation has told to refuse them.
    pub(crate) fn reopen(&self) {
        self.set(self.everywhere());
    }

    /// Returns the faults of replies that have none of their own.
    pub(crate) fn everywhere(&self) -> Faults {
        self.everywhere.borrow().clone()
    }

    /// Returns a receiver of these faults, which sees when they change.
    pub(crate) fn watch(&self) -> watch::Receiver<Faults> {
        self.everywhere.subscribe()
    }

    /// Returns the faults of a reply of this length, with the seed of what is random in them; `None` if it has none.
    /// `own` are those that its scenario gave it, and random ones stand in the place of those of all replies; `has_tls` tells whether the connection has TLS.
    pub(crate) fn faults(&self, own: &Faults, has_tls: bool, length: usize) -> Option<(Faults, u64)> {
        if own.is_empty() && !self.is_broken.load(Ordering::Acquire) {
            return None;
        }
        let number = self.replies.fetch_add(1, Ordering::Relaxed);
        let random = self.chaos.filter(|_| own.is_empty()).map(|chaos| chaos.faults(number, length));
        let mut faults = if let Some(random) = random.filter(|random| !random.is_empty()) {
            random
        } else if own.is_empty() {
            // Listeners see to refusing and to handshakes by themselves.
            let is_for_replies = |fault: &&Fault| !matches!(fault, Fault::Refuse(_)) && !fault.is_of_handshake();
            self.everywhere.borrow().iter().filter(is_for_replies).cloned().collect()
        } else {
            own.clone()
        };
        if !has_tls && faults.iter().any(Fault::needs_tls) {
            faults = faults.iter().filter(|fault| !fault.needs_tls()).cloned().collect();
        }
        (!faults.is_empty()).then(|| (faults, Chaos::seed_of(0, number)))
    }

    /// Returns whether the line itself may reset connections.
    pub(crate) fn resets(&self) -> bool {
        self.is_broken.load(Ordering::Acquire) && (self.chaos.is_some() || self.everywhere().reset())
    }

    /// Adds a listener of a face, and returns the channel of its orders.
    pub(crate) fn listener(&self, face: Face) -> mpsc::Receiver<Order> {
        let (sender, receiver) = mpsc::channel(8);
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push((face, sender));
        receiver
    }

    /// Makes the listeners of a face refuse connections, and waits until they do.
    pub(crate) async fn refuse(&self, face: Face, refusal: Refusal) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (_, listener) in listeners.iter().filter(|(of, _)| *of == face) {
            let (closed, is_closed) = oneshot::channel();
            // A listener that is gone accepts no connection, and one with many orders refuses already.
            if listener.try_send(Order { refusal, closed }).is_ok() {
                let _ = is_closed.await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_reply_has_random_faults_in_the_place_of_those_of_all_replies() {
        // No random fault waits so long.
        let everywhere: Faults = [Fault::Delay(Duration::from_secs(3600))].into_iter().collect();
        let line = |chaos: &str| {
            let chaos = Some(chaos.parse().expect("SEED:RATE"));
            Line::new(everywhere.clone(), chaos, Certificate::None, vec![Face::Sxp]).expect("they fit")
        };
        let faults = |line: &Line| line.faults(&Faults::none(), false, 100).expect("each reply has some").0;
        let (all, none) = (line("5:1"), line("5:0"));
        let is_random = |faults: &Faults| *faults != everywhere;
        assert!((0..20).all(|_| is_random(&faults(&all))));
        assert!((0..20).all(|_| !is_random(&faults(&none))));
    }
}
