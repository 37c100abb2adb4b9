//! A certificate authority for this machine only, so that a first try needs no certificate of anybody's.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sealpost_store::Time;

use super::TlsError;

/// The longest a server certificate may be valid (CA/Browser Forum BR §6.3.2, 2020 to 2026).
const LEAF_DAYS: i64 = 397;
/// A leaf with less left is made anew.
const RENEW_DAYS: i64 = 30;
const AUTHORITY_DAYS: i64 = 3650;
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where the files are.
#[derive(Clone, Debug)]
pub struct LocalAuthority {
    /// The authority's certificate: what a client is told to trust (`curl --cacert`).
    pub authority: PathBuf,
    /// The server's certificate, for `localhost`, `127.0.0.1` and `::1`.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

/// The local authority in `folder`: made if it isn't there, its server certificate made anew if less than 30 days are left.
/// Private keys are readable by their owner only.
pub fn local_authority(folder: &Path, now: Time) -> Result<LocalAuthority, TlsError> {
    fs::create_dir_all(folder).map_err(|source| TlsError::File { path: folder.into(), source })?;
    let at = |name: &str| folder.join(name);
    let files = LocalAuthority { authority: at("ca.pem"), certificate: at("localhost.pem"), key: at("localhost.key") };
    let authority_key = at("ca.key");
    if !(files.authority.exists() && authority_key.exists()) {
        let key = KeyPair::generate()?;
        let certificate = authority(now)?.self_signed(&key)?;
        write(&authority_key, &key.serialize_pem(), 0o600)?;
        write(&files.authority, &certificate.pem(), 0o644)?;
    } else if leaf_is_good(&files, now) {
        return Ok(files);
    }
    let pem = fs::read_to_string(&authority_key).map_err(|source| TlsError::File { path: authority_key, source })?;
    // Only its name and key identifier reach the leaf; both are the same every time.
    let issuer = Issuer::new(authority(now)?, KeyPair::from_pem(&pem)?);
    let key = KeyPair::generate()?;
    let certificate = leaf(now)?.signed_by(&key, &issuer)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &certificate.pem(), 0o644)?;
    Ok(files)
}

fn leaf_is_good(files: &LocalAuthority, now: Time) -> bool {
    let ends = fs::read(&files.certificate).ok().and_then(|pem| not_after(&CertificateDer::from_pem_slice(&pem).ok()?));
    let enough = now.plus_ms(RENEW_DAYS * 86_400_000);
    files.key.exists() && ends.is_some_and(|ends| ends > enough)
}

fn authority(now: Time) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Sealpost local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, AUTHORITY_DAYS);
    Ok(params)
}

fn leaf(now: Time) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(NAMES.map(String::from))?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    valid(&mut params, now, LEAF_DAYS);
    Ok(params)
}

/// From yesterday's midnight, for clocks that lag, for so many days.
fn valid(params: &mut CertificateParams, now: Time, days: i64) {
    let midnight = |ms: i64| {
        let date = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let from = now.unix_ms() - 86_400_000;
    params.not_before = midnight(from);
    params.not_after = midnight(from.saturating_add(days * 86_400_000));
}

/// Whole or not at all: a reader never sees half a key.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let fresh = path.with_extension("new");
    let written = (|| {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        let _ = mode;
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    written.map_err(|source| TlsError::File { path: path.into(), source })
}

/// `tbsCertificate.validity.notAfter` (RFC 5280 §4.1.2.5), as far as this module writes it: a UTCTime.
fn not_after(certificate: &[u8]) -> Option<Time> {
    let (certificate, _) = element(certificate)?;
    let (mut rest, _) = element(certificate)?;
    // version, serialNumber, signature, issuer
    for _ in 0..4 {
        rest = element(rest)?.1;
    }
    let (validity, _) = element(rest)?;
    let (text, _) = element(element(validity)?.1)?;
    let number = |at: usize| std::str::from_utf8(text.get(at..at + 2)?).ok()?.parse::<i16>().ok();
    let date = Date::new(2000 + number(0)?, number(2)?.try_into().ok()?, number(4)?.try_into().ok()?).ok()?;
    let ends = date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    (text.len() == 13).then(|| Time::from_unix_ms(ends))
}

/// The content of a DER element, and what follows it (X.690 §8.1).
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.get(1..)?.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn at_day(day: i64) -> Time {
        Time::from_unix_ms(1_768_469_400_000 + day * DAY)
    }

    #[test]
    fn the_authority_stays_and_the_leaf_is_renewed_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = local_authority(folder.path(), at_day(0)).unwrap();
        let [authority, leaf] = [&files.authority, &files.certificate].map(|path| fs::read(path).unwrap());
        local_authority(folder.path(), at_day(300)).unwrap();
        assert_eq!(leaf, fs::read(&files.certificate).unwrap());
        local_authority(folder.path(), at_day(380)).unwrap();
        assert_ne!(leaf, fs::read(&files.certificate).unwrap());
        assert_eq!(authority, fs::read(&files.authority).unwrap());
        let renewed =
            not_after(&CertificateDer::from_pem_slice(&fs::read(&files.certificate).unwrap()).unwrap()).unwrap();
        assert!(renewed > at_day(380 + 390) && renewed <= at_day(380 + 397));
    }

    #[cfg(unix)]
    #[test]
    fn private_keys_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = local_authority(folder.path(), at_day(0)).unwrap();
        for path in [files.key, folder.path().join("ca.key")] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = not_after(&bytes);
        }
    }
}
