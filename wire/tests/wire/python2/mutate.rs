//! Mutates documents. The same seed gives the same mutations.

use super::documents::LABELS;

/// SplitMix64, a generator of random numbers that is the same on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A random number below the bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % bound.max(1) as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Makes one to three changes to a document.
pub(crate) fn mutate(document: &[u8], random: &mut Random) -> Vec<u8> {
    let mut document = document.to_vec();
    for _ in 0..=random.below(3) {
        let change =
            *random.pick(&[bytes, bytes, tags, tags, attributes, texts, texts, declarations, doctypes, encodings]);
        change(&mut document, random);
    }
    document
}

const BYTES: &[u8] = b"\x00\x01\t\n\r !\"#$%&'()*+,-./059:;<=>?@AZ[\\]_az|\x7F\x80\xA0\xBB\xC2\xE9\xEF\xFE\xFF";

fn bytes(document: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(document.len());
    match random.below(5) {
        0 if !document.is_empty() => document[at] = *random.pick(BYTES),
        1 => document.insert(at, *random.pick(BYTES)),
        2 if !document.is_empty() => drop(document.remove(at)),
        3 => {
            let end = (at + random.below(40)).min(document.len());
            let piece = document[at..end].to_vec();
            document.splice(at..at, piece);
        }
        _ => {
            let end = (at + random.below(40)).min(document.len());
            document.drain(at..end);
        }
    }
}

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "methodCall", "methodName", "methodResponse", "params", "param", "fault", "value", "array", "data", "struct",
    "member", "name", "string", "int", "i4", "i8", "boolean", "double", "dateTime.iso8601", "base64", "nil", "i1",
    "ex:nil", "foo", "Value", "\u{E9}", "\u{37F}x", "a\u{B7}", "-a", "_", ":",
];

fn tags(document: &mut Vec<u8>, random: &mut Random) {
    let name = random.pick(NAMES);
    match random.below(6) {
        // Another name for a tag, or for both tags of an element.
        0 => {
            if let Some((start, end)) = tag(document, random) {
                let start = start + 1 + usize::from(document[start + 1] == b'/');
                let end = start + document[start..end].iter().take_while(|b| !b" />\t\n".contains(b)).count();
                document.splice(start..end, name.bytes());
            }
        }
        1 => {
            let old = random.pick(NAMES);
            for (old, new) in [(format!("<{old}>"), format!("<{name}>")), (format!("</{old}>"), format!("</{name}>"))] {
                replace_first(document, old.as_bytes(), new.as_bytes());
            }
        }
        2 => {
            if let Some((start, end)) = tag(document, random) {
                document.drain(start..=end);
            }
        }
        // An element between two tags.
        3 => {
            let at = between(document, random);
            let text = random.pick(TEXTS);
            let element = [format!("<{name}/>"), format!("<{name}>{text}</{name}>"), format!("<{name} >")];
            document.splice(at..at, random.pick(&element).bytes());
        }
        // A tag twice, or an element inside itself.
        4 => {
            if let Some((start, end)) = tag(document, random) {
                let piece = document[start..=end].to_vec();
                document.splice(start..start, piece);
            }
        }
        _ => {
            let old = random.pick(NAMES);
            replace_first(document, format!("<{old}>").as_bytes(), format!("<{old}><{name}>").as_bytes());
            replace_first(document, format!("</{old}>").as_bytes(), format!("</{name}></{old}>").as_bytes());
        }
    }
}

#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    " a='1'", " a=\"1\" a='2'", " a='1'b='2'", " a", " a=", " a=1", " a='<'", " a='>'", " a='&lt;'", " a='&b;'",
    " a='&'", " a='&#65;'", " a='&#0;'", " xml:lang='en'", " xmlns='x'", " xmlns:ex='y'", " \u{E9}='1'", "\ta = '1'",
    "\n a='1\n2' ", " a='\u{1F600}'", " 1='a'", " a:b:c='d'", "/", " /", " a='1'/", " a='%b;'", " \u{10400}='x'",
];

fn attributes(document: &mut Vec<u8>, random: &mut Random) {
    if let Some((start, end)) = tag(document, random) {
        let name = document[start + 1..end].iter().take_while(|b| !b" />".contains(b)).count();
        let at = *random.pick(&[start + 1 + name, end]);
        document.splice(at..at, random.pick(ATTRIBUTES).bytes());
    }
}

#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", " ", "\n", "\r\n", "\t", "x", "0", "1", "-1", "+ 5", " 7 ", "\u{A0}7\u{2003}", "\u{664}\u{662}", "1_0",
    "99999999999999999999", "5L", "0x1F", "1.5", "1e5", "1e999", ".5", "5.", "inf", "-Infinity", "nan", "1,5", "1e",
    "\u{FF11}.\u{FF15}", "true", "aGVsbG8=", "aGVsbG8", "aG=VsbG8=", "a===", "YQ==", "YQ=x=", "YQ==YQ==", "====",
    "aGVs\u{E9}bG8=", "aG-_", " a G V s b G 8 = ", "19980717T14:08:55", " now ", "caf\u{E9}", "&lt;", "&amp;&gt;",
    "&quot;&apos;", "&#65;", "&#x41;", "&#X41;", "&#1;", "&#0;", "&#xD800;", "&#xFFFE;", "&#x10FFFF;", "&#x110000;",
    "&#99999999999;", "&#;", "&#x;", "&", "&a", "&b;", "&\u{E9};", "& lt;", "&#32;", "&#160;5", "]]>", "]]&gt;", "]]",
    "<![CDATA[x<y&]]>", "<![CDATA[]]>", "<![CDATA[a]]b]]>", "<![CDATA[", "<![cdata[x]]>", "<!-- c -->", "<!---->",
    "<!-- -- -->", "<!--->", "<!-- a --->", "<?pi?>", "<?pi x ?>", "<? x?>", "<?xml version='1.0'?>", "<?XML ?>",
    "<?xml-a?>", "<?a?b?>", "<?\u{E9}?>", "<!x>", "<!DOCTYPE a>", "<", ">", "</", "</>", "<>", "<a", "\u{7F}",
    "\u{85}", "\u{FEFF}", "\u{FFFD}", "\u{1F600}", "\u{180E}5", "\u{1}",
];

fn texts(document: &mut Vec<u8>, random: &mut Random) {
    let at = if random.below(4) == 0 { between(document, random) } else { inside(document, random) };
    let text = random.pick(TEXTS);
    // The new text replaces the old one, or comes before it.
    let len = if random.below(2) == 0 { document[at..].iter().take_while(|&&b| b != b'<').count() } else { 0 };
    document.splice(at..at + len, text.bytes());
}

#[rustfmt::skip]
const DECLARATIONS: &[&str] = &[
    "", "<?xml version='1.0'?>", "<?xml version=\"1.0\" ?>", "<?xml version='1.1'?>", "<?xml version='2.0'?>",
    "<?xml version=''?>", "<?xml version='1.0\"?>", "<?xml version='a b'?>", "<?xml version = '1.0'\n?>", "<?xml?>",
    "<?xml ?>", "<?xml encoding='utf-8'?>", "<?xml version='1.0' encoding=''?>", "<?xml version='1.0' encoding='8'?>",
    "<?xml version='1.0'encoding='utf-8'?>", "<?xml version='1.0' standalone='yes'?>",
    "<?xml version='1.0' standalone='maybe'?>", "<?xml version='1.0' standalone='no' encoding='utf-8'?>",
    "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>", "<?xml version='1.0' encoding='utf-8' x='y'?>",
    "<?xml version='1.0' version='1.0'?>", "<?xml VERSION='1.0'?>", "<?XML version='1.0'?>", " <?xml version='1.0'?>",
    "\n", "\u{FEFF}", "\u{FEFF}<?xml version='1.0'?>", "<?xml version='1.0'?>\u{FEFF}", "<?xml version='1.0'>",
    "<?xml version='1.0'? >", "<?xml-stylesheet?>", "<!-- c --><?pi?>", "<?xml version='1.0'?> \n\t\r", "x",
    "<?xml version='1:0'?>", "<?xml version='1.0' encoding='utf-8:x'?>",
];

fn declarations(document: &mut Vec<u8>, random: &mut Random) {
    let end = declaration_end(document);
    document.splice(..end, random.pick(DECLARATIONS).bytes());
}

/// The parts of DOCTYPEs, which are left out, repeated or exchanged.
#[rustfmt::skip]
const DOCTYPES: &[&[&str]] = &[
    &["<!DOCTYPE", " ", "a", ">"], &["<!DOCTYPE", " ", "a", " ", "SYSTEM", " ", "\"x\"", ">"],
    &["<!DOCTYPE", " ", "a", " ", "PUBLIC", " ", "'-//x'", "\n", "\"y\"", " ", "[", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ELEMENT", " ", "b", " ", "EMPTY", ">", "]", " ", ">"],
    &["<!DOCTYPE", " ", "a", " ", "[", "<!ELEMENT", " ", "b", " ", "(", "#PCDATA", "|", "c", ")", "*", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ELEMENT", " ", "b", " ", "(", "c", ",", "(", "d", "|", "e", "?", ")", "+", ")", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ATTLIST", " ", "b", " ", "c", " ", "CDATA", " ", "#FIXED", " ", "'d'", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ATTLIST", " ", "b", " ", "c", " ", "(", "d", "|", "1", ")", " ", "#IMPLIED", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ATTLIST", " ", "b", " ", "c", " ", "NOTATION", " ", "(", "d", ")", " ", "#REQUIRED", " ", "e", " ", "ID", " ", "'&lt;'", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ENTITY", " ", "zz", " ", "'x&y;&#65;'", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ENTITY", " ", "%", " ", "zz", " ", "SYSTEM", " ", "'x'", ">", "%zz;", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!ENTITY", " ", "zz", " ", "PUBLIC", " ", "'x'", " ", "'y'", " ", "NDATA", " ", "n", ">", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "<!NOTATION", " ", "n", " ", "PUBLIC", " ", "'x'", " ", "'y'", ">", "<!-- c -->", "<?pi x?>", "]", ">"],
    &["<!DOCTYPE", " ", "a", "[", "%p;", "<!ATTLIST", " ", "b", " ", "c", " ", "IDREFS", " ", "'&q;'", ">", "]", ">"],
];

#[rustfmt::skip]
const DOCTYPE_PARTS: &[&str] = &[
    "", " ", ">", "[", "]", "(", ")", "|", ",", "*", "?", "+", "%", "&", ";", "'", "\"", "'x'", "\"<\"", "'&q;'",
    "'%p;'", "'100%'", "'&#1;'", "'{'", "%p;", "&lt;", "x", "1", "#PCDATA", "#FIXED", "EMPTY", "ANY", "CDATA",
    "NMTOKEN", "SYSTEM", "PUBLIC", "NDATA", "<!-- -- -->", "<?xml?>", "<![INCLUDE[]]>", "]]>", "<a/>", "<!FOO>",
    "\u{E9}", "\u{37F}", "empty", "--",
];

fn doctypes(document: &mut Vec<u8>, random: &mut Random) {
    let mut parts = random.pick(DOCTYPES).to_vec();
    for _ in 0..random.below(3) {
        let at = random.below(parts.len());
        match random.below(4) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(at, *random.pick(DOCTYPE_PARTS)),
            2 => parts[at] = *random.pick(DOCTYPE_PARTS),
            _ => parts.swap(at, 0),
        }
        if parts.is_empty() {
            break;
        }
    }
    let at = if random.below(8) == 0 { between(document, random) } else { declaration_end(document) };
    document.splice(at..at, parts.concat().into_bytes());
    if random.below(4) == 0 {
        let at = inside(document, random);
        document.splice(at..at, "&undeclared;".bytes());
    }
}

/// Changes the declared encoding, the bytes, or both.
fn encodings(document: &mut Vec<u8>, random: &mut Random) {
    let end = declaration_end(document);
    if random.below(4) > 0 {
        let label = random.pick(LABELS);
        document.splice(..end, format!("<?xml version='1.0' encoding='{label}'?>").into_bytes());
    }
    let Ok(text) = str::from_utf8(document) else { return };
    let little = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = || text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    *document = match random.below(8) {
        0 => [b"\xFF\xFE".to_vec(), little()].concat(),
        1 => [b"\xFE\xFF".to_vec(), big()].concat(),
        2 => little(),
        3 => big(),
        4 => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
        5 => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        _ => return,
    };
}

fn declaration_end(document: &[u8]) -> usize {
    let is_declared = document.starts_with(b"<?xml");
    if is_declared { document.windows(2).position(|pair| pair == b"?>").map_or(0, |at| at + 2) } else { 0 }
}

/// The places of the `<` and the `>` of a random tag.
fn tag(document: &[u8], random: &mut Random) -> Option<(usize, usize)> {
    let starts: Vec<_> = (0..document.len()).filter(|&at| document[at] == b'<').collect();
    let start = *starts.get(random.below(starts.len()))?;
    let len = document[start..].iter().position(|&b| b == b'>')?;
    (len > 1).then_some((start, start + len))
}

/// A random place before a tag.
fn between(document: &[u8], random: &mut Random) -> usize {
    tag(document, random).map_or(0, |(start, _)| start)
}

/// A random place after a tag.
fn inside(document: &[u8], random: &mut Random) -> usize {
    tag(document, random).map_or(0, |(_, end)| end + 1)
}

fn replace_first(document: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    if let Some(at) = document.windows(old.len()).position(|window| window == old) {
        document.splice(at..at + old.len(), new.iter().copied());
    }
}
