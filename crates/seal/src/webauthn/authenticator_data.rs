//! What the authenticator says about a ceremony (§6.1): fixed fields, then CBOR.

use minicbor::Decoder;

use super::{Refused, RelyingParty};
use crate::key::sha256;

/// Relying party, flags, counter.
const FIXED: usize = 32 + 1 + 4;
/// §5.4.3: a credential id has at most 1023 bytes.
const MAX_CREDENTIAL_ID: usize = 1023;

/// §6.1, table of flags.
mod flag {
    pub(super) const USER_PRESENT: u8 = 0x01;
    pub(super) const USER_VERIFIED: u8 = 0x04;
    pub(super) const BACKUP_ELIGIBLE: u8 = 0x08;
    pub(super) const BACKED_UP: u8 = 0x10;
    pub(super) const CREDENTIAL: u8 = 0x40;
    pub(super) const EXTENSIONS: u8 = 0x80;
}

/// What stands in it.
pub(super) struct AuthenticatorData<'a> {
    party: &'a [u8],
    flags: u8,
    pub(super) counter: u32,
    pub(super) credential: Option<NewCredential<'a>>,
}

/// A credential that was just made (§6.5.2).
pub(super) struct NewCredential<'a> {
    pub(super) aaguid: [u8; 16],
    pub(super) id: &'a [u8],
    /// In COSE.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it; bytes left over are refused.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (fixed, rest) = bytes.split_at_checked(FIXED).ok_or(Refused::Malformed)?;
        let (party, fixed) = fixed.split_at(32);
        let flags = fixed[0];
        let counter = u32::from_be_bytes([fixed[1], fixed[2], fixed[3], fixed[4]]);
        let (credential, rest) = match flags & flag::CREDENTIAL {
            0 => (None, rest),
            _ => {
                let (credential, rest) = NewCredential::parse(rest)?;
                (Some(credential), rest)
            }
        };
        let rest = match flags & flag::EXTENSIONS {
            0 => rest,
            _ => &rest[item(rest)?.len()..],
        };
        if rest.is_empty() { Ok(Self { party, flags, counter, credential }) } else { Err(Refused::Malformed) }
    }

    /// Checks whom it was made for, and that somebody was there whom the device knows (§7.1 steps 14 to 18, §7.2 steps 15 to 19).
    pub(super) fn check(&self, party: RelyingParty<'_>) -> Result<(), Refused> {
        if self.party != sha256(&[party.id.as_bytes()]) {
            return Err(Refused::RelyingParty);
        }
        if !self.has(flag::USER_PRESENT) {
            return Err(Refused::NotPresent);
        }
        if !self.has(flag::USER_VERIFIED) {
            return Err(Refused::NotVerified);
        }
        if self.backed_up() && !self.backup_eligible() { Err(Refused::Backup) } else { Ok(()) }
    }

    pub(super) fn backup_eligible(&self) -> bool {
        self.has(flag::BACKUP_ELIGIBLE)
    }

    pub(super) fn backed_up(&self) -> bool {
        self.has(flag::BACKED_UP)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl<'a> NewCredential<'a> {
    fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refused> {
        let (head, rest) = bytes.split_at_checked(18).ok_or(Refused::Malformed)?;
        let mut aaguid = [0; 16];
        aaguid.copy_from_slice(&head[..16]);
        let length = usize::from(u16::from_be_bytes([head[16], head[17]]));
        let (id, rest) = rest.split_at_checked(length).ok_or(Refused::Malformed)?;
        if !(1..=MAX_CREDENTIAL_ID).contains(&id.len()) {
            return Err(Refused::Malformed);
        }
        let public_key = item(rest)?;
        Ok((Self { aaguid, id, public_key }, &rest[public_key.len()..]))
    }
}

/// The bytes of the first CBOR item.
pub(super) fn item(bytes: &[u8]) -> Result<&[u8], Refused> {
    let mut decoder = Decoder::new(bytes);
    decoder.skip().map_err(|_| Refused::Malformed)?;
    bytes.get(..decoder.position()).ok_or(Refused::Malformed)
}
