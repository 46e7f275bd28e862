//! Every section that is cited exists in `docs/protocol`, and every link between documents leads somewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// Files that cite the protocol reference, by the ending of their names.
const CITING: &[&str] = &["jsonl", "md", "rs", "snap", "toml", "tsv", "txt"];

/// One or more section signs with numbers: `§3.6`, `§1.2 to §1.6, §3`.
static SECTIONS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"§\d+(\.\d+)*((,|,? and| to) §\d+(\.\d+)*)*").expect("the pattern is well-formed"));

/// What stands before the sections of another document than the protocol reference.
static OTHER_DOCUMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(XML 1\.[01]|RFC \d+) $").expect("the pattern is well-formed"));

/// The number behind a section sign.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"§(\d+(?:\.\d+)*)").expect("the pattern is well-formed"));

/// A line end within a sentence, with the comment sign that starts the next line.
static LINE_END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\n[ \t]*(//[/!]?|#)?[ \t]*").expect("the pattern is well-formed"));

/// The target of a link in Markdown.
static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^()\s]+)\)").expect("the pattern is well-formed"));

/// A piece of code within a line of Markdown.
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("`+[^`]*`+").expect("the pattern is well-formed"));

#[test]
fn cited_sections_exist() {
    let root = root();
    let sections = sections(&root.join("docs/protocol"));
    let mut missing = String::new();
    let mut count = 0;
    for file in files(&root, CITING) {
        for number in citations(&read(&file)) {
            count += 1;
            if !sections.contains(&number) {
                let _ = writeln!(missing, "{} cites §{number}", shown(&file, &root));
            }
        }
    }
    assert!(missing.is_empty(), "docs/protocol has no such section:\n{missing}");
    assert!(count > 500, "only {count} citations were found");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = root();
    let mut broken = String::new();
    let mut count = 0;
    for file in files(&root, &["md"]) {
        let folder = file.parent().expect("a file is in a folder");
        for target in links(&read(&file)) {
            count += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let target_file = if path.is_empty() { file.clone() } else { folder.join(path) };
            let found = target_file.exists() && (anchor.is_empty() || anchors(&read(&target_file)).contains(anchor));
            if !found {
                let _ = writeln!(broken, "{} links to {target}", shown(&file, &root));
            }
        }
    }
    assert!(broken.is_empty(), "there is no such file or heading:\n{broken}");
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn citations_are_told_from_those_of_other_documents() {
    let text = "protocol reference §1.2 to §1.6, §3 and §4.4; XML 1.0 §2.8, §2.11; RFC 3629 §3\n\
                //! (protocol\n//! reference §10.3,\n//! §7), a method of XML 1.0 (§5.1)";
    assert_eq!(citations(text), ["1.2", "1.6", "3", "4.4", "10.3", "7", "5.1"]);
}

#[test]
fn anchors_are_made_as_github_makes_them() {
    let text = "# §1.3 A `README` & more_or-less\n## Notes\n```\n# no heading\n```\n## Notes\n";
    let expected = ["13-a-readme--more_or-less", "notes", "notes-1"];
    assert_eq!(anchors(text), expected.map(String::from).into());
}

/// The sections of the protocol reference that a text cites.
fn citations(text: &str) -> Vec<String> {
    let text = LINE_END.replace_all(text, " ");
    let lists = SECTIONS.find_iter(&text).filter(|list| !OTHER_DOCUMENT.is_match(&text[..list.start()]));
    lists.flat_map(|list| NUMBER.captures_iter(list.as_str())).map(|number| number[1].to_owned()).collect()
}

/// The sections of the protocol reference, by their headings. Each number has one heading.
fn sections(folder: &Path) -> BTreeSet<String> {
    let mut sections = BTreeMap::new();
    for file in files(folder, &["md"]) {
        for heading in headings(&read(&file)) {
            let Some(number) = NUMBER.captures(&heading).filter(|_| heading.starts_with('§')) else { continue };
            let before = sections.insert(number[1].to_owned(), file.clone());
            assert!(before.is_none(), "two sections have the number {}", &number[0]);
        }
    }
    sections.into_keys().collect()
}

/// The headings of a document in Markdown, without their marks.
fn headings(text: &str) -> Vec<String> {
    let lines = outside_of_blocks(text).into_iter().filter(|line| line.starts_with('#'));
    lines.filter_map(|line| line.trim_start_matches('#').strip_prefix(' ')).map(|line| line.trim().to_owned()).collect()
}

/// The names by which links lead to the headings of a document on GitHub.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let anchors = headings(text).into_iter().map(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
        let times = seen.entry(anchor.clone()).or_default();
        *times += 1;
        if *times == 1 { anchor } else { format!("{anchor}-{}", *times - 1) }
    });
    anchors.collect()
}

/// The targets of the links in a document that are no URLs.
fn links(text: &str) -> Vec<String> {
    let lines = outside_of_blocks(text).into_iter().map(|line| CODE.replace_all(line, "").into_owned());
    let targets = lines.flat_map(|line| LINK.captures_iter(&line).map(|link| link[1].to_owned()).collect::<Vec<_>>());
    targets.filter(|target| !target.contains(':')).collect()
}

/// The lines of a document in Markdown that are in no code block.
fn outside_of_blocks(text: &str) -> Vec<&str> {
    let mut inside = false;
    let outside = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    outside.collect()
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace").to_owned()
}

/// All files below a folder whose names end so, but those that are built or belong to version control.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                if name != "target" && name != ".git" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn shown(file: &Path, root: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}
