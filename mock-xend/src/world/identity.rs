//! The identifiers that the daemon makes up. They come from a counter here, so that they are the same in every run.

/// A generator of uuids and MAC addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identities {
    given: u64,
}

impl Identities {
    /// Returns a uuid derived from a name, the same in every run.
    pub(crate) fn uuid_of(name: &str) -> String {
        // FNV-1a.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Self { given: name.bytes().fold(0xcbf2_9ce4_8422_2325, mix) }.uuid()
    }

    /// Continues after a number of identifiers that were given out before.
    pub(super) fn from_given(given: u64) -> Self {
        Self { given }
    }

    /// Returns the number of identifiers given out so far.
    pub(super) fn given(&self) -> u64 {
        self.given
    }

    /// Returns a new uuid in the daemon's form `8-4-4-4-12`, which looks random.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// Returns a new MAC address from Xen's block `00:16:3e`, whose fourth byte is below 80 (`XendConfig.py`,
    /// `randomMAC`).
    pub(super) fn mac(&mut self) -> String {
        let [a, b, c, ..] = self.next().to_be_bytes();
        format!("00:16:3e:{:02x}:{b:02x}:{c:02x}", a & 0x7f)
    }

    /// Returns the next number of the generator SplitMix64.
    fn next(&mut self) -> u64 {
        self.given = self.given.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.given;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
