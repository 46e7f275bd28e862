//! From the bytes of a reply and its faults to the steps that send it.

use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

use super::edit::{self, Chunks};
use super::kind::{Fault, LONGEST_GARBAGE, Refusal};
use super::list::Faults;
use super::place::{Parts, Spot};

/// How a reply is sent: its bytes, the steps to take, and what becomes of the connection.
#[derive(Debug)]
pub struct Plan {
    /// The bytes that are sent, faults included.
    pub bytes: Vec<u8>,
    /// Where the sending stops for a time, in order.
    waits: Vec<(usize, Duration)>,
    pace: Pace,
    jitter: Option<(Duration, Rng)>,
    /// What happens to the connection after the last byte; `None` if the face decides as usual.
    pub end: Option<End>,
    /// For how long the listeners of the face refuse connections, from before the first byte on.
    pub refusal: Option<Refusal>,
    /// The faults that apply. A fault whose place the reply lacks does not.
    pub applied: Faults,
}

/// A step of sending a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendStep {
    /// These bytes of the plan are sent at once.
    Send(Range<usize>),
    /// Nothing is sent for a time.
    Wait(Duration),
}

/// What happens to a connection after the last byte of a broken reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is closed.
    Close,
    /// It is closed without the `close_notify` of TLS.
    CloseSilently,
    /// The sending side is closed; the mock reads on.
    HalfClose,
    /// It stays open, and nothing more is sent.
    Stall,
    /// It is reset.
    Reset,
    /// It is closed when the next request begins to arrive.
    CloseUnderNextRequest,
}

/// In which pieces a reply is sent.
#[derive(Clone, Debug)]
enum Pace {
    Whole,
    Pieces { size: usize, every: Duration },
    Split { sizes: Vec<usize>, next: usize },
}

/// The time between two pieces of a reply that is split.
const BETWEEN_PIECES: Duration = Duration::from_millis(1);
/// How often a second a reply with limited bandwidth is sent on.
const PIECES_A_SECOND: usize = 100;

impl Plan {
    /// Makes the plan for a reply. `seed` decides what is random in it.
    pub fn new(reply: &[u8], faults: &Faults, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let parts = Parts::of(reply);
        let mut head = parts.head.to_vec();
        let mut chunks = None;
        let mut plan = Self {
            bytes: Vec::new(),
            waits: Vec::new(),
            pace: Pace::Whole,
            jitter: None,
            end: None,
            refusal: None,
            applied: Faults::none(),
        };
        let mut applied = Vec::new();
        // What is inserted, where the reply is cut, and how it ends, each at its place.
        let (mut inserts, mut pauses, mut cut, mut end) = (Vec::new(), Vec::new(), None, None);
        for fault in faults {
            if fault.needs_head() && parts.head.is_empty() {
                continue;
            }
            let spot = fault.place().map(|place| place.find(parts));
            let spot = match spot {
                Some(None) => continue,
                Some(Some(spot)) => spot,
                None => Spot::Head(0),
            };
            match fault {
                Fault::Delay(time) => pauses.push((Spot::Head(0), *time)),
                Fault::Jitter(most) => plan.jitter = Some((*most, rng.fork())),
                Fault::Pause { time, .. } => pauses.push((spot, *time)),
                Fault::Drip { bytes, every } => plan.pace = Pace::Pieces { size: bytes.get(), every: *every },
                Fault::Bandwidth(rate) => {
                    let size = (rate.get() / PIECES_A_SECOND).max(1);
                    let every = Duration::from_secs_f64(size as f64 / rate.get() as f64);
                    plan.pace = Pace::Pieces { size, every };
                }
                Fault::Split(sizes) => {
                    let sizes = sizes.iter().map(|size| size.get()).collect();
                    plan.pace = Pace::Split { sizes, next: 0 };
                }
                Fault::Truncate(_) => cut = Some(spot),
                Fault::Close(_) => end = Some((spot, End::Close)),
                Fault::Reset(_) => end = Some((spot, End::Reset)),
                Fault::HalfClose(_) => end = Some((spot, End::HalfClose)),
                Fault::Stall(_) => end = Some((spot, End::Stall)),
                Fault::Garbage { length, .. } => {
                    let length = length.get().min(LONGEST_GARBAGE);
                    inserts.push((spot, std::iter::repeat_with(|| rng.u8(..)).take(length).collect()));
                }
                Fault::Insert { text, .. } => inserts.push((spot, text.clone().into_bytes())),
                Fault::ContentLength(change) => {
                    if !edit::set_content_length(&mut head, change) {
                        continue;
                    }
                }
                Fault::Chunked { size, broken } => {
                    edit::set_chunked(&mut head);
                    chunks = Some(Chunks::of(parts.body, *size, *broken));
                }
                Fault::BareLineFeeds | Fault::UnaskedContinue | Fault::NoCloseNotify => {}
                // Handshakes are not planned here.
                Fault::Expired | Fault::WrongHost => continue,
                Fault::Http09 => {
                    head.clear();
                    end = end.or(Some((Spot::Body(parts.body.len()), End::Close)));
                }
                Fault::CloseUnderNextRequest => {
                    end = Some((Spot::Body(parts.body.len()), End::CloseUnderNextRequest));
                }
                Fault::Refuse(refusal) => plan.refusal = Some(*refusal),
            }
            applied.push(fault.clone());
        }
        // These two change whatever the others made of the head.
        if faults.as_slice().contains(&Fault::UnaskedContinue) && !parts.head.is_empty() {
            head.splice(0..0, *b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if faults.as_slice().contains(&Fault::BareLineFeeds) {
            edit::set_bare_line_feeds(&mut head);
        }

        let position = |spot: Spot| match spot {
            Spot::Head(at) => at.min(head.len()),
            Spot::Body(at) => head.len() + chunks.as_ref().map_or(at, |chunks| chunks.position(at, parts.body.len())),
        };
        let mut flat = head.clone();
        flat.extend_from_slice(chunks.as_ref().map_or(parts.body, |chunks| &chunks.bytes));
        if let Some(cut) = cut {
            flat.truncate(position(cut));
        }
        let mut inserts: Vec<(usize, Vec<u8>)> =
            inserts.into_iter().map(|(spot, bytes)| (position(spot).min(flat.len()), bytes)).collect();
        inserts.sort_by_key(|(at, _)| *at);
        let shifted = |spot: Spot| {
            let at = position(spot).min(flat.len());
            // A wait before the first byte is one before what is inserted there, too.
            let before = inserts.iter().filter(|(place, _)| *place < at || (*place == at && at > 0));
            at + before.map(|(_, bytes)| bytes.len()).sum::<usize>()
        };
        plan.waits = pauses.into_iter().map(|(spot, time)| (shifted(spot), time)).collect();
        plan.waits.sort_by_key(|(at, _)| *at);
        let end = end.map(|(spot, end)| (shifted(spot), end));
        for (at, bytes) in inserts.iter().rev() {
            flat.splice(at..at, bytes.iter().copied());
        }
        if let Some((at, end)) = end {
            flat.truncate(at);
            plan.end = Some(end);
        }
        if faults.as_slice().contains(&Fault::NoCloseNotify) {
            plan.end = Some(End::CloseSilently);
        }
        if plan.jitter.is_some() && plan.waits.is_empty() && matches!(plan.pace, Pace::Whole) {
            plan.waits.push((0, Duration::ZERO));
        }
        plan.bytes = flat;
        plan.applied = applied.into_iter().collect();
        plan
    }

    /// Returns the steps, in order. They are made as they are taken, so that a long reply in many pieces takes no memory.
    pub fn steps(&self) -> SendSteps<'_> {
        let (jitter, pace) = (self.jitter.clone(), self.pace.clone());
        SendSteps { plan: self, sent: 0, waits: 0, jitter, pace, paced: None }
    }
}

/// The steps of a plan that are still to be taken.
#[derive(Debug)]
pub struct SendSteps<'p> {
    plan: &'p Plan,
    /// How many bytes are sent.
    sent: usize,
    /// How many waits are over.
    waits: usize,
    jitter: Option<(Duration, Rng)>,
    pace: Pace,
    /// What is left of the current piece, once its first bytes are sent.
    paced: Option<usize>,
}

impl SendSteps<'_> {
    fn wait(&mut self, time: Duration) -> SendStep {
        let more = self.jitter.as_mut().map(|(most, rng)| most.mul_f64(rng.f64()));
        SendStep::Wait(time.saturating_add(more.unwrap_or_default()))
    }

    /// Returns the size of the next piece.
    fn piece(&mut self) -> usize {
        match &mut self.pace {
            Pace::Whole => usize::MAX,
            Pace::Pieces { size, .. } => *size,
            Pace::Split { sizes, next } => {
                let size = sizes.get(*next).or(sizes.last()).copied().unwrap_or(usize::MAX);
                *next += 1;
                size
            }
        }
    }
}

impl Iterator for SendSteps<'_> {
    type Item = SendStep;

    fn next(&mut self) -> Option<SendStep> {
        let length = self.plan.bytes.len();
        if let Some((_, time)) = self.plan.waits.get(self.waits).filter(|(at, _)| *at <= self.sent) {
            self.waits += 1;
            return Some(self.wait(*time));
        }
        if self.sent == length {
            return None;
        }
        let left = match self.paced.take() {
            Some(0) => {
                // A piece is over, and another one follows.
                let time = match &self.pace {
                    Pace::Pieces { every, .. } => *every,
                    Pace::Whole | Pace::Split { .. } => BETWEEN_PIECES,
                };
                self.paced = Some(self.piece());
                return Some(self.wait(time));
            }
            Some(left) => left,
            None => self.piece(),
        };
        let next_wait = self.plan.waits.get(self.waits).map_or(length, |(at, _)| *at);
        let end = length.min(next_wait).min(self.sent.saturating_add(left));
        let piece = self.sent..end;
        self.paced = Some(left - piece.len());
        self.sent = end;
        Some(SendStep::Send(piece))
    }
}
