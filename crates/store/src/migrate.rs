//! Migrations: same number and name on both engines, forward only.

/// One step of the schema.
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! migrations {
    ($folder:literal: $($number:literal $name:literal),+ $(,)?) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../migrations/", $folder, "/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/", $folder, "/postgres/", $name, ".sql")),
        }),+]
    };
}

/// The schema of `data`.
pub(crate) const DATA: &[Migration] = migrations!("data": 1 "0001_house", 2 "0002_key_mask", 3 "0003_last4", 4 "0004_people", 5 "0005_pages", 6 "0006_networks", 7 "0007_sso", 8 "0008_scim", 9 "0009_secrets", 10 "0010_erasure", 11 "0011_storage", 12 "0012_security", 14 "0014_keys", 15 "0015_handover", 16 "0016_endpoints", 17 "0017_signing", 18 "0018_payload_encryption", 19 "0019_custody", 20 "0020_contacts", 21 "0021_references", 22 "0022_approvals", 23 "0023_versions_in_force", 24 "0024_revisions", 25 "0025_routes", 26 "0026_workflows", 27 "0027_downloads", 28 "0028_support", 29 "0029_signed_votes", 30 "0030_modules", 31 "0031_triggers", 32 "0032_fetches", 33 "0033_calls", 34 "0034_channels", 35 "0035_ports", 36 "0036_arrivals", 37 "0037_replies");
/// The schema of `keys`.
pub(crate) const KEYS: &[Migration] = migrations!("keys": 1 "0001_slots", 2 "0002_erased", 3 "0003_turns");

/// Every migration: of which database, its number and name.
pub fn migrations() -> impl Iterator<Item = (&'static str, i64, &'static str)> {
    let of =
        |database: &'static str, all: &'static [Migration]| all.iter().map(move |one| (database, one.number, one.name));
    of("data", DATA).chain(of("keys", KEYS))
}
