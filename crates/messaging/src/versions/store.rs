//! Every query on who wrote versions, whatever they are versions of: ids of all kinds differ.

use sealpost_store::{Actor, ActorKind, MemberId, Sql, StoreError, TemplateId, Tx, sql};

use super::authors::Author;

const KEEP: Sql = sql!(
    "insert into version_author (org, env, target, version, actor_kind, actor, person) values ($1, $2, $3, $4, $5, $6, $7)"
);
const FORGET: Sql = sql!("delete from version_author where org = $1 and env = $2 and target = $3 and version = $4");
// Primary key (org, env, target, version).
const ALL: Sql = sql!(
    "select version, actor_kind, actor, person from version_author where org = $1 and env = $2 and target = $3 order by version"
);

pub(super) fn keep_author(tx: &mut Tx<'_>, target: [u8; 16], version: u32, author: &Author) -> Result<(), StoreError> {
    // At once: whether others have to agree to it, and who, is decided in the same transaction.
    tx.execute(
        KEEP,
        &[
            &TemplateId::from_bytes(target),
            &version,
            &u32::from(author.actor.kind as u8),
            &TemplateId::from_bytes(author.actor.id),
            &author.person,
        ],
    )
    .map(drop)
}

pub(super) fn forget_author(tx: &mut Tx<'_>, target: [u8; 16], version: u32) -> Result<(), StoreError> {
    tx.execute(FORGET, &[&TemplateId::from_bytes(target), &version]).map(drop)
}

pub(super) fn authors(tx: &mut Tx<'_>, target: [u8; 16]) -> Result<Vec<(u32, Author)>, StoreError> {
    tx.all(ALL, &[&TemplateId::from_bytes(target)], |row| {
        let actor = Actor { kind: actor_kind(row.get("actor_kind")?), id: row.get::<TemplateId>("actor")?.bytes() };
        let person: Option<MemberId> = row.get("person")?;
        Ok((row.get("version")?, Author { actor, person }))
    })
}

/// Whoever acts by a kind that this version doesn't know is nobody known.
fn actor_kind(number: u32) -> ActorKind {
    use ActorKind::{Anonymous, Directory, Key, Member, Operator, Support, System};
    let known = [Key, System, Member, Operator, Directory, Support];
    known.into_iter().find(|kind| u32::from(*kind as u8) == number).unwrap_or(Anonymous)
}
