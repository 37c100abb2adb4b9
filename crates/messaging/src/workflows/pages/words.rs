//! How states are said and drawn.

use sealpost_web::shell::parts::{Shape, State as Badge, Tone};

use crate::storage::Mode;
use crate::workflows::model::{RunState, StepState};

/// A run's state as people read it.
pub(super) const fn badge(state: RunState) -> Badge {
    match state {
        RunState::Running => Badge::new("Running", Shape::Half, Tone::Idle),
        RunState::Waiting => Badge::new("Waiting", Shape::Waiting, Tone::Idle),
        RunState::Done => Badge::new("Done", Shape::Done, Tone::Ok),
        RunState::Failed => Badge::new("Failed", Shape::Failed, Tone::Bad),
        RunState::Cancelled => Badge::new("Cancelled", Shape::Ended, Tone::Idle),
    }
}

/// A step's state as people read it.
pub(super) const fn step(state: StepState) -> (&'static str, Shape, Tone) {
    match state {
        StepState::Calling => ("asking", Shape::Half, Tone::Idle),
        StepState::Waiting => ("waiting", Shape::Waiting, Tone::Idle),
        StepState::Done => ("done", Shape::Done, Tone::Ok),
        StepState::InVain => ("in vain", Shape::Ended, Tone::Warn),
        StepState::Refused => ("refused", Shape::Failed, Tone::Warn),
        StepState::Failed => ("failed", Shape::Failed, Tone::Bad),
        StepState::Unknown => ("unknown", Shape::Unknown, Tone::Warn),
        StepState::Again => ("to be tried again", Shape::Waiting, Tone::Idle),
    }
}

/// What is stored for how long, as people read it.
pub(super) const fn storage(mode: Mode) -> &'static str {
    match mode {
        Mode::Keep => "Kept",
        Mode::UntilDelivered => "Until the run is over",
        Mode::Never => "Never written",
    }
}

/// A code as people read it.
pub(super) fn spaced(code: &str) -> String {
    code.replace('_', " ")
}
