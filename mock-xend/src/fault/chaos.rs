//! Random faults from a seed.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use fastrand::Rng;

use super::kind::{BrokenChunk, ContentLength, Fault};
use super::list::Faults;
use super::place::Place;

/// Random faults for a share of all replies. The same seed gives the same faults to the same sequence of replies.
///
/// It is written `SEED` or `SEED:RATE`: `42:0.25` breaks a quarter of all replies. Without a rate, a tenth is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chaos {
    seed: u64,
    rate: f64,
}

/// The share of replies that get a fault if none is given.
const DEFAULT_RATE: f64 = 0.1;
/// The longest time that a random fault takes, in milliseconds.
const LONGEST: u64 = 50;

impl Chaos {
    /// Creates random faults from a seed, for a share of all replies from 0 to 1. A share outside of this range counts as
    /// the nearest one in it.
    pub fn new(seed: u64, rate: f64) -> Self {
        Self { seed, rate: if rate.is_nan() { 0.0 } else { rate.clamp(0.0, 1.0) } }
    }

    /// Creates random faults from a seed that the system gives, for a tenth of all replies.
    pub fn random() -> Self {
        Self::new(fastrand::u64(..), DEFAULT_RATE)
    }

    /// Returns the seed of what is random in a reply, by the number of the reply.
    pub(crate) fn seed_of(seed: u64, number: u64) -> u64 {
        Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).u64(..)
    }

    /// Returns the faults of a reply of this length, by the number of the reply.
    pub(crate) fn faults(&self, number: u64, length: usize) -> Faults {
        let mut rng = Rng::with_seed(Self::seed_of(self.seed, number));
        if rng.f64() >= self.rate {
            return Faults::none();
        }
        let small = |rng: &mut Rng| NonZeroUsize::new(rng.usize(1..=32)).unwrap_or(NonZeroUsize::MIN);
        let time = |rng: &mut Rng| Duration::from_millis(rng.u64(1..=LONGEST));
        let place = |rng: &mut Rng| match rng.u8(0..6) {
            0 => Place::Start,
            1 => Place::Head,
            2 => Place::Body,
            3 => Place::End,
            _ => Place::Byte(rng.usize(0..=length)),
        };
        let fault = match rng.u8(0..19) {
            0 => Fault::Delay(time(&mut rng)),
            1 => Fault::Pause { at: place(&mut rng), time: time(&mut rng) },
            // Whatever its length, a reply takes no longer than a second.
            2 => Fault::Drip {
                bytes: NonZeroUsize::new(length / 20 + 1).unwrap_or(NonZeroUsize::MIN),
                every: time(&mut rng),
            },
            3 => Fault::Bandwidth(NonZeroUsize::new(length.max(1) * 4).unwrap_or(NonZeroUsize::MIN)),
            4 => Fault::Split((0..3).map(|_| small(&mut rng)).chain(NonZeroUsize::new(1 << 16)).collect()),
            5 => Fault::Truncate(place(&mut rng)),
            6 => Fault::Close(place(&mut rng)),
            7 => Fault::Reset(place(&mut rng)),
            8 => Fault::HalfClose(place(&mut rng)),
            9 => Fault::Stall(place(&mut rng)),
            10 => Fault::Garbage { at: place(&mut rng), length: small(&mut rng) },
            11 => Fault::Insert { at: Place::Start, text: "\r\n".to_owned() },
            12 => Fault::ContentLength(match rng.u8(0..5) {
                0 => ContentLength::Missing,
                1 => ContentLength::Repeated,
                2 => ContentLength::Conflicting,
                3 => ContentLength::More(small(&mut rng)),
                _ => ContentLength::Less(small(&mut rng)),
            }),
            13 | 14 => Fault::Chunked {
                size: small(&mut rng),
                broken: [
                    None,
                    Some(BrokenChunk::SizeNotHex),
                    Some(BrokenChunk::SizeTooLarge),
                    Some(BrokenChunk::NoLastChunk),
                ][rng.usize(0..4)],
            },
            15 => Fault::BareLineFeeds,
            16 => Fault::UnaskedContinue,
            17 => Fault::Http09,
            // No listener refuses: that would be a fault of other connections, which would have it by chance.
            _ => Fault::CloseUnderNextRequest,
        };
        fault.into()
    }
}

impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seed, self.rate)
    }
}

impl FromStr for Chaos {
    type Err = InvalidChaos;

    fn from_str(text: &str) -> Result<Self, InvalidChaos> {
        let (seed, rate) = text.split_once(':').map_or((text, None), |(seed, rate)| (seed, Some(rate)));
        let invalid = || InvalidChaos(text.to_owned());
        let seed = if seed == "random" { Self::random().seed } else { seed.parse().map_err(|_| invalid())? };
        let rate = match rate {
            Some(rate) => rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).ok_or_else(invalid)?,
            None => DEFAULT_RATE,
        };
        Ok(Self { seed, rate })
    }
}

/// The error for a text that does not describe random faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` does not describe random faults, expected SEED or SEED:RATE, such as 42:0.25, where the seed is a number or `random` and the rate is from 0 to 1"
)]
pub struct InvalidChaos(String);
