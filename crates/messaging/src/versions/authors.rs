//! Who wrote a version, and who had a hand in what would go live.

use std::collections::BTreeMap;

use sealpost_access::api_keys::person;
use sealpost_govern::approvals::Tied;
use sealpost_govern::audit::{TypedId, who};
use sealpost_store::{Actor, Ctx, MemberId, Store, StoreError, Tx};

use super::store;

/// Who wrote a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// What acted: a member, a key, whoever was let in to help.
    pub actor: Actor,
    /// The member it counts for, as it was then: a key belongs to somebody else once they rotate it, and what it wrote doesn't.
    pub person: Option<MemberId>,
}

impl Author {
    /// Whoever acts.
    fn acting(tx: &mut Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self { actor: tx.ctx().actor, person: person(tx)? })
    }

    /// As answers and pages name them.
    pub(crate) fn named(&self) -> Option<TypedId> {
        who(self.actor)
    }
}

/// Who wrote which version of something.
pub(crate) type Authors = BTreeMap<u32, Author>;

/// Keeps that whoever acts has written this version of `target`.
pub(crate) fn wrote(tx: &mut Tx<'_>, target: [u8; 16], version: u32) -> Result<(), StoreError> {
    let author = Author::acting(tx)?;
    store::keep_author(tx, target, version, &author)
}

/// Keeps who wrote what was brought here, which is not whoever brought it.
pub(crate) fn wrote_elsewhere(
    tx: &mut Tx<'_>,
    target: [u8; 16],
    version: u32,
    author: Option<Author>,
) -> Result<(), StoreError> {
    store::forget_author(tx, target, version)?;
    author.map_or(Ok(()), |author| store::keep_author(tx, target, version, &author))
}

/// The same for whoever has no transaction.
pub(crate) async fn authors_of(house: &Store, ctx: &Ctx, target: [u8; 16]) -> Result<Authors, StoreError> {
    house.read(ctx, move |tx| authors(tx, target)).await
}

/// Who wrote the versions of something, of those of which that is known.
pub(crate) fn authors(tx: &mut Tx<'_>, target: [u8; 16]) -> Result<Authors, StoreError> {
    Ok(store::authors(tx, target)?.into_iter().collect())
}

/// Everybody who had a hand in the version that is wanted: whoever wrote it, and whoever wrote those since what is in force, which it was
/// made from. `versions` are all there are, newest first, each with whether it says what is in force where it is wanted.
pub(crate) fn hands(versions: impl IntoIterator<Item = (u32, bool)>, wanted: u32, authors: &Authors) -> Vec<Tied> {
    let older = versions.into_iter().skip_while(|(number, _)| *number > wanted);
    let since = older.take_while(|(number, in_force)| *number == wanted || !in_force);
    let people = since.filter_map(|(number, _)| authors.get(&number)?.person);
    people.map(Tied::author).collect()
}

#[cfg(test)]
mod tests {
    use sealpost_store::ActorKind;

    use super::*;

    fn by(people: &[(u32, u8)]) -> Authors {
        let author = |person: u8| Author {
            actor: Actor { kind: ActorKind::Member, id: [person; 16] },
            person: Some(MemberId::from_bytes([person; 16])),
        };
        people.iter().map(|(number, person)| (*number, author(*person))).collect()
    }

    fn tied(people: &[u8]) -> Vec<Tied> {
        people.iter().map(|person| Tied::author(MemberId::from_bytes([*person; 16]))).collect()
    }

    #[test]
    fn a_hand_in_it_had_whoever_wrote_since_what_is_in_force() {
        let authors = by(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
        let versions = |in_force: u32| (1..=5).rev().map(move |number| (number, number == in_force));
        assert_eq!(hands(versions(2), 4, &authors), tied(&[4, 3]));
        assert_eq!(hands(versions(0), 3, &authors), tied(&[3, 2, 1]), "nothing is in force");
        assert_eq!(hands(versions(4), 2, &authors), tied(&[2, 1]), "a draft from before");
        assert_eq!(hands(versions(5), 5, &authors), tied(&[5, 4, 3, 2, 1]), "it says the same, and is another version");
    }

    #[test]
    fn of_whom_nobody_knows_nobody_is_tied() {
        let mut authors = by(&[(1, 1), (3, 3)]);
        authors.insert(2, Author { actor: Actor::SYSTEM, person: None });
        assert_eq!(hands([(3, false), (2, false), (1, false)], 3, &authors), tied(&[3, 1]));
        assert_eq!(hands([], 3, &authors), []);
    }
}
