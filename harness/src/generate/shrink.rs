//! Making a failure small: simpler sequences of choices are tried as long as they fail, too.

use std::collections::HashSet;

use super::choices::Drawn;

/// A failure: the choices that make it, and how large what they make is.
#[derive(Clone, Debug)]
pub(crate) struct Failing {
    pub(crate) drawn: Drawn,
    pub(crate) size: usize,
}

/// Returns the smallest failure that is found. `fails` makes what a sequence of choices stands for, tries it, and
/// returns it if it fails in the same way; it is called at most `most` times.
pub(crate) fn smallest<E>(
    first: Failing,
    most: usize,
    fails: impl FnMut(&[u64]) -> Result<Option<Failing>, E>,
) -> Result<Failing, E> {
    let mut search = Search { best: first, left: most, seen: HashSet::new(), fails };
    loop {
        let before = search.best.drawn.numbers.clone();
        search.without_groups()?;
        search.groups_lifted()?;
        search.groups_zeroed()?;
        search.without_blocks()?;
        search.lowered()?;
        if search.best.drawn.numbers == before || search.left == 0 {
            return Ok(search.best);
        }
    }
}

struct Search<F> {
    best: Failing,
    left: usize,
    seen: HashSet<Vec<u64>>,
    fails: F,
}

impl<E, F: FnMut(&[u64]) -> Result<Option<Failing>, E>> Search<F> {
    /// Tries a sequence, and takes it if it fails and is simpler.
    fn takes(&mut self, numbers: Vec<u64>) -> Result<bool, E> {
        if self.left == 0 || numbers == self.best.drawn.numbers || !self.seen.insert(numbers.clone()) {
            return Ok(false);
        }
        self.left -= 1;
        let key = |it: &Failing| (it.size, it.drawn.numbers.len(), it.drawn.numbers.clone());
        match (self.fails)(&numbers)? {
            Some(found) if key(&found) < key(&self.best) => {
                self.best = found;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn numbers(&self) -> Vec<u64> {
        self.best.drawn.numbers.clone()
    }

    /// Replaces some choices by others.
    fn replaced(&self, begin: usize, end: usize, by: &[u64]) -> Vec<u64> {
        let mut numbers = self.numbers();
        numbers.splice(begin..end, by.iter().copied());
        numbers
    }

    /// Tries each group, the longest first; groups change when a try is taken.
    fn each_group(&mut self, mut simpler: impl FnMut(&Self, usize) -> Vec<Vec<u64>>) -> Result<(), E> {
        let mut done = 0;
        while done < self.best.drawn.groups.len() {
            let mut order: Vec<_> = (0..self.best.drawn.groups.len()).collect();
            order.sort_by_key(|&at| {
                let group = self.best.drawn.groups[at];
                (std::cmp::Reverse(group.end - group.begin), at)
            });
            let mut is_taken = false;
            for numbers in simpler(self, order[done]) {
                is_taken = self.takes(numbers)?;
                if is_taken {
                    break;
                }
            }
            done += usize::from(!is_taken);
        }
        Ok(())
    }

    fn without_groups(&mut self) -> Result<(), E> {
        self.each_group(|search, at| {
            let group = search.best.drawn.groups[at];
            vec![search.replaced(group.begin, group.end, &[])]
        })
    }

    /// Puts a part in the place of a part of its kind that it stands in.
    fn groups_lifted(&mut self) -> Result<(), E> {
        self.each_group(|search, at| {
            let groups = &search.best.drawn.groups;
            let outer = groups[at];
            let is_inside = |it: &&super::choices::Group| {
                it.kind == outer.kind && outer.begin <= it.begin && it.end <= outer.end && **it != outer
            };
            let mut inner: Vec<_> = groups.iter().filter(is_inside).collect();
            inner.sort_by_key(|it| it.end - it.begin);
            let numbers = &search.best.drawn.numbers;
            inner.iter().map(|it| search.replaced(outer.begin, outer.end, &numbers[it.begin..it.end])).collect()
        })
    }

    fn groups_zeroed(&mut self) -> Result<(), E> {
        self.each_group(|search, at| {
            let group = search.best.drawn.groups[at];
            vec![search.replaced(group.begin, group.end, &vec![0; group.end - group.begin])]
        })
    }

    /// Leaves out choices wherever they stand, the last ones first.
    fn without_blocks(&mut self) -> Result<(), E> {
        for length in [8, 4, 3, 2, 1] {
            let mut end = self.best.drawn.numbers.len();
            while end >= length {
                let taken = self.takes(self.replaced(end - length, end, &[]))?;
                end = if taken { end.min(self.best.drawn.numbers.len()) } else { end - 1 };
            }
        }
        Ok(())
    }

    /// Makes each choice as small as it can be.
    fn lowered(&mut self) -> Result<(), E> {
        let mut at = 0;
        while at < self.best.drawn.numbers.len() {
            let number = self.best.drawn.numbers[at];
            if number > 0 && !self.takes(self.replaced(at, at + 1, &[0]))? {
                // What the choice led to may have needed choices of its own.
                for more in 1..=3 {
                    if at + 1 + more <= self.best.drawn.numbers.len()
                        && self.takes(self.replaced(at, at + 1 + more, &[0]))?
                    {
                        break;
                    }
                }
                let mut low = 0;
                while let Some(&high) = self.best.drawn.numbers.get(at)
                    && low + 1 < high
                {
                    let middle = low + (high - low) / 2;
                    if !self.takes(self.replaced(at, at + 1, &[middle]))? {
                        low = middle;
                    }
                }
                if let Some(&high) = self.best.drawn.numbers.get(at)
                    && high > 0
                {
                    self.takes(self.replaced(at, at + 1, &[high - 1]))?;
                }
            }
            at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::choices::Choices;
    use super::*;

    /// Nested lists of numbers.
    fn tree(choices: &mut Choices<'_>, depth: usize) -> Vec<(u64, Vec<u64>)> {
        choices.list("branch", 6, (4, 5), |choices| {
            let number = choices.below(10_000);
            let below = if depth == 0 { Vec::new() } else { tree(choices, depth - 1) };
            (number, below.into_iter().flat_map(|(it, more)| [vec![it], more].concat()).collect())
        })
    }

    #[test]
    fn one_number_is_left() {
        for seed in 0..20 {
            let mut asked = 0;
            let mut fails = |choices: Choices<'_>, made: Vec<(u64, Vec<u64>)>| {
                asked += 1;
                let all: Vec<_> = made.into_iter().flat_map(|(it, more)| [vec![it], more].concat()).collect();
                let is_failure = all.iter().any(|&it| it >= 777);
                is_failure.then(|| Failing { drawn: choices.into_drawn(), size: all.len() })
            };
            let mut choices = Choices::random(seed);
            let made = tree(&mut choices, 3);
            let Some(first) = fails(choices, made) else { continue };
            let found = smallest(first, 5_000, |numbers| {
                let mut choices = Choices::given(numbers);
                let made = tree(&mut choices, 3);
                Ok::<_, Infallible>(fails(choices, made))
            });
            let Ok(found) = found;
            let mut choices = Choices::given(&found.drawn.numbers);
            assert_eq!(tree(&mut choices, 3), vec![(777, Vec::new())], "seed {seed}");
            assert!(asked < 1_000, "{asked}");
        }
    }
}
