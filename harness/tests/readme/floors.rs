//! The floors of ARCHITECTURE.md: inside a crate nothing is taken from a higher floor, and nothing in a circle.
//!
//! Every path of the code that begins with `crate`, `super`, `self`, a module or an imported name is followed to the module
//! that defines what is named, through re-exports. Code for tests is left out. Calls of methods are not seen: who calls one
//! has the value from somewhere, and that is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

#[test]
fn nothing_is_taken_from_a_higher_floor() {
    let tables = Table::all();
    let crates: BTreeSet<_> = tables.iter().map(|table| table.module[0].as_str()).collect();
    let mut wrong = Vec::new();
    for name in &crates {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let modules = Modules::read(&root);
        let tables: Vec<_> = tables.iter().filter(|table| table.module[0] == *name).collect();
        wrong.extend(modules.check(name, &tables));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(crates.len() >= 3, "only {crates:?}");
}

/// What must be refused, in crates that are made up of these files.
#[test]
fn each_breach_is_seen() {
    let check = |table: &str, files: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        Modules::read(folder.path()).check("made-up", &Table::of(table).iter().collect::<Vec<_>>()).join("; ")
    };
    let root = ("lib.rs", "mod high; mod low; mod other; pub use high::High; pub use low::{Low, Word};");
    let low = ("low.rs", "pub struct Low; pub struct Word; #[cfg(test)] mod tests { use crate::high::High; }");
    let other = ("other.rs", "use crate::low::Low; pub fn other(_: Low, _: crate::Word) {}");
    let high = ("high.rs", "use super::other; pub struct High; fn f() { other::other(loop {}) }");
    let table = "| `made-up` | `low` < `other` `high` | `Word` |";
    assert_eq!(check(table, &[root, low, other, high]), "");
    let all_apart = "| `made-up` | `low` < `high` | `Word` |";
    assert_eq!(check(all_apart, &[root, low, other, high]), "made-up: `other` has no floor");

    // By an import, a path, an implementation and the text of a macro.
    let plain = [root, ("other.rs", ""), ("high.rs", "pub struct High;")];
    for above in [
        "use super::high::High;",
        "fn f() -> crate::high::High { loop {} }",
        "impl From<crate::high::High> for Low {}",
        "fn f() { println!(\"{}\", crate::high::High) }",
        "mod inner { use super::super::high::High; }",
    ] {
        let low = format!("pub struct Low; pub struct Word; {above}");
        let got = check(table, &[&plain[..], &[("low.rs", &*low)]].concat());
        assert_eq!(got, "made-up: `low` takes `High` from `high`, which stands on a higher floor", "{above}");
    }
    let back = ("other.rs", "use crate::high as above; pub fn other(_: above::High) {}");
    let circle = "made-up: a circle of `high` (High), `other` (other)";
    assert_eq!(check(table, &[root, low, back, high]), circle);
    // A name that a macro defines belongs to the module that is asked for it, whatever else is imported whole there.
    let made = ("high.rs", "use crate::low::Word::*; make!(MADE);");
    let taken = ("low.rs", "use crate::high::MADE; pub struct Low; pub enum Word {}");
    let wrong = "made-up: `low` takes `MADE` from `high`, which stands on a higher floor";
    assert!(check(table, &[root, taken, ("other.rs", ""), made]).contains(wrong));
    let through = ("other.rs", "use crate::Low; pub fn other(_: Low) {}");
    let wrong = "made-up: `other` takes `Low` through the root of the crate, not from `low`";
    assert_eq!(check(table, &[root, low, through, high]), wrong);
}

/// One row: a module, the floors of the modules in it, and the words that all may take from its root.
struct Table {
    module: Vec<String>,
    floors: Vec<BTreeSet<String>>,
    words: BTreeSet<String>,
}

impl Table {
    fn all() -> Vec<Self> {
        let document =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md")).unwrap();
        let section = document.split("\n## ").find(|section| section.starts_with("Floors\n"));
        Self::of(section.expect("ARCHITECTURE.md has a section of floors"))
    }

    fn of(text: &str) -> Vec<Self> {
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let row = |line: &str| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let module = cells[1].trim_matches('`').split("::").map(str::to_owned).collect();
            let floors = cells[2].split(" < ").map(quoted).collect();
            Self { module, floors, words: quoted(cells[3]) }
        };
        rows.map(row).collect()
    }

    /// The floor of a module, or of what this module defines itself, which stands above all others unless it is listed as
    /// `self`.
    fn floor(&self, child: &str) -> Option<usize> {
        let floor = self.floors.iter().position(|floor| floor.contains(child));
        floor.or((child == "self").then_some(self.floors.len()))
    }
}

type Name = Vec<String>;

/// The modules of a crate, by their paths; the root has an empty one.
#[derive(Default)]
struct Modules(BTreeMap<Name, Module>);

#[derive(Default)]
struct Module {
    /// What is defined here, modules left out.
    items: BTreeSet<String>,
    /// Names that stand for a path: an import, or a re-export.
    aliases: BTreeMap<String, Name>,
    /// Modules of which all names are imported.
    globs: Vec<Name>,
    /// Paths that the code names.
    paths: BTreeSet<Name>,
    /// Whether it stands in the file of the module around it, whose part it is then.
    is_inline: bool,
}

impl Modules {
    fn read(folder: &Path) -> Self {
        let mut modules = Self::default();
        modules.add_file(&folder.join("lib.rs"), folder, Vec::new());
        modules
    }

    fn add_file(&mut self, file: &Path, folder: &Path, name: Name) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add(&parsed.items, folder, name, false);
    }

    fn add(&mut self, items: &[syn::Item], folder: &Path, name: Name, is_inline: bool) {
        let mut reader = Reader::default();
        reader.module.is_inline = is_inline;
        for item in items {
            reader.visit_item(item);
        }
        self.0.insert(name.clone(), reader.module);
        for (child, inline) in reader.children {
            let folder = folder.join(&child);
            let name = [&name[..], std::slice::from_ref(&child)].concat();
            match inline {
                Some(items) => self.add(&items, &folder, name, true),
                None => {
                    let files = [folder.with_extension("rs"), folder.join("mod.rs")];
                    let file: &PathBuf = files.iter().find(|file| file.exists()).expect("the file of a module");
                    self.add_file(file, &folder, name);
                }
            }
        }
    }

    /// The module of the file in which a module stands.
    fn of_file(&self, module: &Name) -> Name {
        let is_inline = |length: &usize| self.0[&module[..*length].to_vec()].is_inline;
        let inline = (0..=module.len()).rev().take_while(is_inline).count();
        module[..module.len() - inline].to_vec()
    }

    /// The module that defines what a path names, with that name; and the name that was taken through the root. `None` if
    /// it is not of this crate. What a macro defines counts as defined by the last module on the path.
    fn follow(&self, from: &Name, path: &[String], depth: usize) -> Option<Found> {
        self.find(from, path, depth, false)
    }

    fn find(&self, from: &Name, path: &[String], depth: usize, is_certain: bool) -> Option<Found> {
        let (mut at, mut rest) = (from.clone(), path);
        let mut is_absolute = false;
        while let Some((first, behind)) = rest.split_first() {
            match first.as_str() {
                "crate" => at = Vec::new(),
                "super" => at = at.split_last()?.1.to_vec(),
                "self" => {}
                _ => break,
            }
            (rest, is_absolute) = (behind, true);
        }
        let mut through_root = None;
        while let Some((first, behind)) = rest.split_first() {
            let child = [&at[..], std::slice::from_ref(first)].concat();
            let module = &self.0[&at];
            if self.0.contains_key(&child) && !(behind.is_empty() && module.items.contains(first)) {
                (at, rest) = (child, behind);
                continue;
            }
            if module.items.contains(first) {
                // Whether an enum that is imported whole has the variant is not known here.
                if is_certain && !behind.is_empty() {
                    return None;
                }
                return Some(Found { module: at, name: first.clone(), through_root });
            }
            if depth == 0 {
                return None;
            }
            if at.is_empty() && is_absolute && !from.is_empty() {
                through_root = Some(first.clone());
            }
            let path = |known: &Name| [&known[..], behind].concat();
            let alias = module.aliases.get(first).and_then(|known| self.find(&at, &path(known), depth - 1, is_certain));
            let in_glob = |glob: &Name| self.find(&at, &[&glob[..], rest].concat(), depth - 1, true);
            let found = alias.or_else(|| module.globs.iter().find_map(in_glob));
            let by_macro = || Found { module: at.clone(), name: first.clone(), through_root: None };
            let is_below = at != *from && !is_certain;
            let found = found.or_else(|| is_below.then(by_macro))?;
            return Some(Found { through_root: through_root.or(found.through_root), ..found });
        }
        let name = path.last().cloned().unwrap_or_default();
        Some(Found { module: at, name, through_root })
    }

    /// What each module takes from which, in the words of people.
    fn check(&self, name: &str, tables: &[&Table]) -> Vec<String> {
        let mut wrong = BTreeSet::new();
        // For each module: which of its children takes what from which.
        let mut arrows: BTreeMap<Name, BTreeMap<(String, String), String>> = BTreeMap::new();
        let root = tables.iter().find(|table| table.module.len() == 1);
        let words = root.map(|table| &table.words);
        for (from, module) in &self.0 {
            for path in &module.paths {
                let Some(found) = self.follow(from, path, 8) else { continue };
                let (from, found) = (&self.of_file(from), Found { module: self.of_file(&found.module), ..found });
                if found.module == *from {
                    continue;
                }
                let vocabulary = |word: &String| words.is_some_and(|words| words.contains(word));
                if let Some(word) = found.through_root.filter(|word| !vocabulary(word)) {
                    let (from, of) = (from.join("::"), found.module.join("::"));
                    wrong.insert(format!(
                        "{name}: `{from}` takes `{word}` through the root of the crate, not from `{of}`"
                    ));
                }
                let shared = from.iter().zip(&found.module).take_while(|(one, other)| one == other).count();
                let child = |module: &Name| module.get(shared).cloned().unwrap_or_else(|| "self".to_owned());
                let arrow = (child(from), child(&found.module));
                arrows.entry(from[..shared].to_vec()).or_default().entry(arrow).or_insert(found.name);
            }
        }
        for table in tables {
            let module = &table.module[1..];
            for known in self.0.keys().filter(|known| known.len() == module.len() + 1 && known.starts_with(module)) {
                if !self.0[known].is_inline && table.floor(&known[module.len()]).is_none() {
                    wrong.insert(format!("{name}: `{}` has no floor", known.join("::")));
                }
            }
        }
        for (parent, arrows) in &arrows {
            let table = tables.iter().find(|table| table.module[1..] == parent[..]);
            let shown = |child: &String| match child.as_str() {
                "self" if parent.is_empty() => "the root".to_owned(),
                "self" => format!("`{}`", parent.join("::")),
                child => format!("`{}`", [&parent[..], &[child.to_owned()]].concat().join("::")),
            };
            for ((from, to), taken) in arrows {
                let floor = |child| table.and_then(|table| table.floor(child));
                if let (Some(low), Some(high)) = (floor(from), floor(to))
                    && low < high
                {
                    let (from, to) = (shown(from), shown(to));
                    wrong.insert(format!("{name}: {from} takes `{taken}` from {to}, which stands on a higher floor"));
                }
            }
            for circle in circles(arrows.keys()) {
                let taken = |child: &String| {
                    let into = arrows.iter().filter(|((from, to), _)| to == child && circle.contains(from));
                    let mut names: Vec<_> = into.map(|(_, taken)| taken.as_str()).collect();
                    names.sort_unstable();
                    names.dedup();
                    format!("{} ({})", shown(child), names.join(", "))
                };
                let members: Vec<_> = circle.iter().map(taken).collect();
                wrong.insert(format!("{name}: a circle of {}", members.join(", ")));
            }
        }
        wrong.into_iter().collect()
    }
}

struct Found {
    module: Name,
    name: String,
    /// The name that the root re-exports, if the path went through the root.
    through_root: Option<String>,
}

/// The sets of nodes that reach each other.
fn circles<'a>(arrows: impl Iterator<Item = &'a (String, String)> + Clone) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = open.pop() {
            let next = arrows.clone().filter(|(from, _)| *from == at).map(|(_, to)| to.clone());
            open.extend(next.filter(|to| reached.insert(to.clone())));
        }
        reached
    };
    let reached: BTreeMap<_, _> = arrows.clone().map(|(from, _)| (from.clone(), reached(from))).collect();
    let circle = |(node, all): (&String, &BTreeSet<String>)| {
        let comes_back = |other: &&String| reached.get(*other).is_some_and(|back| back.contains(node));
        all.iter().filter(comes_back).cloned().collect::<BTreeSet<_>>()
    };
    reached.iter().map(circle).filter(|circle| circle.len() > 1).collect()
}

/// Reads one module: what it defines, imports and names.
#[derive(Default)]
struct Reader {
    module: Module,
    children: Vec<(String, Option<Vec<syn::Item>>)>,
    /// How many functions, implementations and the like are open: what is defined in them is nothing of the module's.
    depth: usize,
}

impl Reader {
    fn note_use(&mut self, tree: &syn::UseTree, before: &Name, is_public: bool) {
        let with = |name: &syn::Ident| [&before[..], &[name.to_string()]].concat();
        let (alias, path) = match tree {
            syn::UseTree::Path(path) => return self.note_use(&path.tree, &with(&path.ident), is_public),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.note_use(tree, before, is_public));
            }
            syn::UseTree::Glob(_) => {
                if self.depth == 0 {
                    self.module.globs.push(before.clone());
                }
                if !is_public {
                    self.module.paths.insert(before.clone());
                }
                return;
            }
            syn::UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.clone()),
            syn::UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            syn::UseTree::Rename(rename) if rename.ident == "self" => (Some(rename.rename.to_string()), before.clone()),
            syn::UseTree::Rename(rename) => (Some(rename.rename.to_string()), with(&rename.ident)),
        };
        if self.depth == 0 {
            self.module.aliases.extend(alias.map(|alias| (alias, path.clone())));
        }
        // To hand a name on is not to use it.
        if !is_public {
            self.module.paths.insert(path);
        }
    }

    /// Paths in the text of a macro, which the parser does not see.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Name = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                token => {
                    self.note_macro_path(std::mem::take(&mut path));
                    colons = 0;
                    match token {
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        TokenTree::Group(group) => self.note_tokens(group.stream()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        self.note_macro_path(path);
    }

    fn note_macro_path(&mut self, path: Name) {
        if path.len() > 1 {
            self.module.paths.insert(path);
        }
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, `#[test]`.
fn is_for_tests(attribute: &syn::Attribute) -> bool {
    let is_cfg_test = || attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test");
    attribute.path().is_ident("test") || attribute.path().is_ident("cfg") && is_cfg_test()
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if attributes(item).iter().any(is_for_tests) {
            return;
        }
        let name = match item {
            syn::Item::Const(item) => Some(&item.ident),
            syn::Item::Enum(item) => Some(&item.ident),
            syn::Item::Fn(item) => Some(&item.sig.ident),
            syn::Item::Macro(item) => item.ident.as_ref(),
            syn::Item::Static(item) => Some(&item.ident),
            syn::Item::Struct(item) => Some(&item.ident),
            syn::Item::Trait(item) => Some(&item.ident),
            syn::Item::Type(item) => Some(&item.ident),
            syn::Item::Union(item) => Some(&item.ident),
            _ => None,
        };
        if self.depth == 0 {
            self.module.items.extend(name.map(ToString::to_string));
        }
        match item {
            syn::Item::Mod(item) => {
                self.children.push((item.ident.to_string(), item.content.as_ref().map(|(_, items)| items.clone())));
            }
            syn::Item::Use(item) => {
                let is_public = !matches!(item.vis, syn::Visibility::Inherited);
                self.note_use(&item.tree, &Vec::new(), is_public);
            }
            item => {
                self.depth += 1;
                visit::visit_item(self, item);
                self.depth -= 1;
            }
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(item) => &item.attrs[..],
            syn::ImplItem::Fn(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Name = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        // One lower-case word is a variable more often than an item.
        let is_word = segments.len() == 1 && segments[0].starts_with(|first: char| first.is_lowercase());
        if path.leading_colon.is_none() && !is_word {
            self.module.paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(in super::super)` takes nothing.
    }

    fn visit_macro(&mut self, makro: &'ast syn::Macro) {
        self.visit_path(&makro.path);
        self.note_tokens(makro.tokens.clone());
    }
}
