//! Entries of a baseline that say the same of one case, by different rules, become one.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Entry;
use super::list::Baseline;
use crate::pattern::Pattern;

/// The variants of each case.
pub(super) type Variants<'v> = BTreeMap<&'v str, BTreeSet<&'v str>>;

/// A text with fewer entries.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) text: String,
    /// How many entries went into another one.
    pub(super) count: usize,
    /// Where in the text the new entries begin.
    pub(super) new_at: usize,
    /// How many of the new entries are left.
    pub(super) new: usize,
}

/// Several entries of one case, of which the first one stays.
struct Group<'e> {
    entries: Vec<&'e Entry>,
    id: String,
    /// The variants that the entries name; none if one of them names all.
    variants: Option<BTreeSet<String>>,
}

/// Joins entries for one case that differ in nothing but the variants. The first one stays where it is, with its comment;
/// one that has a comment of its own is left alone, and so are the rest if the text can't be read.
///
/// `new_at` is where the entries begin that were added just now, and `all` has the variants of the cases that are known.
pub(super) fn merged(text: String, new_at: usize, all: &Variants<'_>) -> Merged {
    let count_new = |entries: &[&Entry]| entries.iter().filter(|entry| entry.lines.start >= new_at).count();
    let Ok(baseline) = Baseline::parse("baseline", &text) else {
        let new = text[new_at..].lines().count();
        return Merged { text, count: 0, new_at, new };
    };
    let entries: Vec<&Entry> = baseline.entries().collect();
    let mut taken: BTreeSet<String> = entries.iter().map(|entry| entry.pattern.to_string()).collect();
    let mut edits: Vec<(&Entry, Option<String>)> = Vec::new();
    for Group { entries, id, variants } in groups(&text, &entries) {
        let old: BTreeSet<String> = entries.iter().map(|entry| entry.pattern.to_string()).collect();
        let keys = keys(&id, variants.as_ref(), all);
        if let Some(key) = keys.into_iter().find(|key| old.contains(key) || !taken.contains(key)) {
            taken.insert(key.clone());
            edits.push((entries[0], Some(key)));
            edits.extend(entries[1..].iter().map(|entry| (*entry, None)));
        }
    }
    edits.sort_by_key(|(entry, _)| entry.lines.start);
    let gone: Vec<&Entry> = edits.iter().filter(|(_, key)| key.is_none()).map(|(entry, _)| *entry).collect();
    let (count, new) = (gone.len(), count_new(&entries) - count_new(&gone));
    let (mut merged, mut moved) = (text.clone(), new_at);
    for (entry, key) in edits.iter().rev() {
        let (range, new) = match key {
            Some(key) => (entry.lines.start..entry.value.start, quoted(key)),
            None => (entry.lines.clone(), String::new()),
        };
        if range.start < new_at {
            moved = moved + new.len() - range.len();
        }
        merged.replace_range(range, &new);
    }
    Merged { text: merged, count, new_at: moved, new }
}

/// Returns the groups of more than one entry.
fn groups<'e>(text: &str, entries: &[&'e Entry]) -> Vec<Group<'e>> {
    let mut groups: BTreeMap<String, Vec<Group<'e>>> = BTreeMap::new();
    for &entry in entries {
        let key = entry.pattern.to_string();
        let (id, variants) = key.split_once('@').map_or((&*key, None), |(id, rest)| (id.trim(), Some(rest.trim())));
        let Some(variants) = variants.map_or(Some(None), |rest| named(rest).map(Some)) else { continue };
        if !Pattern::is_literal(id) {
            continue;
        }
        let of_id = groups.entry(id.to_owned()).or_default();
        match of_id.iter_mut().find(|group| group.entries[0].details == entry.details) {
            Some(group) if is_bare(text, entry) => {
                group.entries.push(entry);
                group.variants = group.variants.take().zip(variants).map(|(some, more)| &some | &more);
            }
            Some(_) => {}
            None => of_id.push(Group { entries: vec![entry], id: id.to_owned(), variants }),
        }
    }
    groups.into_values().flatten().filter(|group| group.entries.len() > 1).collect()
}

/// Returns what stands behind the `@` of a key as a list of patterns; none if it is more than that.
fn named(variants: &str) -> Option<BTreeSet<String>> {
    let inside = variants.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(variants);
    let is_plain =
        !inside.contains(['{', '}', '[', ']', '\\']) && (inside.len() < variants.len() || !inside.contains(','));
    is_plain.then(|| inside.split(',').map(|name| name.trim().to_owned()).collect())
}

/// Returns whether an entry has no comment, behind it or above it.
fn is_bare(text: &str, entry: &Entry) -> bool {
    let (_, behind) = entry.behind_key(text);
    let above = text[..entry.lines.start].trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    let is_below = text[..entry.lines.start].ends_with("\n\n");
    behind.trim().is_empty() && (is_below || !above.trim_start().starts_with('#'))
}

/// Returns the keys for a case in some variants, the shortest first.
fn keys(id: &str, variants: Option<&BTreeSet<String>>, all: &Variants<'_>) -> Vec<String> {
    let Some(variants) = variants else { return vec![id.to_owned()] };
    let list: Vec<_> = variants.iter().map(String::as_str).collect();
    let some = match list[..] {
        [one] => format!("{id}@{one}"),
        _ => format!("{id}@{{{}}}", list.join(",")),
    };
    let covers = |all: &BTreeSet<&str>| {
        let pattern = some.parse::<Pattern>();
        pattern.is_ok_and(|pattern| all.iter().all(|variant| pattern.matches(id, variant)))
    };
    let whole = all.get(id).is_some_and(covers).then(|| id.to_owned());
    whole.into_iter().chain([some]).collect()
}

/// Formats a text as a string of TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_say_the_same_become_one() {
        let all: Variants<'_> =
            [("xmlrpc/a", ["spec", "extended"].into()), ("xmlrpc/b", ["spec", "extended", "x"].into())].into();
        let check = |text: &str, expect: &str, count: usize| {
            let Merged { text: found, count: joined, .. } = merged(text.to_owned(), text.len(), &all);
            assert_eq!((&*found, joined), (expect, count), "{text}");
            Baseline::parse("baseline", &found).expect("it can be read");
        };
        let two =
            |id: &str| format!("'{id}@spec' = 'why'  # here\n# else\n'xmlrpc/o' = 'why'\n'{id}@extended' = \"why\"\n");
        let one = |key: &str| format!("\"{key}\" = 'why'  # here\n# else\n'xmlrpc/o' = 'why'\n");
        check(&two("xmlrpc/a"), &one("xmlrpc/a"), 1);
        check(&two("xmlrpc/b"), &one("xmlrpc/b@{extended,spec}"), 1);
        // Nothing is known of the variants of a case that is not asked.
        check(&two("xmlrpc/c"), &one("xmlrpc/c@{extended,spec}"), 1);
        check("'xmlrpc/a@{spec,x}' = 'w'\n'xmlrpc/a@extended' = 'w'\n", "\"xmlrpc/a\" = 'w'\n", 1);
        check("'xmlrpc/a' = 'w'\n'xmlrpc/a@extended' = 'w'\n", "\"xmlrpc/a\" = 'w'\n", 1);
        check("'xmlrpc/b@x' = 'w'\n'xmlrpc/b@{spec,extended}' = 'w'\n", "\"xmlrpc/b\" = 'w'\n", 1);
    }

    #[test]
    fn entries_that_differ_stay() {
        let all: Variants<'_> = [("xmlrpc/a", ["spec", "extended"].into())].into();
        for text in [
            "'xmlrpc/a@spec' = 'one'\n'xmlrpc/a@extended' = 'other'\n",
            "'xmlrpc/a@spec' = 'w'\n'xmlrpc/a@extended' = { reason = 'w', until = 2027-01-31 }\n",
            "'xmlrpc/a@spec' = 'w'\n'xmlrpc/a@extended' = 'w'  # by another reader\n",
            "'xmlrpc/a@spec' = 'w'\n# by another reader\n'xmlrpc/a@extended' = 'w'\n",
            "'xmlrpc/a-*@spec' = 'w'\n'xmlrpc/a-*@extended' = 'w'\n",
            "'xmlrpc/a@[a-z]*' = 'w'\n'xmlrpc/a@extended' = 'w'\n",
        ] {
            assert_eq!(merged(text.to_owned(), text.len(), &all).text, text);
        }
        // The key of the whole case has an entry that says something else.
        let text = "'xmlrpc/a' = 'y'\n'xmlrpc/a@spec' = 'w'\n'xmlrpc/a@extended' = 'w'\n";
        let found = merged(text.to_owned(), text.len(), &all).text;
        assert_eq!(found, "'xmlrpc/a' = 'y'\n\"xmlrpc/a@{extended,spec}\" = 'w'\n");
    }
}
