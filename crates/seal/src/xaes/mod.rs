//! XAES-256-GCM as specified at <https://c2sp.org/XAES-256-GCM>: AES-256-GCM under a
//! key derived by AES-CMAC from the first half of a 24-byte random nonce. Still AES-256
//! for the auditor, and 2⁸⁰ random nonces per key before collisions matter (2⁻³²).

pub(crate) mod gcm;

use crate::fault::or_abort;
use aws_lc_rs::cipher::{AES_256, EncryptingKey, UnboundCipherKey};
use gcm::{Mismatch, TAG_LEN};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an XAES-256-GCM nonce.
pub(crate) const NONCE_LEN: usize = 24;

/// A key with what all its uses share precomputed: the AES key schedule and K1.
pub(crate) struct Xaes {
    block: EncryptingKey,
    k1: Zeroizing<[u8; 16]>,
}

impl Xaes {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let block = or_abort(UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::ecb), "AES-256");
        let mut l = Zeroizing::new([0; 16]);
        encrypt_blocks(&block, &mut l[..]);
        let k1 = cmac_subkey(&l);
        Self { block, k1 }
    }

    /// Encrypts `in_out` in place and returns the tag.
    pub(crate) fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], in_out: &mut [u8]) -> [u8; TAG_LEN] {
        let (subkey, gcm_nonce) = self.subkey(nonce);
        gcm::seal(&subkey, gcm_nonce, aad, in_out)
    }

    /// Decrypts `in_out` (ciphertext ‖ tag) in place; the clear bytes are its front.
    pub(crate) fn open<'b>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        in_out: &'b mut [u8],
    ) -> Result<&'b mut [u8], Mismatch> {
        let (subkey, gcm_nonce) = self.subkey(nonce);
        gcm::open(&subkey, gcm_nonce, aad, in_out)
    }

    /// Steps 3 to 6 of the specification: Kₓ and Nₓ.
    fn subkey(&self, nonce: &[u8; NONCE_LEN]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
        let mut subkey = Zeroizing::new([0; 32]);
        for (counter, block) in (1..).zip(subkey.chunks_exact_mut(16)) {
            block[..4].copy_from_slice(&[0, counter, b'X', 0]);
            block[4..].copy_from_slice(&nonce[..12]);
            block.iter_mut().zip(self.k1.iter()).for_each(|(m, k)| *m ^= k);
        }
        encrypt_blocks(&self.block, &mut subkey[..]);
        let mut gcm_nonce = [0; 12];
        gcm_nonce.copy_from_slice(&nonce[12..]);
        (subkey, gcm_nonce)
    }
}

/// The first CMAC subkey K1 from L (NIST SP 800-38B §6.1), without a branch on it.
fn cmac_subkey(l: &[u8; 16]) -> Zeroizing<[u8; 16]> {
    let mut value = u128::from_be_bytes(*l);
    let carry = value >> 127;
    let mut k1 = (value << 1) ^ (carry * 0b1000_0111);
    let out = Zeroizing::new(k1.to_be_bytes());
    value.zeroize();
    k1.zeroize();
    out
}

fn encrypt_blocks(block: &EncryptingKey, in_out: &mut [u8]) {
    or_abort(block.encrypt(in_out), "AES-256");
}

#[cfg(test)]
mod tests;
