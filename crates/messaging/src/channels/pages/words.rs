//! How channels are said and drawn.

use sealpost_web::shell::parts::{Shape, State as Badge, Tone};

/// How a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It sends.
    Ready,
    /// Others have yet to agree to it.
    Held,
}

/// A channel's state as people read it.
pub(super) const fn badge(standing: Standing) -> Badge {
    match standing {
        Standing::Ready => Badge::new("Ready", Shape::Done, Tone::Ok),
        Standing::Held => Badge::new("Waits for approval", Shape::Waiting, Tone::Warn),
    }
}
