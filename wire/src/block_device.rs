//! Names and numbers of block devices.

/// The number that the daemon computes from the name of a block device: its major number times 256 plus its minor number
/// (`util/blkif.py blkdev_name_to_number`).
///
/// Names are `sda1`, `hdc:cdrom`, `/dev/xvdb2` and the like; a name that is already a number is returned as it is.
/// `None` if the daemon does not know the name.
///
/// ```
/// assert_eq!(xend_wire::block_device_number(b"sda1"), Some(2049));
/// assert_eq!(xend_wire::block_device_number(b"hdc:cdrom"), Some(5632));
/// assert_eq!(xend_wire::block_device_number(b"xvdb2"), Some(51730));
/// ```
pub fn block_device_number(name: &[u8]) -> Option<i64> {
    let name = str::from_utf8(name).ok()?;
    let name = name.split(':').next()?.trim_start_matches("/dev/");
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let (family, rest) = name.split_at_checked(if name.starts_with("xvd") { 3 } else { 2 })?;
    let letter = rest.bytes().next().filter(u8::is_ascii_lowercase)? - b'a';
    let partition = match &rest[1..] {
        "" => 0,
        digits => digits.parse::<u8>().ok()?,
    };
    let (letter, partition) = (i64::from(letter), i64::from(partition));
    match family {
        "sd" if letter < 16 => Some(8 * 256 + 16 * letter + partition),
        "hd" if letter < 2 => Some(3 * 256 + 64 * letter + partition),
        "hd" if letter < 4 => Some(22 * 256 + 64 * (letter - 2) + partition),
        "xvd" if letter < 16 => Some(202 * 256 + 16 * letter + partition),
        _ => None,
    }
}
