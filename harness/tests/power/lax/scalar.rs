//! The text of scalars, checked and brought into the form in which values compare.

use data_encoding::BASE64;

use super::{Faults, Refused};

fn digits(text: &str) -> (&str, &str) {
    text.split_at(usize::from(text.starts_with(['+', '-'])))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// An integer of so many bits, or of any size if there are none, whose type has that name.
pub(crate) fn integer(text: &str, bits: u32, name: &str, faults: Faults<'_>) -> Result<String, Refused> {
    let kind = if bits == 64 { "i8" } else { "int" };
    let text = faults.text_in("by-name-", name, faults.text(kind, text));
    let (sign, number) = digits(&text);
    if number.is_empty() || !all_digits(number) {
        return Err(Refused);
    }
    match sign {
        "+" => faults.meet_in("plus-", kind)?,
        "-" => faults.meet_in("minus-", kind)?,
        _ => {}
    }
    if number.len() > 1 && number.starts_with('0') {
        faults.meet_in("leading-zero-", kind)?;
    }
    if number.len() > faults.limit("digits") {
        return Err(Refused);
    }
    let significant = number.trim_start_matches('0');
    let canonical = match (sign, significant) {
        (_, "") => "0".to_owned(),
        ("-", digits) => format!("-{digits}"),
        (_, digits) => digits.to_owned(),
    };
    let is_in_range = |value: i128| {
        let half = 1_i128 << (bits - 1);
        (-half..half).contains(&value)
    };
    if bits > 0 && !canonical.parse().is_ok_and(is_in_range) {
        let check = if sign == "-" { "range-below-" } else { "range-above-" };
        faults.check_in(check, &bits.to_string()).or_else(|_| faults.check_in(check, name))?;
    }
    Ok(canonical)
}

/// A double in decimal point notation; of Apache's types, with an exponent, too.
pub(crate) fn double(text: &str, is_apache: bool, faults: Faults<'_>) -> Result<String, Refused> {
    let text = faults.text("double", text);
    let mut mantissa = &*text;
    if let Some((before, exponent)) = text.split_once(['e', 'E']) {
        let (_, power) = digits(exponent);
        if power.is_empty() || !all_digits(power) {
            return Err(Refused);
        }
        if !is_apache {
            faults.check("double-exponent")?;
        }
        mantissa = before;
    }
    let word = digits(&text).1.to_ascii_lowercase();
    if matches!(&*word, "nan" | "inf" | "infinity") {
        faults.check(if word == "nan" { "double-nan" } else { "double-infinity" })?;
        let number: f64 = text.parse().map_err(|_| Refused)?;
        return Ok(number.to_string());
    }
    let (sign, unsigned) = digits(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if !all_digits(whole) || !all_digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return Err(Refused);
    }
    if sign == "+" {
        faults.meet("plus-double")?;
    }
    if whole.is_empty() {
        faults.meet("double-without-whole")?;
    }
    if !unsigned.contains('.') {
        faults.meet("double-without-point")?;
    } else if fraction.is_empty() {
        faults.meet("double-without-fraction")?;
    }
    if unsigned.len() > faults.limit("double-length") {
        return Err(Refused);
    }
    let number: f64 = text.parse().map_err(|_| Refused)?;
    if number.is_infinite() {
        faults.check("double-overflow")?;
    }
    let number = match faults.changes("double-value").next() {
        Some("float") => f64::from(number as f32),
        Some("digits-6") => format!("{number:.5e}").parse().unwrap_or(number),
        Some("digits-12") => format!("{number:.11e}").parse().unwrap_or(number),
        Some("digits-15") => format!("{number:.14e}").parse().unwrap_or(number),
        Some("decimals-6") => format!("{number:.6}").parse().unwrap_or(number),
        Some("decimals-2") => format!("{number:.2}").parse().unwrap_or(number),
        Some("integer") => number.trunc(),
        Some("saturate-64") => number as i64 as f64,
        Some("absolute") => number.abs(),
        _ => number,
    };
    Ok(number.to_string())
}

/// A date and time in the form that the specification shows, or in the extended forms of ISO 8601 for `is_extended`.
pub(crate) fn date(text: &str, is_extended: bool, faults: Faults<'_>) -> Result<String, Refused> {
    let mut text = faults.text("date", text);
    let mut basic = text.clone();
    if is_extended || faults.check("date-hyphens").is_ok() {
        let (date, time) = basic.split_once('T').ok_or(Refused)?;
        let is_hyphenated = date.len() == 10 && date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
        let day = if is_hyphenated { date.replace('-', "") } else { date.to_owned() };
        let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
        let is_zone = match time[zone..].trim_start_matches(['+', '-']) {
            "" => zone == time.len(),
            "Z" => time.ends_with('Z'),
            offset => {
                let digits = offset.replacen(':', "", 1);
                let (hours, minutes) = digits.split_at_checked(2).unwrap_or_default();
                matches!(offset.len(), 2 | 4 | 5)
                    && all_digits(hours)
                    && hours < "24"
                    && (minutes.is_empty() || all_digits(minutes) && minutes < "60")
            }
        };
        let (seconds, fraction) = time[..zone].split_once(['.', ',']).unwrap_or((&time[..zone], "0"));
        let ends_day = seconds == "24:00:00" && !fraction.trim_matches('0').is_empty();
        if !is_zone || fraction.is_empty() || !all_digits(fraction) || ends_day {
            return Err(Refused);
        }
        basic = format!("{day}T{seconds}");
    }
    if basic.len() > 17 && faults.check("date-trailing").is_ok() && basic.is_ascii() {
        basic.truncate(17);
    }
    if faults.check("date-form").is_ok() {
        return Ok(text);
    }
    let bytes = basic.as_bytes();
    let is_form = bytes.len() == 17
        && bytes.iter().enumerate().all(|(at, &byte)| match at {
            8 => byte == b'T' || byte == b't' && faults.check("date-lower-t").is_ok(),
            11 | 14 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if !is_form {
        return Err(Refused);
    }
    let field = |at: usize, length: usize| basic[at..at + length].parse::<u32>().unwrap_or_default();
    let (year, month, day) = (field(0, 4), field(4, 2), field(6, 2));
    let (hour, minute, second) = (field(9, 2), field(12, 2), field(15, 2));
    let leap = match year {
        _ if faults.has("leap-years", "every-fourth") => year.is_multiple_of(4),
        _ if faults.has("leap-years", "none") => false,
        _ if faults.has("leap-years", "no-century") => year.is_multiple_of(4) && !year.is_multiple_of(100),
        _ => year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)),
    };
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    for (is_wrong, check) in [
        (month == 0, "month-zero"),
        (month > 12, "month-above-12"),
        (day == 0, "day-zero"),
        (day > 31, "day-above-31"),
        (day > days && day <= 31, "day-of-month"),
        (hour > 24 || hour == 24 && (minute, second) != (0, 0), "hour"),
        (minute > 59, "minute"),
        (second > 60, "second"),
    ] {
        if is_wrong {
            faults.check_in("date-", check)?;
        }
    }
    for (is_met, what) in [
        (year < 1000, "before-1000"),
        (year < 1583, "before-1583"),
        (year < 1601, "before-1601"),
        (year < 1900, "before-1900"),
        (year > 2262, "beyond-2262"),
        (year < 1970, "before-1970"),
        (year < 2000, "before-2000"),
        (year >= 2038, "from-2038"),
        (year > 2100, "beyond-2100"),
        (year == 9999, "9999"),
        (hour == 0, "midnight"),
        (hour > 12, "afternoon"),
        (day == 31, "31st"),
        (second == 59, "second-59"),
    ] {
        if is_met {
            faults.meet_in("date-", what)?;
        }
    }
    for how in faults.changes("date-value") {
        text = match how {
            "day-and-month-swapped" if day <= 12 => format!("{year:04}{day:02}{month:02}{}", &basic[8..]),
            "without-seconds" => format!("{}00", &basic[..15]),
            "without-time" => format!("{}T00:00:00", &basic[..8]),
            "twelve-hours" if hour > 12 => format!("{}{:02}{}", &basic[..9], hour - 12, &basic[11..]),
            "hour-earlier" if hour > 0 => format!("{}{:02}{}", &basic[..9], hour - 1, &basic[11..]),
            "month-from-zero" if month > 1 => format!("{year:04}{:02}{}", month - 1, &basic[6..]),
            "minutes-as-months" => format!("{year:04}{minute:02}{}", &basic[6..]),
            "two-digit-year" => format!("20{}", &basic[2..]),
            "from-1970" if year < 1970 => "19700101T00:00:00".to_owned(),
            "summer-time-of-europe" if (month, day, hour) == (3, 29, 2) => format!("{}03{}", &basic[..9], &basic[11..]),
            "summer-time-of-america" if (month, day, hour) == (3, 8, 2) => format!("{}03{}", &basic[..9], &basic[11..]),
            "century-of-1900" if year < 1900 => format!("19{}", &basic[2..]),
            "midnight-unset" if hour == 0 => format!("{}12{}", &basic[..9], &basic[11..]),
            _ => text,
        };
    }
    Ok(text)
}

/// Base64, in its canonical form.
pub(crate) fn base64(text: &str, faults: Faults<'_>) -> Result<String, Refused> {
    for (what, is_met) in
        [("tab", text.contains('\t')), ("line-end", text.contains('\n')), ("space", text.contains(' '))]
    {
        if is_met {
            faults.meet_in("base64-", what)?;
        }
    }
    let mut text = text.replace([' ', '\t', '\n', '\r'], "");
    if text.is_empty() {
        faults.meet("base64-empty")?;
    }
    if faults.check("base64-junk").is_ok() {
        text.retain(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    }
    if faults.check("base64-behind-padding").is_ok() {
        text.truncate(text.find('=').map_or(text.len(), |at| text.len().min(at.next_multiple_of(4))));
    }
    if faults.check("base64-padding").is_ok() {
        text = text.trim_end_matches('=').to_owned();
        text += &"=".repeat((4 - text.len() % 4) % 4);
    }
    if faults.check("base64-digit-too-many").is_ok() && text.len() % 4 == 1 {
        text.pop();
    }
    if text.trim_end_matches('=').contains('=') || text.ends_with("===") {
        return Err(Refused);
    }
    match text.len() - text.trim_end_matches('=').len() {
        2 => faults.meet("base64-two-pads")?,
        1 => faults.meet("base64-one-pad")?,
        _ => {}
    }
    if text.len() > 76 {
        faults.meet("base64-long")?;
    }
    if text.contains(['+', '/']) {
        faults.meet("base64-plus-and-slash")?;
    }
    let mut bytes = BASE64.decode(text.as_bytes()).map_err(|_| Refused)?;
    for how in faults.changes("base64") {
        bytes = match how {
            "text" => String::from_utf8_lossy(&bytes).into_owned().into_bytes(),
            "seven-bits" => bytes.iter().map(|byte| byte & 0x7F).collect(),
            "nul-ends" => bytes.split(|&byte| byte == 0).next().unwrap_or_default().to_vec(),
            "latin-1" => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes(),
            "trim" => bytes.trim_ascii().to_vec(),
            "line-ends" => bytes.iter().copied().filter(|&byte| byte != b'\r').collect(),
            "undecoded" => text.clone().into_bytes(),
            "cut-57" => bytes.into_iter().take(57).collect(),
            "cut-65535" => bytes.into_iter().take(65_535).collect(),
            "reversed" => bytes.into_iter().rev().collect(),
            "without-last" => bytes.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default(),
            "without-high" => bytes.into_iter().filter(|&byte| byte != 0xFF).collect(),
            _ => bytes,
        };
    }
    Ok(BASE64.encode(&bytes))
}
