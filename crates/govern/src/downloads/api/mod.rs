//! The routes of downloads.

mod ask;
mod body;
mod cancel;
mod deliver;
mod list;
mod manifest;
mod preview;
mod rules;
mod show;
mod view;

use sealpost_store::DownloadId;
use sealpost_web::{Failure, Feature, Listing};

use super::service::Downloads;
use super::{codes, pages};

pub(super) use deliver::{HELD_BY, REFUSED as NOT_HANDED_OVER, fetching, file};
pub(super) use rules::REFUSED as OF_RULES;
pub(super) use view::asker;

/// Routes and pages of downloads, over every source there is.
pub fn feature(downloads: &Downloads) -> Feature {
    let routes = vec![
        list::route(downloads),
        ask::route(downloads),
        preview::route(downloads),
        show::route(downloads),
        cancel::route(downloads),
        deliver::route(downloads),
        deliver::resume(downloads),
        manifest::route(downloads),
        rules::show(downloads),
        rules::change(downloads),
    ];
    Feature {
        name: "downloads",
        about: "Many rows leave as a file only when that was asked for, with a reason, and agreed to where the organisation says so. It is \
                written as its asker sees the rows, sealed under a key of its own, fetched once by whoever asked, and destroyed.",
        routes: routes.into_iter().chain(pages::routes(downloads)).collect(),
        codes: codes::ALL,
    }
}

/// Behind which download a page begins.
pub(super) fn behind(listing: &Listing<'_>, cursor: Option<&str>) -> Result<DownloadId, Failure> {
    let position = listing.position(cursor)?.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(DownloadId::from_bytes(position.unwrap_or([0xff; 16])))
}
