//! How an endpoint's state and signatures are said and drawn.

use sealpost_web::shell::parts::{Shape, State as Badge, Tone};

use crate::endpoints::model::{Profiles, State};

/// Profiles that sign no more than the body: whoever records a call can make it again.
const BODY_ONLY: [&str; 3] = ["fyno", "fanfare-bare", "safravo"];

/// A state as people read it.
pub(crate) const fn badge(state: &State) -> Badge {
    match state {
        State::Pending => Badge::new("Not verified", Shape::Waiting, Tone::Warn),
        State::Active => Badge::new("Active", Shape::Done, Tone::Ok),
        State::Failing { .. } => Badge::new("Failing", Shape::Failed, Tone::Bad),
        State::Disabled { .. } => Badge::new("Disabled", Shape::Ended, Tone::Idle),
    }
}

/// Whether a receiver can tell a call from its repetition by what is signed.
pub(super) fn is_replay_safe(profiles: &Profiles) -> bool {
    profiles.names().iter().any(|name| !BODY_ONLY.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::signature::profiles;

    #[test]
    fn profiles_that_sign_the_body_alone_are_known_as_such() {
        for name in BODY_ONLY {
            assert!(profiles::by_name(name).is_some(), "{name}");
            assert!(!is_replay_safe(&Profiles::new(&[name.into()]).unwrap()), "{name}");
        }
        assert!(is_replay_safe(&Profiles::new(&["safravo".into(), "standard".into()]).unwrap()));
        assert!(is_replay_safe(&Profiles::new(&[]).unwrap()));
    }
}
