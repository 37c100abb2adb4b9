//! How many messages were accepted, arrived and were lost when, and how long they took.

use sealpost_govern::activity::{self, Ages, Span};
use sealpost_govern::audit::ResultWord;
use sealpost_store::{Ctx, StoreError};

use super::model::State;
use super::{Messages, store};

/// Beyond so many, how many messages are under way is told as "at least".
const MOST_COUNTED: u32 = 10_000;

/// What happened in one step of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figure {
    /// Messages accepted.
    pub(crate) accepted: u64,
    /// Messages that arrived, as far as anybody can tell.
    pub(crate) delivered: u64,
    /// Messages that a provider has taken, where that is all one learns.
    pub(crate) sent: u64,
    /// Messages that failed, expired, or of which nobody knows whether they arrived.
    pub(crate) lost: u64,
    /// Messages taken back.
    pub(crate) cancelled: u64,
}

/// What happened to the messages of one environment in a span.
pub(crate) struct Figures {
    /// The span.
    pub(crate) span: Span,
    /// Its steps, oldest first.
    pub(crate) steps: Vec<Figure>,
    /// How long messages took until they arrived or left, for each step.
    pub(crate) ages: Vec<Ages>,
    /// How many are under way right now, up to [`MOST_COUNTED`].
    pub(crate) under_way: u64,
}

impl Figure {
    /// Both together.
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            delivered: self.delivered + other.delivered,
            sent: self.sent + other.sent,
            lost: self.lost + other.lost,
            cancelled: self.cancelled + other.cancelled,
        }
    }

    fn count(&mut self, action: &str, count: u64) {
        let place = match action {
            "message.accept" => &mut self.accepted,
            action if action == State::Delivered.action() => &mut self.delivered,
            action if action == State::Sent.action() => &mut self.sent,
            action if action == State::Cancelled.action() => &mut self.cancelled,
            action if [State::Failed, State::Unknown, State::Expired].map(State::action).contains(&action) => {
                &mut self.lost
            }
            _ => return,
        };
        *place += count;
    }
}

impl Figures {
    /// The whole span.
    pub(crate) fn all(&self) -> Figure {
        self.steps.iter().fold(Figure::default(), |sum, step| sum.plus(*step))
    }

    /// How long messages took, over the whole span.
    pub(crate) fn ages(&self) -> Ages {
        self.ages.iter().fold(Ages::default(), |sum, step| sum.plus(step))
    }
}

impl Messages {
    /// What happened to messages in `span`.
    pub(crate) async fn figures(&self, ctx: &Ctx, span: Span) -> Result<Figures, StoreError> {
        let counts = activity::tally(self.store(), ctx, span, "message.").await?;
        let mut steps = vec![Figure::default(); span.steps()];
        for count in counts.iter().filter(|count| is_done(&count.action, count.result)) {
            if let Some(step) = steps.get_mut(count.step) {
                step.count(&count.action, count.count);
            }
        }
        let delivered = activity::ages(self.store(), ctx, span, State::Delivered.action()).await?;
        let sent = activity::ages(self.store(), ctx, span, State::Sent.action()).await?;
        let ages = delivered.into_iter().zip(&sent).map(|(delivered, sent)| delivered.plus(sent)).collect();
        let under_way = self.store().read(ctx, |tx| store::count_under_way(tx, MOST_COUNTED)).await?;
        Ok(Figures { span, steps, ages, under_way })
    }
}

/// A refusal changed nothing; that a message failed is what its leaf says by its result.
fn is_done(action: &str, result: ResultWord) -> bool {
    match result {
        ResultWord::Ok => true,
        ResultWord::Denied => false,
        ResultWord::Failed => action != "message.accept",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_state_is_counted_somewhere_and_nothing_twice() {
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            let mut figure = Figure::default();
            figure.count(state.action(), 1);
            let Figure { accepted, delivered, sent, lost, cancelled } = figure;
            assert_eq!((accepted, delivered + sent + lost + cancelled), (0, 1), "{state:?}");
        }
        let mut figure = Figure::default();
        figure.count(State::Sending.action(), 1);
        assert_eq!(figure, Figure::default());
    }
}
