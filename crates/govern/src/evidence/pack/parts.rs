//! What goes into a pack, piece by piece.

use std::collections::VecDeque;

use sealpost_seal::key::Sha256;
use sealpost_store::{Ctx, Leaf, OrgId, StoreError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::NotPacked;
use super::manifest::{Entry, FILE, LEDGER, Manifest, hex};
use crate::audit::{ActorWord, Lines};
use crate::evidence::facts::Facts;
use crate::evidence::{Evidence, controls, html};

/// The next piece.
pub(super) enum Part {
    /// A file begins.
    Begin(&'static str),
    /// So it goes on.
    Bytes(Vec<u8>),
    /// It is whole.
    End,
}

/// A pack on its way.
pub(super) struct Parts<'e> {
    evidence: &'e Evidence,
    manifest: Manifest,
    /// Files that are there already.
    small: VecDeque<(&'static str, Vec<u8>)>,
    lines: Option<Lines<'e>>,
    /// The file that is being written.
    open: Option<(&'static str, u64, Sha256)>,
    signed: bool,
}

/// That a pack is made is on record before it is.
pub(super) async fn record(evidence: &Evidence, ctx: &Ctx) -> Result<(), StoreError> {
    evidence
        .store
        .write(ctx, |tx| {
            let org = tx.ctx().org.id;
            Ok::<_, StoreError>(tx.record(Leaf::of("evidence.export").on(OrgId::PREFIX, org.bytes()), ()))
        })
        .await
}

impl<'e> Parts<'e> {
    /// Records that a pack is made, and begins it.
    pub(super) async fn begin(evidence: &'e Evidence, ctx: &'e Ctx) -> Result<Self, NotPacked> {
        record(evidence, ctx).await?;
        Self::recorded(evidence, ctx).await
    }

    /// Begins one that is on record.
    pub(super) async fn recorded(evidence: &'e Evidence, ctx: &'e Ctx) -> Result<Self, NotPacked> {
        let facts = evidence.facts(ctx).await?;
        let record = evidence.record_of(ctx, &facts).await?;
        let controls = controls::with(&facts.readings);
        let small = [
            ("record.json", json(&record)?),
            ("record.html", html::page(&record, &controls).into_bytes()),
            ("controls.json", json(&controls)?),
            ("configuration.json", json(&configuration(&facts))?),
            ("software.json", json(&facts.parts)?),
        ];
        let manifest = Manifest {
            organisation: ctx.org.id,
            environment: ctx.org.environment.as_str().into(),
            by: by(ctx),
            at: record.at,
            version: evidence.installation.version.into(),
            leaves: 0,
            files: Vec::new(),
        };
        let lines = Some(Lines::begin(&evidence.store, ctx).await?);
        Ok(Self { evidence, manifest, small: small.into(), lines, open: None, signed: false })
    }

    /// The next piece; nothing behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, NotPacked> {
        if let Some(lines) = &mut self.lines
            && matches!(self.open, Some((LEDGER, ..)))
        {
            if let Some(some) = lines.next().await? {
                return Ok(Some(self.bytes(some)));
            }
            self.manifest.leaves = lines.done().leaves;
            self.lines = None;
            return Ok(Some(self.end()));
        }
        if let Some((_, bytes)) = self.small.front_mut() {
            return Ok(Some(match (self.open.is_some(), bytes.is_empty()) {
                (true, false) => {
                    let bytes = std::mem::take(bytes);
                    self.bytes(bytes)
                }
                (true, true) => {
                    self.small.pop_front();
                    self.end()
                }
                (false, _) => self.next_small(),
            }));
        }
        if self.lines.is_some() {
            return Ok(Some(self.start(LEDGER)));
        }
        self.note()
    }

    fn next_small(&mut self) -> Part {
        let name = self.small.front().map_or(FILE, |(name, _)| *name);
        self.start(name)
    }

    /// The signed list comes last, and isn't on itself.
    fn note(&mut self) -> Result<Option<Part>, NotPacked> {
        if std::mem::replace(&mut self.signed, true) {
            return Ok(None);
        }
        let signing = self.evidence.store.keys().signing();
        let key = self.evidence.store.verifier_key()?;
        let note = self.manifest.sign(&key, &|text| signing.sign(text)).map_err(|_| NotPacked::Unwritable)?;
        self.small.push_back((FILE, note.into_bytes()));
        Ok(Some(self.next_small()))
    }

    fn start(&mut self, name: &'static str) -> Part {
        self.open = Some((name, 0, Sha256::default()));
        Part::Begin(name)
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> Part {
        if let Some((_, length, digest)) = &mut self.open {
            *length += bytes.len() as u64;
            digest.update(&bytes);
        }
        Part::Bytes(bytes)
    }

    fn end(&mut self) -> Part {
        if let Some((name, bytes, digest)) = self.open.take().filter(|(name, ..)| *name != FILE) {
            self.manifest.files.push(Entry { name: name.into(), bytes, sha256: hex(&digest.finish()) });
        }
        Part::End
    }

    /// What was packed.
    pub(super) fn manifest(self) -> Manifest {
        self.manifest
    }
}

fn json(what: &impl Serialize) -> Result<Vec<u8>, NotPacked> {
    let mut text = serde_json::to_vec_pretty(what).map_err(|_| NotPacked::Unwritable)?;
    text.push(b'\n');
    Ok(text)
}

fn configuration(facts: &Facts) -> Map<String, Value> {
    facts.configuration.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}

fn by(ctx: &Ctx) -> String {
    let leaf = ActorWord::of(ctx.actor.kind as u8);
    if ctx.actor.id == [0; 16] { leaf.word().to_owned() } else { leaf.named(ctx.actor.id).to_string() }
}
