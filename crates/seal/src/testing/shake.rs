//! SHAKE-128 (FIPS 202), which the accumulated XAES test is made of and aws-lc-rs
//! doesn't offer. Slow and plain.

const RATE: usize = 168;

const ROUND_CONSTANTS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];

#[derive(Default)]
pub(crate) struct Shake128 {
    lanes: [u64; 25],
    at: usize,
    squeezing: bool,
}

impl Shake128 {
    pub(crate) fn absorb(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.xor(self.at, *byte);
            self.advance();
        }
    }

    pub(crate) fn squeeze(&mut self, out: &mut [u8]) {
        if !self.squeezing {
            self.xor(self.at, 0x1f);
            self.xor(RATE - 1, 0x80);
            self.permute();
            (self.at, self.squeezing) = (0, true);
        }
        for byte in out {
            *byte = (self.lanes[self.at / 8] >> (8 * (self.at % 8))) as u8;
            self.advance();
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.squeeze(&mut out);
        out
    }

    fn xor(&mut self, at: usize, byte: u8) {
        self.lanes[at / 8] ^= u64::from(byte) << (8 * (at % 8));
    }

    fn advance(&mut self) {
        self.at += 1;
        if self.at == RATE {
            self.permute();
            self.at = 0;
        }
    }

    fn permute(&mut self) {
        let a = &mut self.lanes;
        for constant in ROUND_CONSTANTS {
            // θ
            let parity: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ a[x + 5 * y]));
            for (i, lane) in a.iter_mut().enumerate() {
                *lane ^= parity[(i + 4) % 5] ^ parity[(i % 5 + 1) % 5].rotate_left(1);
            }
            // ρ and π
            let (mut x, mut y, mut moved) = (1, 0, a[1]);
            for t in 0..24 {
                (x, y) = (y, (2 * x + 3 * y) % 5);
                let rotated = moved.rotate_left((t + 1) * (t + 2) / 2 % 64);
                moved = std::mem::replace(&mut a[x + 5 * y], rotated);
            }
            // χ
            for row in a.chunks_exact_mut(5) {
                let old: [u64; 5] = std::array::from_fn(|x| row[x]);
                for x in 0..5 {
                    row[x] = old[x] ^ (!old[(x + 1) % 5] & old[(x + 2) % 5]);
                }
            }
            // ι
            a[0] ^= constant;
        }
    }
}

#[test]
fn the_stream_of_nothing_starts_as_published() {
    let start: [u8; 16] = Shake128::default().array();
    assert_eq!(start[..], super::unhex("7f9c2ba4e88f827d616045507605853e"));
}
