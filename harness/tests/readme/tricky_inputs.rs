//! The table of tricky inputs in section 2.7 of the protocol reference says what `xend-wire` does, too.

use xend_wire::sexpr::{Rules, Sexpr, parse_with};
use xend_wire::{ErrorKind, Limits, Release, Releases};

const CHAPTER: &str = include_str!("../../../docs/protocol/2-s-expressions.md");

#[test]
fn tricky_inputs_are_read_as_the_table_says() {
    let (_, behind) = CHAPTER.split_once("**Reading.**").expect("the table has a title");
    let (table, _) = behind.split_once("**Printing, ").expect("another table follows");
    let mut count = 0;
    for row in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Input")) {
        let cells: Vec<_> = row.replace("\\|", "\0").split('|').map(|cell| cell.trim().replace('\0', "|")).collect();
        let [_, input, releases, values, _] = &cells[..] else { panic!("three cells are expected: {row}") };
        let input = match &input[..] {
            "(empty)" => Vec::new(),
            "(one blank)" => b" ".to_vec(),
            code => bytes(code),
        };
        let releases = releases_of(releases);
        for release in Release::ALL.iter().filter(|release| releases.contains(**release)) {
            count += 1;
            let (got, expected) = (outcome(&input, *release), bytes(values));
            assert!(got == expected, "{release} gives {}: {row}", got.escape_ascii());
        }
    }
    assert!(count > 500, "only {count} outcomes were compared");
}

/// The releases that a cell names: `all`, `3.0.2`, `3.0.3+`, or `≤ 3.4`. Those that have no captures stand for the next.
fn releases_of(cell: &str) -> Releases {
    let release = |number: &str| match number {
        "4.0" => Release::V4_1,
        number => number.parse().unwrap_or_else(|error| panic!("{error}")),
    };
    match (cell.strip_prefix("≤ "), cell.strip_suffix('+')) {
        (Some(last), _) => Releases::until(release(last)),
        (_, Some(first)) => Releases::since(release(first)),
        _ if cell == "all" => Releases::ALL,
        _ => Releases::only(release(cell)),
    }
}

/// What a release makes of an input, in the notation of the table.
fn outcome(input: &[u8], release: Release) -> Vec<u8> {
    match parse_with(input, Rules::xend(release), &Limits::default()) {
        Ok(document) if document.values().next().is_none() => b"no value".to_vec(),
        Ok(document) => document.values().map(shown).collect::<Vec<_>>().join(&b" and "[..]),
        Err(error) => {
            let message = match error.kind() {
                ErrorKind::UnmatchedClose => "syntax error: )".to_owned(),
                ErrorKind::UnexpectedEnd => "unexpected EOF".to_owned(),
                ErrorKind::InvalidCharacter => format!("invalid character: code {}", input[error.span().start]),
                ErrorKind::OctalOutOfRange => {
                    let digits = input[error.span()].iter().copied().filter(u8::is_ascii_digit).collect();
                    format!("invalid octal escape: out of range {}", String::from_utf8(digits).expect("digits"))
                }
                ErrorKind::DaemonNameError => "global name 'buf' is not defined".to_owned(),
                ErrorKind::DaemonAttributeError => "Parser instance has no attribute 'buf'".to_owned(),
                kind => panic!("an error that the daemon does not know: {kind:?}"),
            };
            format!("error: {message}").into_bytes()
        }
    }
}

/// A list is enclosed in brackets, a string in `‹` and `›`.
fn shown(value: Sexpr<'_>) -> Vec<u8> {
    match value.as_atom() {
        Some(atom) => ["‹".as_bytes(), atom, "›".as_bytes()].concat(),
        None => {
            let items: Vec<_> = value.items().map(shown).collect();
            [b"[".as_slice(), &items.join(&b' '), b"]"].concat()
        }
    }
}

/// The bytes that a cell stands for: without the marks of code, and with `⟨04⟩` as the byte 4.
fn bytes(cell: &str) -> Vec<u8> {
    let cell = if cell.contains("`` ") { cell.replace("`` ", "").replace(" ``", "") } else { cell.replace('`', "") };
    let mut pieces = cell.split('⟨');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (number, text) = piece.split_once('⟩').expect("the number of a byte ends in ⟩");
        bytes.push(u8::from_str_radix(number, 16).expect("the number of a byte is hexadecimal"));
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}
