//! The rate limit of a network card: `10Mb/s@20ms` (`XendConfig.py`, `netif.py`, `parseRate`).

/// The result for a text that is not a rate: the largest number of 32 bits, without an interval.
const UNLIMITED: (u64, u64) = (0xffff_ffff, 0);

/// Parses a rate into the bytes of an interval, and the interval in microseconds.
pub(super) fn parse(text: &[u8]) -> (u64, u64) {
    read(text).filter(|&(bytes, _)| bytes > 0 && bytes < UNLIMITED.0).unwrap_or(UNLIMITED)
}

/// Formats a rate as releases up to 3.0.3 print it: `1250KB/s@20ms`.
pub(super) fn format((bytes, interval): (u64, u64)) -> String {
    let a_second = bytes.saturating_mul(1_000_000).checked_div(interval).unwrap_or(bytes);
    let scaled = |number: u64, units: &[(u64, &str)]| {
        let fits = |&&(size, _): &&(u64, &str)| number != 0 && number.is_multiple_of(size);
        let (size, unit) = units.iter().find(fits).copied().unwrap_or((1, units[units.len() - 1].1));
        format!("{}{unit}", number / size)
    };
    let amount = scaled(a_second, &[(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "KB"), (1, "B")]);
    format!("{amount}/s@{}", scaled(interval, &[(1_000_000, "s"), (1000, "ms"), (1, "us")]))
}

fn read(text: &[u8]) -> Option<(u64, u64)> {
    let text = str::from_utf8(text).ok()?;
    let (amount, interval) = match text.split_once('@') {
        Some((amount, interval)) => (amount, microseconds(interval)?),
        None => (text, 50_000),
    };
    let amount = amount.strip_suffix("/s")?;
    let (amount, bits) = match amount.strip_suffix('b') {
        Some(amount) => (amount, true),
        None => (amount.strip_suffix('B')?, false),
    };
    let (amount, factor) = match amount.chars().next_back()? {
        'G' => (&amount[..amount.len() - 1], 1_000_000_000),
        'M' => (&amount[..amount.len() - 1], 1_000_000),
        'K' => (&amount[..amount.len() - 1], 1000),
        _ => (amount, 1),
    };
    let amount: u64 = amount.parse().ok()?;
    let a_second = amount.checked_mul(factor)? / if bits { 8 } else { 1 };
    Some((u64::try_from(u128::from(a_second) * u128::from(interval) / 1_000_000).ok()?, interval))
}

fn microseconds(text: &str) -> Option<u64> {
    let text = text.strip_suffix('s')?;
    let (number, factor) = match text.chars().next_back()? {
        'm' => (&text[..text.len() - 1], 1000),
        'u' => (&text[..text.len() - 1], 1),
        _ => (text, 1_000_000),
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captures `gum3-rate`, `gum4-rate2` and `gum13-badrate` of the daemon of 4.1.
    #[test]
    fn a_rate_is_bytes_in_an_interval() {
        assert_eq!(parse(b"2MB/s"), (100_000, 50_000));
        assert_eq!(parse(b"10Mb/s@20ms"), (25_000, 20_000));
        assert_eq!(parse(b"fast"), (4_294_967_295, 0));
        assert_eq!(parse(b"0B/s"), (4_294_967_295, 0));
        assert_eq!(parse(b"99999999GB/s"), (4_294_967_295, 0));
    }

    /// Captures `gum4-rate2` and `gum13-badrate` of the daemon of 3.0.3.
    #[test]
    fn old_daemons_print_what_they_have_read() {
        assert_eq!(format(parse(b"10Mb/s@20ms")), "1250KB/s@20ms");
        assert_eq!(format(parse(b"2MB/s")), "2MB/s@50ms");
        assert_eq!(format(parse(b"fast")), "4294967295B/s@0us");
    }
}
