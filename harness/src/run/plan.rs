//! What a run is going to ask.

use std::collections::{BTreeSet, HashMap};

use super::item::Item;
use super::options::Options;
use super::selection::Shard;
use crate::Error;
use crate::pattern::Pattern;
use crate::suite::Suite;
use xend_wire::Diagnostic;

/// What a plan chooses from, besides the questions themselves.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// What one question is about, for messages: `case`, `law`, `exchange`.
    pub what: &'static str,
    /// What the subject is asked, in words, such as `reading (spec)`.
    pub asked: String,
    /// Questions that the subject could be asked and that the options leave out, by id and variant.
    pub unchosen: Vec<(String, String)>,
    /// Questions that exist and that this run does not choose from, such as those by rules that the subject does not
    /// declare: an entry of the baseline for one of them is not stale.
    pub others: Vec<(&'a str, &'a str)>,
    /// What people must know of the run, such as what is not asked although the subject could do it, and why.
    pub notes: Vec<String>,
}

impl Scope<'_> {
    /// All that there is are the questions themselves.
    pub fn of(what: &'static str) -> Self {
        Self { what, asked: String::new(), unchosen: Vec::new(), others: Vec::new(), notes: Vec::new() }
    }
}

/// The questions of a run, in their order.
#[derive(Debug)]
pub struct Plan<T> {
    /// The questions that are chosen, in the order in which reports list them.
    pub(super) items: Vec<Item<T>>,
    /// The order in which they are asked, as indices.
    pub(super) order: Vec<usize>,
    /// The entries of the baseline that match no question at all, whether this run may choose it or not.
    pub(super) stale: Vec<Diagnostic>,
    /// What people must know of the run, such as what is not asked although the subject could do it, and why.
    pub(super) notes: Vec<String>,
    /// The questions that the subject could be asked and that are not chosen, by id and variant.
    pub(super) unchosen: Vec<(String, String)>,
    /// The part of all questions that is chosen, if it is one.
    pub(super) shard: Option<Shard>,
}

impl<T> Plan<T> {
    /// Chooses from all questions.
    ///
    /// # Errors
    /// Returns [`Error::Usage`] if a pattern of the filter, a tag or a name matches no question, or if none is chosen.
    pub fn new(all: Vec<Item<T>>, scope: Scope<'_>, options: &Options) -> Result<Self, Error> {
        let Scope { what, asked, mut unchosen, others, notes } = scope;
        let selection = &options.selection;
        // Each pattern is checked by itself, so that a misspelt one is noticed beside a good one.
        let matches_none = |pattern: &&Pattern| !all.iter().any(|item| pattern.matches(&item.about.id, &item.variant));
        let matches_other = |pattern: &&Pattern| {
            let unchosen = unchosen.iter().map(|(id, variant)| (&**id, &**variant));
            unchosen.chain(others.iter().copied()).any(|(id, variant)| pattern.matches(id, variant))
        };
        if let Some(pattern) = selection.filter.iter().filter(matches_none).find(matches_other) {
            return Err(Error::Usage(format!(
                "`{pattern}` matches no {what} that is asked here: by what the subject declares and the options choose, \
                 it is asked {asked}"
            )));
        }
        // What is left out need not be asked, so that one command line serves subjects that do more and less.
        let excluded = selection.exclude.iter().filter(|pattern| !matches_other(pattern));
        if let Some(pattern) = selection.filter.iter().chain(excluded).find(matches_none) {
            let folders: BTreeSet<_> = all.iter().filter_map(|item| item.about.id.split('/').next()).collect();
            let in_folders = folders.into_iter().map(|folder| format!("{folder}/{pattern}"));
            let meant = in_folders
                .filter(|text| {
                    let pattern = text.parse::<Pattern>();
                    pattern.is_ok_and(|it| all.iter().any(|item| it.matches(&item.about.id, &item.variant)))
                })
                .collect::<Vec<_>>();
            return Err(Error::Usage(format!(
                "no {what} matches `{pattern}`; {}",
                match what {
                    _ if !meant.is_empty() => format!("`{}` does", meant.join("` does, `")),
                    "law" => "`xend-harness list --filter 'laws/*'` shows all laws".to_owned(),
                    "exchange" => "`--report jsonl` shows the ids of all exchanges of a sequence".to_owned(),
                    _ => "`xend-harness list` shows all cases".to_owned(),
                }
            )));
        }
        if let Some(tag) = selection.tags.iter().find(|tag| !all.iter().any(|item| item.tags.contains(tag))) {
            return Err(Error::Usage(format!(
                "no case has the tag `{tag}`; a tag is a codec, a rule such as xmlrpc/int-form, or a feature such as nil"
            )));
        }
        let own = all.iter().map(|item| (&*item.about.id, &*item.variant));
        let known = own.chain(unchosen.iter().map(|(id, variant)| (&**id, &**variant))).chain(others.iter().copied());
        let stale = options.baseline.stale(known, options.elsewhere.iter().map(String::as_str));
        let (mut items, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|item| selection.has(item));
        unchosen.extend(left.into_iter().map(|item| (item.about.id.clone(), item.variant)));
        items.sort_by(|left, right| (left.suite, &left.about.id).cmp(&(right.suite, &right.about.id)));
        if items.is_empty() && selection.shard.is_none() {
            return Err(Error::Usage("no case is chosen: no case has all that the options ask for".to_owned()));
        }
        let order = order(&items, options.seed);
        Ok(Self { items, order, stale, notes, unchosen, shard: selection.shard })
    }

    /// Returns the number of questions that are chosen.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether no question is chosen.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the questions in the order in which they are asked, each with its number.
    pub fn questions(&self) -> impl Iterator<Item = (usize, &Item<T>)> {
        self.order.iter().map(|&index| (index, &self.items[index]))
    }
}

/// Returns the order in which questions are asked.
///
/// All questions of one variant come before the next variant, so that no case follows itself: then the id of an answer
/// that comes twice shows which question it belongs to. A seed shuffles the questions of each variant.
fn order<T>(items: &[Item<T>], seed: Option<u64>) -> Vec<usize> {
    let mut variants: Vec<(Suite, &str)> = Vec::new();
    let mut of_variant: HashMap<_, usize> = HashMap::new();
    let numbers: Vec<usize> = items
        .iter()
        .map(|item| {
            let variant = (item.suite, &*item.variant);
            *of_variant.entry(variant).or_insert_with(|| {
                variants.push(variant);
                variants.len() - 1
            })
        })
        .collect();
    let mut order: Vec<_> = (0..items.len()).collect();
    let key = |index: usize| seed.map(|seed| mixed(seed ^ mixed(index as u64)));
    order.sort_by_key(|&index| (items[index].suite, numbers[index], key(index)));
    order
}

/// Returns a number that depends on every bit of another (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
