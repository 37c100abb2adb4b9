//! Which conversations a member sees: those in their channels, of whom their role's visibility says.

use sealpost_store::{ActorKind, ChannelId, MemberId, StoreError, TeamId, Tx};

use super::model::{RoleRef, Visibility};
use super::service;
use super::standard::Standard;
use crate::members;

/// What a member sees of what is answered by people. The same decides about lists, counts, search, notifications and streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    member: Option<MemberId>,
    teams: Vec<TeamId>,
    channels: Option<Vec<ChannelId>>,
    visibility: Visibility,
}

/// Whose a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    /// In which channel it is.
    pub channel: ChannelId,
    /// Who answers it, if somebody does.
    pub assignee: Option<MemberId>,
    /// Whose team it is with, if any.
    pub team: Option<TeamId>,
}

impl Reach {
    /// Sees all there is: keys, whose scopes say what they may, and the operator.
    pub const EVERYTHING: Self = Self { member: None, teams: Vec::new(), channels: None, visibility: Visibility::All };
    /// Sees nothing.
    const NOTHING: Self =
        Self { member: None, teams: Vec::new(), channels: Some(Vec::new()), visibility: Visibility::Own };

    /// Whether it is seen.
    pub fn sees(&self, whose: Whose) -> bool {
        let in_channel = self.channels.as_ref().is_none_or(|channels| channels.contains(&whose.channel));
        let own = whose.assignee.is_some() && whose.assignee == self.member;
        let nobodys = whose.assignee.is_none() && whose.team.is_none_or(|team| self.teams.contains(&team));
        let teams = whose.team.is_some_and(|team| self.teams.contains(&team));
        in_channel
            && match self.visibility {
                Visibility::Own => own,
                Visibility::Unassigned => own || nobodys,
                Visibility::Team => own || nobodys || teams,
                Visibility::All => true,
            }
    }
}

/// What whoever acts in this transaction sees.
pub fn reach(tx: &mut Tx<'_>) -> Result<Reach, StoreError> {
    let actor = tx.ctx().actor;
    let member = MemberId::from_bytes(actor.id);
    match actor.kind {
        // How far support access reaches stands in its grant, and is held to before anything is asked for.
        ActorKind::Key | ActorKind::System | ActorKind::Operator | ActorKind::Support => return Ok(Reach::EVERYTHING),
        ActorKind::Anonymous | ActorKind::Directory => return Ok(Reach::NOTHING),
        ActorKind::Member => {}
    }
    let Some(row) = members::find(tx, member)? else { return Ok(Reach::NOTHING) };
    let Some(role) = service::find(tx, row.role)? else { return Ok(Reach::NOTHING) };
    if role.reference == RoleRef::Standard(Standard::Owner) {
        return Ok(Reach { member: Some(member), ..Reach::EVERYTHING });
    }
    let teams = members::teams(tx, member)?;
    Ok(Reach { member: Some(member), teams, channels: role.channels, visibility: role.visibility })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whose() -> impl Strategy<Value = Whose> {
        (0_u8..3, proptest::option::of(0_u8..3), proptest::option::of(0_u8..3)).prop_map(|(channel, assignee, team)| {
            Whose {
                channel: ChannelId::from_bytes([channel; 16]),
                assignee: assignee.map(|one| MemberId::from_bytes([one; 16])),
                team: team.map(|one| TeamId::from_bytes([one; 16])),
            }
        })
    }

    fn reach(visibility: Visibility, channels: Option<Vec<u8>>, teams: &[u8]) -> Reach {
        Reach {
            member: Some(MemberId::from_bytes([0; 16])),
            teams: teams.iter().map(|one| TeamId::from_bytes([*one; 16])).collect(),
            channels: channels.map(|all| all.into_iter().map(|one| ChannelId::from_bytes([one; 16])).collect()),
            visibility,
        }
    }

    proptest! {
        #[test]
        fn a_wider_visibility_shows_all_that_a_narrower_one_shows(
            whose in whose(), teams in proptest::collection::vec(0_u8..3, 0..3), channels in proptest::option::of(proptest::collection::vec(0_u8..3, 0..3)),
        ) {
            let all = [Visibility::Own, Visibility::Unassigned, Visibility::Team, Visibility::All];
            let seen = all.map(|visibility| reach(visibility, channels.clone(), &teams).sees(whose));
            prop_assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");
        }

        #[test]
        fn nothing_is_seen_outside_ones_channels(whose in whose(), channels in proptest::collection::vec(0_u8..3, 0..3)) {
            let outside = !channels.iter().any(|one| ChannelId::from_bytes([*one; 16]) == whose.channel);
            if outside {
                prop_assert!(!reach(Visibility::All, Some(channels), &[0, 1, 2]).sees(whose));
            }
        }

        #[test]
        fn what_is_anothers_is_seen_by_their_team_and_by_whoever_sees_all(whose in whose(), teams in proptest::collection::vec(0_u8..3, 0..3)) {
            let anothers = whose.assignee.is_some_and(|one| one != MemberId::from_bytes([0; 16]));
            if anothers {
                for visibility in [Visibility::Own, Visibility::Unassigned] {
                    prop_assert!(!reach(visibility, None, &teams).sees(whose));
                }
                let with_ours = whose.team.is_some_and(|team| teams.iter().any(|one| TeamId::from_bytes([*one; 16]) == team));
                prop_assert_eq!(reach(Visibility::Team, None, &teams).sees(whose), with_ours);
            }
        }
    }
}
