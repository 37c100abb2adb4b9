//! What stands where the world outside would be: calls wait at the desk until the simulation answers them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use sealpost_egress::client::Answer;
use sealpost_egress::mail::Mail;
use sealpost_egress::smtp::Outcome;
use sealpost_store::MessageId;

use crate::endpoints::CallError;

thread_local! {
    static DESK: RefCell<Option<Arc<Desk>>> = const { RefCell::new(None) };
}

/// The desk of the simulation that runs on this thread, if one does.
pub(crate) fn desk() -> Option<Arc<Desk>> {
    DESK.with_borrow(Clone::clone)
}

/// From now on this thread's calls come here; `None`: into the world again.
pub(super) fn set(desk: Option<Arc<Desk>>) {
    DESK.set(desk);
}

/// Where calls wait.
#[derive(Default)]
pub(crate) struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    tickets: u64,
    /// Asked since the simulation looked last.
    asked: Option<(u64, Asked)>,
    answers: HashMap<u64, Answered>,
}

/// A call.
pub(super) enum Asked {
    Mail(MessageId),
    Call { notice: String, body: Bytes },
}

/// What the simulation says to it.
pub(super) enum Answered {
    Mail(Outcome),
    /// A status, or nothing came back.
    Call(Option<u16>),
}

impl Desk {
    pub(crate) async fn mail(&self, mail: &Mail) -> Outcome {
        let text = String::from_utf8_lossy(mail.as_bytes());
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")?.split('@').next()).unwrap();
        match self.ask(Asked::Mail(id.parse().unwrap())).await {
            Answered::Mail(outcome) => outcome,
            Answered::Call(_) => unreachable!("a mail is answered as a mail"),
        }
    }

    pub(crate) async fn call(&self, notice: &str, body: &Bytes) -> Result<Answer, CallError> {
        let asked = Asked::Call { notice: notice.to_owned(), body: body.clone() };
        let Answered::Call(Some(status)) = self.ask(asked).await else { return Err(CallError::NotSignable) };
        Ok(Answer {
            status,
            headers: http::HeaderMap::new(),
            body: Bytes::new(),
            truncated: false,
            latency: Duration::ZERO,
            peer: ([127, 0, 0, 1], 443).into(),
        })
    }

    /// What has come since the last look.
    pub(super) fn take_asked(&self) -> Option<(u64, Asked)> {
        self.state().asked.take()
    }

    pub(super) fn answer(&self, ticket: u64, answer: Answered) {
        self.state().answers.insert(ticket, answer);
    }

    async fn ask(&self, asked: Asked) -> Answered {
        let ticket = {
            let mut state = self.state();
            state.tickets += 1;
            state.asked = Some((state.tickets, asked));
            state.tickets
        };
        // Nobody is woken: the simulation polls whom it has answered.
        poll_fn(|_| self.state().answers.remove(&ticket).map_or(Poll::Pending, Poll::Ready)).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}
