//! Goes through everything held about a person, a page at a time, and has it written.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use sealpost_govern::looks::Looks;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{ContactId, Ctx, MessageId, StoreError, Time, WorkflowRunId};
use tokio::sync::mpsc;

use super::model::{ALSO_HELD, About, Counts, Person, Piece, Section, Unwritable, Writer};
use super::service::{Exports, LOOKS};
use crate::channels::ChannelKind;
use crate::suppressions;

/// Messages or runs read at once.
const AT_ONCE: u32 = 50;
/// What is handed on at once, at least: 32 KiB.
const STRETCH: usize = 32 << 10;
/// And at most: 128 KiB.
const MOST: usize = 128 << 10;
/// Addresses that are looked up in the list of those nobody may write to: nobody has had so many.
const ADDRESSES: usize = 10_000;

/// An export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something can't be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// Whoever asked has stopped to read, or reads too slowly to wait for.
    #[error("nobody reads any more")]
    Unread,
}

/// What is to be exported, after it is on record.
pub(super) struct Order {
    pub(super) ctx: Ctx,
    pub(super) contact: ContactId,
    /// Every contact that the person is.
    pub(super) everybody: Vec<ContactId>,
    /// Who may see it.
    pub(super) viewer: Viewer,
    pub(super) about: About,
    pub(super) person: Person,
    /// How the person's addresses of today would stand in the list of those nobody may write to.
    pub(super) addresses: Vec<(ChannelKind, [u8; 16])>,
}

/// Where it goes.
pub(super) struct Outlet {
    pub(super) writer: Box<dyn Writer>,
    pub(super) to: mpsc::Sender<Bytes>,
    /// How long whoever reads may take to make room for the next stretch.
    pub(super) patience: Duration,
}

impl Outlet {
    async fn put(&mut self, piece: Piece) -> Result<(), Broken> {
        self.writer.write(&piece)?;
        if self.writer.waiting() >= STRETCH { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        let mut rest = Bytes::from(self.writer.take());
        while !rest.is_empty() {
            // The table at the end of a PDF file grows with its pages.
            let some = rest.split_to(rest.len().min(MOST));
            // Nothing is held meanwhile: every page is read in a transaction of its own.
            match tokio::time::timeout(self.patience, self.to.send(some)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Broken::Unread),
            }
        }
        Ok(())
    }
}

/// Writes all of it.
pub(super) async fn collect(exports: &Exports, order: Order, mut outlet: Outlet) -> Result<Counts, Broken> {
    let Order { ctx, contact, everybody, viewer, about, person, addresses } = order;
    // Ids are ordered by their time: whoever was merged into them may have been there before.
    let since = everybody.iter().map(|id| id.made_at()).fold(person.created_at, Time::min);
    let mut counts = Counts::default();
    outlet.put(Piece::About(about)).await?;
    outlet.put(Piece::Person(person)).await?;

    outlet.put(Piece::Begin(Section::Messages)).await?;
    let mut addresses: HashSet<_> = addresses.into_iter().collect();
    let mut before = MessageId::from_bytes([0xff; 16]);
    loop {
        let page = exports.messages.whole(&ctx, &viewer, contact, before, AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        before = last.id;
        for message in page {
            if addresses.len() < ADDRESSES {
                addresses.extend(message.listed_as);
            }
            counts.messages += 1;
            outlet.put(Piece::Message(Box::new(message))).await?;
        }
    }

    outlet.put(Piece::Begin(Section::Runs)).await?;
    let mut before = WorkflowRunId::from_bytes([0xff; 16]);
    loop {
        let page = exports.workflows.whole(&ctx, &viewer, &everybody, before, AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        before = last.id;
        for run in page {
            counts.workflow_runs += 1;
            outlet.put(Piece::Run(Box::new(run))).await?;
        }
    }

    outlet.put(Piece::Begin(Section::Suppressions)).await?;
    for (channel, value) in addresses {
        let found = exports.store.read(&ctx, move |tx| suppressions::check(tx, channel, value)).await?;
        if let Some(suppression) = found {
            counts.suppressions += 1;
            outlet.put(Piece::Suppressed(suppression.into())).await?;
        }
    }

    outlet.put(Piece::Begin(Section::Looks)).await?;
    let mut looks = Looks::since(&exports.store, &ctx, since, LOOKS).await?;
    while let Some(some) = looks.next().await? {
        for look in some {
            if exports.is_at(&ctx, &look.target, &everybody).await? {
                counts.looks += 1;
                outlet.put(Piece::Look(look.into())).await?;
            }
        }
    }

    outlet.put(Piece::Begin(Section::AlsoHeld)).await?;
    for other in ALSO_HELD {
        outlet.put(Piece::AlsoHeld(other)).await?;
    }
    outlet.put(Piece::Complete(counts)).await?;
    outlet.flush().await?;
    Ok(counts)
}
