//! `GET /v1/channels`, `GET /v1/channels/{id}`

use sealpost_access::permissions::CHANNELS_READ;
use sealpost_store::ChannelId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::ChannelView;
use crate::channels::{Channels, policy};
use crate::cursor;

pub(super) fn list(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/v1/channels")
        .needs(CHANNELS_READ)
        .class(Class::Read)
        .summary("List channels, newest first")
        .queries::<PageQuery>()
        .answers::<Page<ChannelView>>(200)
        .to(move |call: Call<(), PageQuery>| page(channels.clone(), call))
}

async fn page(channels: Channels, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(channels.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), ChannelId::from_bytes)?;
    let rows = channels.list(&call.ctx, before, listing.fetch()).await?;
    let page = listing.page(rows, |row| row.id.bytes().to_vec(), |row| ChannelView::of(&call.ctx, &row));
    Ok(Reply::ok(&page)?)
}

pub(super) fn show(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/v1/channels/{id}")
        .needs(CHANNELS_READ)
        .class(Class::Read)
        .summary("Read a channel")
        .describe("Its `ETag` is another as soon as how it sends is.")
        .answers::<ChannelView>(200)
        .to(move |call: Call| one(channels.clone(), call))
}

async fn one(channels: Channels, call: Call) -> Result<Reply, Failure> {
    let channel = channels.find(&call.ctx, call.id("id")?).await?;
    Ok(Reply::ok(&ChannelView::of(&call.ctx, &channel))?.version(&policy::tag(&channel)))
}
