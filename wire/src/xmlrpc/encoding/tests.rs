use super::{Codec, Encoding, LABELS, Order};
use crate::tests::sample;

/// By the IANA character sets registry, these encodings are not windows-1252, which differs from 0x80 to 0x9F.
#[test]
fn latin1_has_control_characters_where_windows_1252_has_others() {
    for byte in 0x80..=0x9F_u8 {
        assert_eq!(Encoding::Latin1.decode_bytes(&[byte]).as_deref(), Ok(&*char::from(byte).to_string()));
        assert_eq!(Encoding::Ascii.decode_bytes(&[b'a', byte]), Err(1));
    }
}

/// XML 1.0, production 81, says which characters a label in a declaration may have.
#[test]
fn labels_are_names_of_encodings_and_name_one() {
    for (encoding, labels) in LABELS {
        for label in *labels {
            let is_name = label.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
            assert!(is_name && label.starts_with(|c: char| c.is_ascii_alphabetic()), "{label}");
            assert_eq!(Encoding::of(&label.to_ascii_uppercase()), Some(*encoding), "{label}");
        }
    }
}

/// The table in `codecs.txt` is complete, and its lines have the format that it describes.
#[test]
fn every_codec_has_a_name_and_128_places() {
    assert!(Codec::all().count() > 50);
    for codec in sample(Codec::all()) {
        assert_eq!(Codec::of(codec.name()), Some(codec));
        let text: String = codec.upper_half().into_iter().flatten().collect();
        assert!(text.chars().all(|c| c >= '\u{80}'), "{}", codec.name());
    }
}

/// Unicode, D91, defines surrogate pairs. How expat decodes a lone surrogate was seen with CPython 2.7.18.
#[test]
fn halves_of_pairs() {
    let units = |units: &[u16]| units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>();
    let pair = units(&[0xD83D, 0xDE00]);
    assert_eq!(Order::Big.decode(&pair).as_deref(), Ok("\u{1F600}"));
    assert_eq!(Order::Big.decode_as_expat(&pair).as_deref(), Ok("\u{1F600}"));
    for (text, at) in [(&[0x61, 0xD800][..], 1), (&[0xD800, 0x61], 0), (&[0x61, 0xDC00], 1)] {
        assert_eq!(Order::Big.decode(&units(text)), Err(at));
    }
    assert_eq!(Order::Big.decode_as_expat(&units(&[0xD800, 0x41])).as_deref(), Ok("\u{10041}"));
    assert_eq!(Order::Big.decode_as_expat(&units(&[0xDC00])), Err(0));
}
