//! The names and numbers of disks, and the files behind them (`util/blkif.py`).

use xend_wire::Release;

use crate::python;
use crate::world::Failure;

/// Returns the number by which a guest knows a disk, if the daemon can derive one from the disk's name.
///
/// Names are `sda1`, `xvdb`, `hdc:cdrom`, `ioemu:hda` or `51712`. From 3.3 on a hexadecimal number needs the prefix
/// `0x`, as in `0x301`; before, any hexadecimal digits are taken.
pub(in crate::world) fn number(name: &[u8], release: Release) -> Option<i64> {
    let name = name.strip_prefix(b"ioemu:").unwrap_or(name);
    let name = name.split(|&byte| byte == b':').next().unwrap_or_default();
    let hexadecimal = || {
        let digits = match name.strip_prefix(b"0x") {
            Some(digits) => digits,
            None if release < Release::V3_3 => name,
            None => return None,
        };
        i64::from_str_radix(str::from_utf8(digits).ok().filter(|digits| !digits.starts_with(['+', '-']))?, 16).ok()
    };
    let is_word = name.iter().all(u8::is_ascii_hexdigit);
    if is_word && release < Release::V3_3 {
        return hexadecimal();
    }
    let beyond = || if release >= Release::V3_3 { number_of_later_name(name) } else { None };
    xend_wire::block_device_number(name).or_else(|| python::int(name).ok()).or_else(beyond).or_else(hexadecimal)
}

/// Returns the number of a disk with one of the names that only some releases know: `sdq` to `sdiz`, `hde` to `hdt`,
/// `xvdq` to `xvdiz`.
fn number_of_later_name(name: &[u8]) -> Option<i64> {
    const SCSI: [i64; 16] = [8, 65, 66, 67, 68, 69, 70, 71, 128, 129, 130, 131, 132, 133, 134, 135];
    const IDE: [i64; 10] = [3, 22, 33, 34, 56, 57, 88, 89, 90, 91];
    let name = str::from_utf8(name).ok()?.trim_start_matches("/dev/");
    let (family, rest) = name.split_at_checked(if name.starts_with("xvd") { 3 } else { 2 })?;
    let letters = rest.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(rest.len());
    let (letters, partition) = rest.split_at(letters);
    let partition: i64 = if partition.is_empty() { 0 } else { partition.parse::<u8>().ok()?.into() };
    let letter = |letter: u8| i64::from(letter - b'a');
    let index = match letters.as_bytes() {
        [one] => letter(*one),
        [first @ b'a'..=b'i', second] => (letter(*first) + 1) * 26 + letter(*second),
        _ => return None,
    };
    let at = |majors: &[i64], disks: i64| majors.get(usize::try_from(index / disks).ok()?).copied();
    match family {
        "sd" if partition < 16 => Some(at(&SCSI, 16)? * 256 + index % 16 * 16 + partition),
        "hd" if partition < 64 => Some(at(&IDE, 2)? * 256 + index % 2 * 64 + partition),
        "xvd" => Some((1 << 28) + (index << 8) + partition),
        _ => None,
    }
}

/// Returns the number of a disk, as [`number`] does.
///
/// # Errors
/// In 3.0.2 and 3.2, returns Python's exception from `int()` for a name with a letter where a number is expected.
pub(in crate::world) fn checked_number(name: &[u8], release: Release) -> Result<Option<i64>, Failure> {
    let number = number(name, release);
    let reads_on = release == Release::V3_2 || release < Release::V3_0_3;
    if !reads_on || number.is_some() {
        return Ok(number);
    }
    let name = name.strip_prefix(b"ioemu:").unwrap_or(name);
    let name = name.split(|&byte| byte == b':').next().unwrap_or_default();
    for family in [b"xvd".as_slice(), b"sd", b"hd"] {
        if let Some([letter, rest @ ..]) = name.strip_prefix(family)
            && letter.is_ascii_lowercase()
            && !rest.is_empty()
        {
            return python::int(rest).map(|_| None).map_err(Failure::Exception);
        }
    }
    Ok(None)
}

/// Returns the name that the record of a running disk shows: without `ioemu:`, and with the kind of disk.
pub(in crate::world) fn name_in_record(name: &[u8], release: Release) -> Vec<u8> {
    if release < Release::V3_0_3 {
        return name.to_vec();
    }
    let name = name.strip_prefix(b"ioemu:").unwrap_or(name);
    if name.contains(&b':') { name.to_vec() } else { [name, b":disk"].concat() }
}

/// Returns the kind of disk that follows its name: `disk` or `cdrom`.
pub(in crate::world) fn kind(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"ioemu:").unwrap_or(name);
    name.iter().position(|&byte| byte == b':').map_or(b"disk", |at| &name[at + 1..])
}

/// Returns the path of the file behind a disk: `uname` without its type. A name of `phy:` is looked for in the folder
/// of devices (`blkdev_uname_to_file`).
pub(in crate::world) fn file(uname: &[u8]) -> Option<Vec<u8>> {
    let at = uname.iter().position(|&byte| byte == b':')?;
    let (kind, rest) = (&uname[..at], &uname[at + 1..]);
    match kind {
        b"phy" if !rest.starts_with(b"/") => Some([b"/dev/", rest].concat()),
        b"phy" | b"file" => Some(rest.to_vec()),
        b"tap" | b"tap2" => {
            let at = rest.iter().rposition(|&byte| byte == b':').map_or(0, |at| at + 1);
            Some(rest[at..].to_vec())
        }
        _ => None,
    }
}

/// Returns the types of images that the driver of `tap:` reads (`blktap.py`, `blktap_disk_types`). The list is empty
/// before 3.2, which checks nothing.
pub(super) fn tap_types(release: Release) -> &'static [&'static str] {
    release.pick(&[
        (Release::V3_0_2, &[] as &[&str]),
        (Release::V3_2, &["aio", "sync", "vmdk", "ram", "qcow"]),
        (Release::V3_3, &["aio", "sync", "vmdk", "ram", "qcow", "qcow2", "ioemu"]),
        (Release::V3_4, &["aio", "sync", "vmdk", "ram", "qcow", "qcow2", "ioemu", "tapdisk"]),
        (Release::V4_1, &["aio", "sync", "vmdk", "ram", "qcow", "qcow2", "ioemu", "vhd", "remus"]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of `sdz9` is in `Device 16793 not connected`, printed by the daemons of 3.4 and 4.1; `xvda` and
    /// `51712` are from the captures `holly1` and `holly24-num@3.1`.
    #[test]
    fn a_disk_has_the_number_that_its_name_says() {
        assert_eq!(number(b"sdz9", Release::V3_4), Some(16_793));
        assert_eq!(number(b"sdz9", Release::V3_1), None);
        assert_eq!(number(b"ioemu:hda", Release::V4_1), Some(768));
        assert_eq!(number(b"/dev/xvda", Release::V4_1), Some(51_712));
        assert_eq!(number(b"51712", Release::V3_3), Some(51_712));
        assert_eq!(number(b"51712", Release::V3_2), Some(0x51712));
        assert_eq!(number(b"zzz9", Release::V4_1), None);
    }
}
