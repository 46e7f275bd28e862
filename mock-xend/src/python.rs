//! Behaviour of Python 2 that shows in the daemon's replies: the order of a dict, the parsing of numbers, and the
//! exceptions of operations.

mod raises;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use xend_wire::datum::Datum;

pub(crate) use raises::{
    AN_INTEGER_IS_REQUIRED, LIST_INDEX, c_int, compare, contains, hashable, items, long, name, no_attribute,
    not_a_number, number, operand, shift, subtract,
};

/// Returns a dict whose members the daemon's source writes as a literal, in the order in which Python yields them.
pub(crate) fn literal<'n>(members: impl IntoIterator<Item = (&'n str, Datum)>) -> Datum {
    in_order(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), literal_order)
}

/// Returns a dict whose members the daemon adds one after the other, in the order in which Python yields them.
pub(crate) fn dict(members: Vec<(String, Datum)>) -> Datum {
    in_order(members, |names| dict_order(names.iter().copied()))
}

fn in_order(members: Vec<(String, Datum)>, order: impl for<'k> Fn(&[&'k str]) -> Vec<&'k str>) -> Datum {
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    // If a name is given twice, the last value counts.
    let places: HashMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let places: Vec<usize> = order(&names).into_iter().map(|name| places[name]).collect();
    let mut members: Vec<Option<(String, Datum)>> = members.into_iter().map(Some).collect();
    Datum::Dict(places.into_iter().filter_map(|at| members[at].take()).collect())
}

/// Returns the value of a member of a dict.
pub(crate) fn member<'d>(value: &'d Datum, name: &str) -> Option<&'d Datum> {
    match value {
        Datum::Dict(members) => members.iter().rfind(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}

/// Formats a time since the Unix epoch as `xmlrpclib.DateTime` does: `20080101T00:00:00`.
pub(crate) fn date_time(at: Duration) -> Datum {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    /// The last second of the year 9999. The years after it have too many digits for the format.
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    // `Tue, 01 Jan 2008 00:00:00 GMT`
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + at.min(LAST));
    let words: Vec<&str> = date.split(' ').collect();
    let month = MONTHS.iter().position(|month| *month == words[2]).map_or(0, |at| at + 1);
    Datum::DateTime(format!("{}{month:02}{}T{}", words[3], words[1], words[4]))
}

/// A key of a dict, with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<'k> {
    hash: u64,
    pub(crate) name: &'k str,
}

impl<'k> Key<'k> {
    /// Hashes a key as `string_hash` in `Objects/stringobject.c` does.
    pub(crate) const fn new(name: &'k str) -> Self {
        let text = name.as_bytes();
        if text.is_empty() {
            return Self { name, hash: 0 };
        }
        let mut hash = (text[0] as u64) << 7;
        let mut at = 0;
        while at < text.len() {
            hash = hash.wrapping_mul(1_000_003) ^ text[at] as u64;
            at += 1;
        }
        Self { name, hash: hash ^ text.len() as u64 }
    }
}

/// Returns keys in the order in which a dict of CPython 2.7 (64 bits, no hash randomisation) yields them, if they are
/// inserted in the given order.
///
/// Header lines and the fields of devices are sent in this order (protocol reference §1.4, §3.8). Source:
/// `Objects/dictobject.c`.
pub(crate) fn dict_order<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    let keys: Vec<Key<'k>> = keys.into_iter().map(Key::new).collect();
    dict_places(keys.len(), |at| keys[at]).map(|at| keys[at].name).collect()
}

/// Returns the order of [`dict_order`] as places in the sequence of keys, whose length is `count`. If a key is given
/// twice, its first place counts.
pub(crate) fn dict_places<'k>(count: usize, key: impl Fn(usize) -> Key<'k>) -> impl Iterator<Item = usize> {
    Slots::filled(SMALLEST, count, key).into_places()
}

/// Returns the order of a dict that the source writes as a literal, `{'a': 1, ...}`. Python allocates such a dict in
/// its final size at once (`BUILD_MAP`, `_PyDict_NewPresized`).
pub(crate) fn literal_order<'k>(keys: &[&'k str]) -> Vec<&'k str> {
    let size = if keys.len() > 5 { (keys.len() + 1).next_power_of_two() } else { SMALLEST };
    let hashed: Vec<_> = keys.iter().copied().map(Key::new).collect();
    Slots::filled(size, keys.len(), |at| hashed[at]).into_places().map(|at| keys[at]).collect()
}

/// The smallest number of slots (`PyDict_MINSIZE`).
const SMALLEST: usize = 8;

/// The slots of a dict. A slot holds the place of its key in the sequence of keys, counted from 1; 0 is an empty slot.
struct Slots {
    len: usize,
    /// The slots of a small dict, which needs no allocation.
    few: [usize; 32],
    many: Vec<usize>,
}

impl Slots {
    fn new(len: usize) -> Self {
        let few = [0; 32];
        let many = if len > few.len() { vec![0; len] } else { Vec::new() };
        Self { len, few, many }
    }

    /// Returns the slots after all keys have been inserted, one after the other.
    fn filled<'k>(size: usize, count: usize, key: impl Fn(usize) -> Key<'k>) -> Self {
        let mut slots = Self::new(size);
        let mut used = 0;
        for at in 0..count {
            if !slots.insert(at, &key) {
                continue;
            }
            used += 1;
            if used * 3 >= slots.len * 2 {
                let full = std::mem::replace(&mut slots, Self::new((used * 4 + 1).next_power_of_two()));
                for at in full.into_places() {
                    slots.insert(at, &key);
                }
            }
        }
        slots
    }

    /// Inserts a key into the first free slot of its probe sequence. Returns false if the key was there already.
    fn insert<'k>(&mut self, at: usize, key: impl Fn(usize) -> Key<'k>) -> bool {
        let mask = self.len as u64 - 1;
        let slots = if self.many.is_empty() { self.few.as_mut_slice() } else { self.many.as_mut_slice() };
        let wanted = key(at);
        let mut perturb = wanted.hash;
        let mut probe = perturb;
        loop {
            let slot = &mut slots[(probe & mask) as usize];
            match *slot {
                0 => {
                    *slot = at + 1;
                    return true;
                }
                there if key(there - 1) == wanted => return false,
                _ => {
                    probe = probe.wrapping_mul(5).wrapping_add(perturb).wrapping_add(1);
                    perturb >>= 5;
                }
            }
        }
    }

    /// Returns the places of the keys, in the order of the slots.
    fn into_places(self) -> impl Iterator<Item = usize> {
        let Self { len, few, many } = self;
        let slot = move |at: usize| if many.is_empty() { few[at] } else { many[at] };
        (0..len).map(slot).filter_map(|place| place.checked_sub(1))
    }
}

/// Returns `int(text)`, or the text of Python's exception.
///
/// Python's integers have no limit. A number beyond 64 bits becomes the nearest one that fits.
pub(crate) fn int(text: &[u8]) -> Result<i64, Vec<u8>> {
    let invalid = || [b"invalid literal for int() with base 10: ".as_slice(), &repr(text)].concat();
    let trimmed = text.trim_ascii();
    let (negative, digits) = match trimmed.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, trimmed),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(invalid());
    }
    let magnitude =
        digits.iter().fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add((digit - b'0').into()));
    Ok(if negative { -magnitude } else { magnitude })
}

/// Returns `float(value)`, or the text of Python's exception. The value may have any type.
pub(crate) fn float(value: &Datum) -> Result<f64, Vec<u8>> {
    match value {
        Datum::Float(number) => Ok(*number),
        Datum::Int(number) | Datum::Long(number) => Ok(*number as f64),
        Datum::Bool(flag) => Ok(f64::from(u8::from(*flag))),
        Datum::Bytes(_) | Datum::Text(_) => {
            let text = str(value);
            let number = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            number.ok_or_else(|| [b"could not convert string to float: ".as_slice(), &text].concat())
        }
        _ => Err(b"float() argument must be a string or a number".to_vec()),
    }
}

/// Returns the text of the exception that `str()` raises for a text with characters beyond ASCII; `None` if it has
/// none.
pub(crate) fn not_ascii(text: &str) -> Option<String> {
    let at = text.chars().position(|c| !c.is_ascii())?;
    let count = text.chars().skip(at).take_while(|c| !c.is_ascii()).count();
    Some(match count {
        1 => {
            let c = Datum::Text(text.chars().skip(at).take(1).collect()).repr();
            let c = String::from_utf8_lossy(&c);
            format!("'ascii' codec can't encode character {c} in position {at}: ordinal not in range(128)")
        }
        _ => format!(
            "'ascii' codec can't encode characters in position {at}-{}: ordinal not in range(128)",
            at + count - 1
        ),
    })
}

/// Returns `repr(text)` of a byte string.
pub(crate) fn repr(text: &[u8]) -> Vec<u8> {
    Datum::from(text.to_vec()).repr()
}

/// Returns `str(value)`: a string unchanged, and anything else as `repr` formats it.
pub(crate) fn str(value: &Datum) -> Vec<u8> {
    match value {
        Datum::Bytes(bytes) => bytes.clone(),
        Datum::Text(text) => text.as_bytes().to_vec(),
        Datum::Long(number) => number.to_string().into_bytes(),
        Datum::DateTime(text) => text.as_bytes().to_vec(),
        Datum::Binary(bytes) => bytes.clone(),
        other => other.repr(),
    }
}

/// Returns `str(value)` as text, for putting it into another text.
pub(crate) fn text(value: &Datum) -> String {
    String::from_utf8_lossy(&str(value)).into_owned()
}

/// Returns `bool(value)`.
pub(crate) fn truth(value: &Datum) -> bool {
    match value {
        Datum::None => false,
        Datum::Bool(flag) => *flag,
        Datum::Int(number) | Datum::Long(number) => *number != 0,
        Datum::Float(number) => *number != 0.0,
        Datum::Bytes(bytes) => !bytes.is_empty(),
        Datum::Text(text) => !text.is_empty(),
        Datum::List(items) | Datum::Tuple(items) => !items.is_empty(),
        Datum::Dict(members) => !members.is_empty(),
        Datum::DateTime(_) | Datum::Binary(_) => true,
    }
}

/// Returns the name of a value's type, as Python's messages show it.
pub(crate) fn type_name(value: &Datum) -> &'static str {
    match value {
        Datum::None => "NoneType",
        Datum::Bool(_) => "bool",
        Datum::Int(_) => "int",
        Datum::Long(_) => "long",
        Datum::Float(_) => "float",
        Datum::Bytes(_) => "str",
        Datum::Text(_) => "unicode",
        Datum::List(_) => "list",
        Datum::Tuple(_) => "tuple",
        Datum::Dict(_) => "dict",
        Datum::DateTime(_) | Datum::Binary(_) => "instance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders seen in captures: headers of `get-root@3.0.2`, `post-destroy-dom0@3.0.2`, `meth-PUT@3.0.2` and
    /// `v10-keepalive@3.0.2`, a vif of `get-domain-vm1@3.1` and `get-domain-vm1@3.4`.
    #[test]
    fn dicts_come_in_the_order_of_the_captures() {
        let check = |inserted: &str, order: &str| {
            let keys: Vec<_> = dict_order(inserted.split(' '));
            assert_eq!(keys, order.split(' ').collect::<Vec<_>>());
        };
        check(
            "expires pragma cache-control content-type content-length",
            "content-length expires content-type pragma cache-control",
        );
        check(
            "expires pragma cache-control location content-type content-length",
            "content-length expires location pragma cache-control content-type",
        );
        check(
            "expires pragma cache-control accept content-type content-length",
            "content-length expires accept pragma cache-control content-type",
        );
        check(
            "expires pragma cache-control content-type connection content-length",
            "content-length expires connection pragma cache-control content-type",
        );
        check("backend script bridge mac type uuid", "bridge uuid script mac type backend");
        check("backend script bridge mac uuid", "bridge mac script uuid backend");
    }

    /// The expected texts were printed by Python 2.7.
    #[test]
    fn text_beyond_ascii_can_not_be_made_a_byte_string() {
        let text = "'ascii' codec can't encode character u'\\xe9' in position 3: ordinal not in range(128)";
        assert_eq!(not_ascii("caf\u{e9}").as_deref(), Some(text));
        let text = "'ascii' codec can't encode characters in position 1-2: ordinal not in range(128)";
        assert_eq!(not_ascii("a\u{e9}\u{e8}b\u{e9}").as_deref(), Some(text));
        assert_eq!(not_ascii("abc"), None);
    }

    /// The fields of a domain as `XendAPI.VM_get_record` writes them. The dict is made anew twice before it is sent
    /// (capture `xenapi-VM.get_all_records@3.1`).
    #[test]
    fn a_dict_written_as_a_whole_comes_in_the_order_of_the_capture() {
        let written = "uuid power_state name_label name_description user_version is_a_template auto_power_on \
                       resident_on memory_static_min memory_static_max memory_dynamic_min memory_dynamic_max \
                       VCPUs_params VCPUs_at_startup VCPUs_max actions_after_shutdown actions_after_reboot \
                       actions_after_suspend actions_after_crash consoles VIFs VBDs VTPMs PV_bootloader PV_kernel \
                       PV_ramdisk PV_args PV_bootloader_args HVM_boot_policy HVM_boot_params platform PCI_bus \
                       tools_version other_config domid is_control_domain metrics";
        let captured = "PV_args VIFs PV_bootloader VTPMs domid name_description PCI_bus actions_after_crash uuid \
                        PV_ramdisk memory_dynamic_min name_label VCPUs_at_startup HVM_boot_params platform PV_kernel \
                        power_state VCPUs_params memory_static_min HVM_boot_policy VCPUs_max memory_static_max \
                        actions_after_shutdown tools_version metrics memory_dynamic_max user_version \
                        actions_after_suspend is_a_template is_control_domain PV_bootloader_args other_config \
                        auto_power_on consoles actions_after_reboot resident_on VBDs";
        let order = literal_order(&written.split_whitespace().collect::<Vec<_>>());
        let order = dict_order(dict_order(order));
        assert_eq!(order, captured.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        assert_eq!(int(b" +005\n"), Ok(5));
        assert_eq!(int(b"-5"), Ok(-5));
        assert_eq!(int(b"99999999999999999999"), Ok(i64::MAX));
        let error = |text: &[u8]| String::from_utf8(int(text).unwrap_err()).unwrap();
        assert_eq!(error(b"abc"), "invalid literal for int() with base 10: 'abc'");
        assert_eq!(error(b""), "invalid literal for int() with base 10: ''");
        assert_eq!(error(b"96.5"), "invalid literal for int() with base 10: '96.5'");
    }
}
