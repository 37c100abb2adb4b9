//! Lists, one page at a time: opaque, authenticated cursors bound to whose list it is and how it is filtered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use sealpost_seal::Key;
use sealpost_seal::key::sha256;
use sealpost_store::Org;
use serde::{Deserialize, Serialize};

use crate::problem::{CURSOR_INVALID, Place, QUERY_INVALID, Refusal, Wrong};

/// Elements on a page unless asked otherwise.
pub const DEFAULT_LIMIT: u16 = 50;
/// The most elements on a page.
pub const MAX_LIMIT: u16 = 250;
const TAG: usize = 16;
/// Cursors hold a few ids and times.
const MAX_CURSOR: usize = 512;

/// One page of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The elements, in the list's order.
    pub data: Vec<T>,
    /// Where the next page begins; absent on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// The query parameters every list takes. Put its two fields into a query type of your own, or use it as it is.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// How many elements, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    pub limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// What a link to another page of the same list keeps.
    pub fn kept(&self) -> String {
        self.limit.map(|limit| format!("limit={limit}")).unwrap_or_default()
    }
}

/// One list: whose, which, filtered how. Makes its cursors and knows them again.
pub struct Listing<'k> {
    key: &'k Key,
    bound_to: [u8; 32],
    limit: u16,
}

impl<'k> Listing<'k> {
    /// The list `route` of `org` with this `filter` (everything that changes which elements are on it, in a fixed form) and
    /// `limit` elements to a page.
    pub fn new(key: &'k Key, org: Org, route: &str, filter: &[u8], limit: Option<u16>) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let place = Place::Parameter("limit".into());
            return Err(Refusal::of(&QUERY_INVALID).wrong(Wrong { place, code: "out_of_range".into() }));
        }
        let bound_to = sha256(&[
            &org.id.bytes(),
            org.environment.as_str().as_bytes(),
            &(route.len() as u32).to_be_bytes(),
            route.as_bytes(),
            filter,
        ]);
        Ok(Self { key, bound_to, limit })
    }

    /// Elements on a page.
    pub fn limit(&self) -> u16 {
        self.limit
    }

    /// How many rows to ask the database for: one more than a page, to know whether there is a next.
    pub fn fetch(&self) -> u32 {
        u32::from(self.limit) + 1
    }

    /// Where a cursor points: the bytes given to [`Listing::page`].
    pub fn position(&self, cursor: Option<&str>) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(cursor) = cursor else { return Ok(None) };
        self.open(cursor).map(Some).ok_or_else(|| Refusal::of(&CURSOR_INVALID))
    }

    /// The page of up to [`Listing::fetch`] rows. `position` says where a row is: the next page begins after it.
    pub fn page<R, T>(
        &self,
        rows: Vec<R>,
        position: impl FnOnce(&R) -> Vec<u8>,
        mut view: impl FnMut(R) -> T,
    ) -> Page<T> {
        self.sifted(rows, position, |row| Some(view(row)))
    }

    /// The same where not every row is an element: a page may then have fewer, even none, and be followed by others.
    pub fn sifted<R, T>(
        &self,
        mut rows: Vec<R>,
        position: impl FnOnce(&R) -> Vec<u8>,
        view: impl FnMut(R) -> Option<T>,
    ) -> Page<T> {
        let limit = usize::from(self.limit);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if has_more { rows.last().map(|row| self.seal(&position(row))) } else { None };
        Page { data: rows.into_iter().filter_map(view).collect(), next_cursor, has_more }
    }

    /// `base64url(position ‖ HMAC(bound to ‖ position)[..16])`
    fn seal(&self, position: &[u8]) -> String {
        let mac = self.key.mac(&[&self.bound_to, position]);
        let mut bytes = Vec::with_capacity(position.len() + TAG);
        bytes.extend_from_slice(position);
        bytes.extend_from_slice(&mac[..TAG]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(&self, cursor: &str) -> Option<Vec<u8>> {
        if cursor.len() > MAX_CURSOR {
            return None;
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (position, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let mac = self.key.mac(&[&self.bound_to, position]);
        // Compared without an early end, so that a tag can't be guessed byte by byte.
        let differs = mac.iter().zip(tag).fold(0, |all, (one, other)| all | (one ^ other));
        (differs == 0).then(|| {
            bytes.truncate(bytes.len() - TAG);
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sealpost_store::{Environment, OrgId};

    fn org(byte: u8, environment: Environment) -> Org {
        Org { id: OrgId::from_bytes([byte; 16]), environment }
    }

    fn listing<'k>(key: &'k Key, org: Org, route: &str, filter: &[u8]) -> Listing<'k> {
        Listing::new(key, org, route, filter, Some(2)).unwrap()
    }

    fn first_page(listing: &Listing<'_>) -> Page<u8> {
        listing.page(vec![1, 2, 3], |row| vec![*row], |row| row)
    }

    #[test]
    fn a_cursor_leads_to_where_the_page_ended() {
        let key = Key::from_bytes([1; 32]);
        let listing = listing(&key, org(1, Environment::Test), "messages", b"");
        let page = first_page(&listing);
        assert_eq!((page.data.as_slice(), page.has_more), ([1, 2].as_slice(), true));
        assert_eq!(listing.position(page.next_cursor.as_deref()).unwrap(), Some(vec![2]));
        let last = listing.page(vec![3], |row| vec![*row], |row| row);
        assert_eq!((last.next_cursor, last.has_more), (None, false));
    }

    #[test]
    fn a_cursor_of_another_list_filter_environment_or_organisation_is_refused() {
        let (key, other_key) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let home = listing(&key, org(1, Environment::Test), "messages", b"state=failed");
        let cursor = first_page(&home).next_cursor.unwrap();
        for foreign in [
            listing(&key, org(2, Environment::Test), "messages", b"state=failed"),
            listing(&key, org(1, Environment::Live), "messages", b"state=failed"),
            listing(&key, org(1, Environment::Test), "contacts", b"state=failed"),
            listing(&key, org(1, Environment::Test), "messages", b"state=sent"),
            listing(&key, org(1, Environment::Test), "messagess", b"tate=failed"),
            listing(&other_key, org(1, Environment::Test), "messages", b"state=failed"),
        ] {
            assert_eq!(foreign.position(Some(&cursor)).unwrap_err().code(), &CURSOR_INVALID);
        }
    }

    #[test]
    fn rows_that_are_no_elements_do_not_end_the_list() {
        let key = Key::from_bytes([1; 32]);
        let listing = listing(&key, org(1, Environment::Test), "messages", b"");
        let page = listing.sifted(vec![1, 2, 3], |row| vec![*row], |row| (row > 2).then_some(row));
        assert_eq!((page.data.len(), page.has_more), (0, true));
        assert_eq!(listing.position(page.next_cursor.as_deref()).unwrap(), Some(vec![2]));
    }

    #[test]
    fn a_page_holds_1_to_250_elements() {
        let key = Key::from_bytes([1; 32]);
        for bad in [0, 251, u16::MAX] {
            assert!(Listing::new(&key, org(1, Environment::Test), "m", b"", Some(bad)).is_err());
        }
        assert_eq!(Listing::new(&key, org(1, Environment::Test), "m", b"", None).unwrap().fetch(), 51);
    }

    proptest! {
        #[test]
        fn a_tampered_cursor_is_refused(at in 0_usize..40, to in "[A-Za-z0-9_-]") {
            let key = Key::from_bytes([1; 32]);
            let listing = listing(&key, org(1, Environment::Test), "messages", b"");
            let cursor = listing.page(vec![1, 2, 3], |_| b"0123456789abc".to_vec(), |row| row).next_cursor.unwrap();
            let at = at % cursor.len();
            let mut tampered = cursor.clone();
            tampered.replace_range(at..=at, &to);
            if tampered != cursor {
                prop_assert!(listing.position(Some(&tampered)).is_err());
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let key = Key::from_bytes([1; 32]);
            let _ = listing(&key, org(1, Environment::Test), "messages", b"").position(Some(&text));
        }
    }
}
