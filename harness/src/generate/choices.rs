//! Sequences of choices, from which everything that is generated is made.
//!
//! A generator asks for one number after the other and makes a document or a program of them. The numbers are random at
//! first. Each is kept, so the same sequence makes the same thing again, and a sequence that is shorter or has smaller
//! numbers makes a simpler one: every generator takes 0 for its simplest choice, and a sequence that has ended goes on
//! with zeros.

/// The choices of one thing that is being made.
#[derive(Debug)]
pub(crate) struct Choices<'g> {
    given: Source<'g>,
    drawn: Drawn,
}

#[derive(Debug)]
enum Source<'g> {
    Random(u64),
    Given(&'g [u64]),
    /// Numbers of any size, of which the remainder is taken.
    Spread(&'g [u64]),
}

/// Choices that were made, and which of them belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drawn {
    pub(crate) numbers: Vec<u64>,
    pub(crate) groups: Vec<Group>,
}

/// Choices that made one part, such as a value or an item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// What the part is. A part may stand where another of its kind stands.
    pub(crate) kind: &'static str,
    pub(crate) begin: usize,
    pub(crate) end: usize,
}

impl<'g> Choices<'g> {
    /// Random choices; those of one seed are always the same.
    pub(crate) fn random(seed: u64) -> Self {
        Self { given: Source::Random(seed), drawn: Drawn::default() }
    }

    /// The choices that are given, and zeros behind them.
    pub(crate) fn given(numbers: &'g [u64]) -> Self {
        Self { given: Source::Given(numbers), drawn: Drawn::default() }
    }

    /// The choices of a part that must stay what it is while the rest gets simpler: its numbers were drawn before the
    /// rest, by [`ahead`](Self::ahead).
    pub(crate) fn spread(numbers: &'g [u64]) -> Self {
        Self { given: Source::Spread(numbers), drawn: Drawn::default() }
    }

    /// Draws so many numbers for [`spread`](Self::spread).
    pub(crate) fn ahead(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.below(1 << 20)).collect()
    }

    /// Returns what was chosen.
    pub(crate) fn into_drawn(self) -> Drawn {
        self.drawn
    }

    /// Chooses a number below a bound, which is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let number = match &mut self.given {
            Source::Random(state) => {
                *state = state.wrapping_add(STEP);
                mixed(*state) % bound
            }
            Source::Given(numbers) => numbers.get(self.drawn.numbers.len()).map_or(0, |&it| it.min(bound - 1)),
            Source::Spread(numbers) => numbers.get(self.drawn.numbers.len()).map_or(0, |&it| it % bound),
        };
        self.drawn.numbers.push(number);
        number
    }

    /// Chooses an index below a length, which is at least 1.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Chooses one of several, the simplest of which is the first.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// Returns whether something happens that happens once in so many times. It does not in the simplest case.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == times - 1 && times > 1
    }

    /// Chooses by weight, and returns the index. The simplest choice is the first.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, &weight) in weights.iter().enumerate() {
            match left.checked_sub(weight) {
                Some(less) => left = less,
                None => return index,
            }
        }
        0
    }

    /// Makes a part, whose choices belong together.
    pub(crate) fn group<T>(&mut self, kind: &'static str, make: impl FnOnce(&mut Self) -> T) -> T {
        let begin = self.drawn.numbers.len();
        let made = make(self);
        self.drawn.groups.push(Group { kind, begin, end: self.drawn.numbers.len() });
        made
    }

    /// Makes a list of at most `most` items; after each of them another follows with a chance of `more` in `of`.
    pub(crate) fn list<T>(
        &mut self,
        kind: &'static str,
        most: usize,
        (more, of): (u64, u64),
        mut make: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let mut items = Vec::new();
        while items.len() < most {
            let item = self.group(kind, |choices| (choices.below(of) >= of - more).then(|| make(choices)));
            match item {
                Some(item) => items.push(item),
                None => break,
            }
        }
        items
    }
}

/// The step of SplitMix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns a number that depends on every bit of another (the finalizer of SplitMix64).
pub(crate) fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(choices: &mut Choices<'_>) -> Vec<u64> {
        choices.list("word", 9, (3, 4), |choices| choices.below(1_000))
    }

    #[test]
    fn what_was_drawn_makes_the_same_again() {
        for seed in 0..50 {
            let mut random = Choices::random(seed);
            let made = words(&mut random);
            let drawn = random.into_drawn();
            let mut again = Choices::given(&drawn.numbers);
            assert_eq!(words(&mut again), made);
            assert_eq!(again.into_drawn(), drawn);
        }
    }

    #[test]
    fn zeros_follow_a_sequence_and_bounds_hold() {
        let mut choices = Choices::given(&[7, 500]);
        assert_eq!([choices.below(5), choices.below(1_000), choices.below(1_000)], [4, 500, 0]);
        assert!(!choices.once_in(3));
        assert_eq!(choices.weighted(&[0, 2, 1]), 1);
    }
}
