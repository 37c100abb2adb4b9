//! How an endpoint's state and signatures are said and drawn.

use sealpost_web::shell::parts::{Shape, State as Badge, Tone};

use crate::endpoints::model::State;

/// A state as people read it.
pub(crate) const fn badge(state: &State) -> Badge {
    match state {
        State::Pending => Badge::new("Not verified", Shape::Waiting, Tone::Warn),
        State::Active => Badge::new("Active", Shape::Done, Tone::Ok),
        State::Failing { .. } => Badge::new("Failing", Shape::Failed, Tone::Bad),
        State::Disabled { .. } => Badge::new("Disabled", Shape::Ended, Tone::Idle),
    }
}
