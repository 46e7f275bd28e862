//! What faulty readers do to text.

/// Text as a faulty reader has it.
pub(crate) fn text(how: &str, text: &str) -> String {
    if let Some(length) = how.strip_prefix("cut-").and_then(|length| length.parse().ok()) {
        return text.chars().take(length).collect();
    }
    if let Some(length) = how.strip_prefix("cut-bytes-").and_then(|length| length.parse::<usize>().ok()) {
        return text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= length).map(|(_, c)| c).collect();
    }
    let space = [' ', '\t', '\n', '\r'];
    match how {
        "trim" => text.trim_matches(space).to_owned(),
        "trim-start" => text.trim_start_matches(space).to_owned(),
        "trim-end" => text.trim_end_matches(space).to_owned(),
        "trim-unicode" => text.trim().to_owned(),
        "trim-newlines" => text.trim_matches(['\n', '\r']).to_owned(),
        "trim-one-newline" => text.strip_suffix('\n').unwrap_or(text).to_owned(),
        "collapse" => text.split(space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
        "blank-is-empty" if text.trim_matches(space).is_empty() => String::new(),
        "drop-spaces" => text.replace(space, ""),
        "drop-line-ends" => text.replace(['\r', '\n'], ""),
        "line-ends-to-spaces" => text.replace('\n', " "),
        "line-ends-to-crlf" => text.replace('\n', "\r\n"),
        "first-line" => text.split('\n').next().unwrap_or_default().to_owned(),
        "tabs-to-spaces" => text.replace('\t', " "),
        "drop-tabs" => text.replace('\t', ""),
        "drop-carriage-returns" => text.replace('\r', ""),
        "carriage-returns-to-line-ends" => text.replace("\r\n", "\n").replace('\r', "\n"),
        "no-break-spaces-to-spaces" => text.replace('\u{A0}', " "),
        "unicode-line-ends" => text.replace(['\u{85}', '\u{2028}', '\u{2029}'], "\n"),
        "lower-case" => text.to_lowercase(),
        "upper-case" => text.to_uppercase(),
        "unescape" => unescape(text),
        "escape" => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        "strip-tags" => text.split('<').map(|part| part.split_once('>').map_or(part, |(_, rest)| rest)).collect(),
        "percent-decode" => text.replace("%41", "A").replace("%20", " "),
        "plus-to-space" => text.replace('+', " "),
        "backslashes" => text.replace("\\n", "\n").replace("\\x41", "A").replace("\\\\", "\\"),
        "add-backslashes" => text.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\\\""),
        "strip-quotes" => text.trim_matches(['"', '\'']).to_owned(),
        "drop-quotes" => text.replace(['"', '\''], ""),
        "strip-byte-order-mark" => text.replace('\u{FEFF}', ""),
        "drop-zero-width" => text.replace(['\u{200B}', '\u{200D}', '\u{AD}'], ""),
        "drop-marks-of-direction" => text.replace(['\u{202E}', '\u{200F}'], ""),
        "drop-controls" => text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect(),
        "drop-non-ascii" => text.chars().filter(char::is_ascii).collect(),
        "question-marks" => text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect(),
        "latin-1-only" => text.chars().map(|c| if c <= '\u{FF}' { c } else { '?' }).collect(),
        "drop-astral" => text.chars().filter(|&c| c <= '\u{FFFF}').collect(),
        "replace-astral" => text.chars().map(|c| if c <= '\u{FFFF}' { c } else { '\u{FFFD}' }).collect(),
        "utf-8-as-latin-1" => text.bytes().map(char::from).collect(),
        "composed" => text.replace("e\u{301}", "é"),
        "decomposed" => text.replace('é', "e\u{301}"),
        "compatibility" => text.replace('ﬁ', "fi").replace('Ａ', "A").replace('²', "2"),
        "without-accents" => text.replace('é', "e").replace('å', "a").replace('ü', "u"),
        "nul-ends" => text.split('\0').next().unwrap_or_default().to_owned(),
        "null-words" if matches!(text, "null" | "None" | "nil" | "undefined") => String::new(),
        "false-words" if matches!(text, "0" | "false" | "False") => String::new(),
        "interpolate" => text.replace("${HOME}", "/root").replace("%s", ""),
        "without-leading-zeros" if text.bytes().all(|b| b.is_ascii_digit()) && text.len() > 1 => {
            text.trim_start_matches('0').to_owned()
        }
        "number-normalised" => text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string()),
        "drop-ampersands" => text.replace('&', ""),
        "drop-less-than" => text.replace('<', ""),
        "drop-greater-than" => text.replace('>', ""),
        "drop-hash" => text.replace('#', ""),
        "first-word" => text.split(' ').next().unwrap_or_default().to_owned(),
        "behind-colon" => text.rsplit(':').next().unwrap_or_default().to_owned(),
        "behind-dot" => text.rsplit('.').next().unwrap_or_default().to_owned(),
        "dots-to-underscores" => text.replace('.', "_"),
        "slashes-to-dots" => text.replace('/', "."),
        "identifier" => text.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect(),
        "private-names" => text.trim_start_matches('_').to_owned(),
        "dunder" if text.starts_with("__") => String::new(),
        "dollar" => text.replace('$', ""),
        _ => number(how, text),
    }
}

/// Numbers as a faulty reader lets them pass: the text that a right one would read as what it made of them.
fn number(how: &str, text: &str) -> String {
    let owned = || text.to_owned();
    let sign = if text.starts_with('-') { "-" } else { "" };
    let unsigned = text.trim_start_matches(['-', '+']);
    let wrap = |bits: u32| {
        text.parse::<i128>().map_or_else(
            |_| owned(),
            |number| {
                let half = 1_i128 << (bits - 1);
                ((number + half).rem_euclid(half * 2) - half).to_string()
            },
        )
    };
    match how {
        "wrap-8" => wrap(8),
        "wrap-16" => wrap(16),
        "wrap-32" => wrap(32),
        "wrap-64" => wrap(64),
        "saturate-32" => {
            text.parse::<i128>().map_or_else(|_| owned(), |n| n.clamp(-(1 << 31), (1 << 31) - 1).to_string())
        }
        "saturate-64" => {
            text.parse::<i128>().map_or_else(|_| owned(), |n| n.clamp(i64::MIN.into(), i64::MAX.into()).to_string())
        }
        "unsigned-32" => {
            text.parse::<i128>().map_or_else(|_| owned(), |n| (n & 0xFFFF_FFFF).min(0x7FFF_FFFF).to_string())
        }
        "as-float-32" => text.parse::<f32>().map_or_else(|_| owned(), |n| format!("{n}")),
        "as-double" => text.parse::<f64>().map_or_else(|_| owned(), |n| format!("{n}")),
        "absolute" => unsigned.to_owned(),
        "empty-is-zero" if text.trim().is_empty() => "0".to_owned(),
        "leading-digits" => {
            let length = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
            if length == 0 { owned() } else { format!("{sign}{}", &unsigned[..length]) }
        }
        "leading-number" => {
            let length = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
            if length == 0 { owned() } else { format!("{sign}{}", &unsigned[..length]) }
        }
        "anything-is-zero" if text.parse::<f64>().is_err() => "0".to_owned(),
        "truncate-fraction" if text.parse::<f64>().is_ok() => {
            text.parse::<f64>().map_or_else(|_| owned(), |n| n.trunc().to_string())
        }
        "drop-underscores" => text.replace('_', ""),
        "drop-commas" => text.replace(',', ""),
        "drop-points" => text.replace('.', ""),
        "drop-apostrophes" => text.replace('\'', ""),
        "comma-is-point" => text.replace(',', "."),
        "hexadecimal" => {
            text.strip_prefix("0x").and_then(|d| i64::from_str_radix(d, 16).ok()).map_or_else(owned, |n| n.to_string())
        }
        "bare-hexadecimal" => i64::from_str_radix(text, 16).map_or_else(|_| owned(), |n| n.to_string()),
        "hash-hexadecimal" => text.trim_start_matches('#').to_owned(),
        "octal" if unsigned.len() > 1 && unsigned.starts_with('0') => {
            i64::from_str_radix(unsigned, 8).map_or_else(|_| owned(), |n| format!("{sign}{n}"))
        }
        "octal-prefix" => {
            text.strip_prefix("0o").and_then(|d| i64::from_str_radix(d, 8).ok()).map_or_else(owned, |n| n.to_string())
        }
        "binary-prefix" => {
            text.strip_prefix("0b").and_then(|d| i64::from_str_radix(d, 2).ok()).map_or_else(owned, |n| n.to_string())
        }
        "other-digits" => text
            .chars()
            .map(|c| match u32::from(c) {
                code @ 0x660..=0x669 => char::from_digit(code - 0x660, 10).unwrap_or(c),
                code @ 0xFF10..=0xFF19 => char::from_digit(code - 0xFF10, 10).unwrap_or(c),
                0xB2 => '2',
                _ => c,
            })
            .collect(),
        "unicode-minus" => text.replace('\u{2212}', "-"),
        "two-signs" => text.replacen("+-", "-", 1).replacen("--", "", 1),
        "sign-space" => text.replacen("- ", "-", 1),
        "sign-behind" => text.strip_suffix('-').map_or_else(owned, |digits| format!("-{digits}")),
        "sign-alone" if unsigned.is_empty() && !text.is_empty() => "0".to_owned(),
        "point-alone" if unsigned == "." => "0".to_owned(),
        "parentheses" => {
            text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map_or_else(owned, |d| format!("-{d}"))
        }
        "suffix-l" => text.trim_end_matches(['L', 'l']).to_owned(),
        "suffix-f" => text.trim_end_matches(['f', 'd']).to_owned(),
        "percent" => text.trim_end_matches('%').to_owned(),
        "words-of-truth" => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "t" => "1".to_owned(),
            "false" | "no" | "off" => "0".to_owned(),
            _ => owned(),
        },
        "truth" => if matches!(text, "" | "0" | "false") { "0" } else { "1" }.to_owned(),
        "exactly-true" => match text {
            "true" => "1".to_owned(),
            "false" => "0".to_owned(),
            _ => owned(),
        },
        "number-is-truth" => {
            text.parse::<f64>().map_or_else(|_| owned(), |n| if n == 0.0 { "0" } else { "1" }.to_owned())
        }
        "always-true" => "1".to_owned(),
        "always-false" => "0".to_owned(),
        "first-character" => text.chars().take(1).collect(),
        "null-is-zero" if matches!(text, "null" | "None") => "0".to_owned(),
        _ => owned(),
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#65;", "A")
        .replace("&amp;", "&")
}
