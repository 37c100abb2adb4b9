//! What of a file is sealed, under which key, for which place: all of it under a key of the file's own, so that destroying that makes
//! every copy noise.

use std::sync::Arc;

use sealpost_seal::envelope;
use sealpost_seal::key::{Key, KeyId};
use sealpost_seal::place::Place;
use sealpost_store::{Ctx, DownloadId, Org, Slot, SlotId, Store, StoreError};
use zeroize::Zeroizing;

use super::model::Wanted;

/// The key of one file.
pub(super) struct FileKey {
    key: Arc<Key>,
    id: KeyId,
    org: Org,
    download: DownloadId,
}

impl FileKey {
    pub(super) fn new(slot: &Slot, org: Org, download: DownloadId) -> Self {
        let mut id = KeyId([0; 8]);
        id.0.copy_from_slice(&slot.id.bytes()[8..]);
        Self { key: slot.key.clone(), id, org, download }
    }

    /// The key of a file that is there; [`StoreError::KeyGone`] once it is destroyed.
    pub(super) async fn find(house: &Store, org: Org, download: DownloadId, id: SlotId) -> Result<Self, StoreError> {
        let key = house.keys().slot(org.id, id).await?;
        Ok(Self::new(&Slot { id, key }, org, download))
    }

    pub(super) fn seal_wanted(&self, ctx: &Ctx, wanted: &Wanted) -> Result<Vec<u8>, StoreError> {
        let clear = Zeroizing::new(serde_json::to_vec(wanted).map_err(|_| StoreError::Column("wanted".into()))?);
        let row = self.download.bytes();
        Ok(envelope::seal(&self.key, self.id, &self.place("download", "wanted", &row), &clear, ctx.rng()))
    }

    pub(super) fn open_wanted(&self, sealed: &[u8]) -> Result<Wanted, StoreError> {
        let row = self.download.bytes();
        let clear = envelope::open(&self.key, &self.place("download", "wanted", &row), sealed)?;
        serde_json::from_slice(&clear).map_err(|_| StoreError::Unopenable)
    }

    pub(super) fn seal_chunk(&self, ctx: &Ctx, run: u32, seq: u32, clear: &[u8]) -> Vec<u8> {
        let row = self.chunk(run, seq);
        envelope::seal(&self.key, self.id, &self.place("download_chunk", "sealed", &row), clear, ctx.rng())
    }

    pub(super) fn open_chunk(&self, run: u32, seq: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let row = self.chunk(run, seq);
        Ok(envelope::open(&self.key, &self.place("download_chunk", "sealed", &row), sealed)?)
    }

    fn chunk(&self, run: u32, seq: u32) -> Vec<u8> {
        [&self.download.bytes()[..], &run.to_be_bytes(), &seq.to_be_bytes()].concat()
    }

    fn place<'a>(&self, table: &'static str, column: &'static str, row: &'a [u8]) -> Place<'a> {
        Place { org: self.org.id.bytes(), environment: Some(self.org.environment), table, column, row, owner: None }
    }
}
