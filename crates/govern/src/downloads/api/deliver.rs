//! `POST` and `GET /v1/downloads/{id}/deliver`

use http::HeaderValue;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE};
use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_web::{Call, Class, Code, CredentialClass, Endpoint, Failure, Refusal, Reply, get, post};

use crate::downloads::codes::{
    DOWNLOAD_NOT_READY, DOWNLOAD_OUTLIVED, DOWNLOAD_RANGE_REFUSED, DOWNLOAD_RIGHTS_CHANGED, DOWNLOAD_UNDER_WAY,
};
use crate::downloads::deliver::{Handed, tag};
use crate::downloads::model::Format;
use crate::downloads::rules::{Part, Wanted};
use crate::downloads::service::Downloads;

/// What holds a file.
pub(in crate::downloads) const HELD_BY: &str =
    "a file that was asked for with a reason, agreed to where that is needed, once, within the quota of the day";
/// Why it may not be handed over.
pub(in crate::downloads) const REFUSED: [&Code; 4] =
    [&DOWNLOAD_NOT_READY, &DOWNLOAD_RIGHTS_CHANGED, &DOWNLOAD_OUTLIVED, &DOWNLOAD_UNDER_WAY];

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/v1/downloads/{id}/deliver")
        .needs(DOWNLOADS_REQUEST)
        .step_up()
        .class(Class::Whole)
        .acts("download.deliver")
        .summary("Fetch a file, once")
        .describe(
            "For whoever asked for it, by the same key or signed in as the same member. That it leaves is in the ledger before its first \
             byte. Once its last byte was handed over it is destroyed. If the transfer breaks before, the same key or session may begin \
             again: five times at most, within half an hour. What you may and see is looked at each time; if that isn't what it was when \
             the file was written, the answer is 403, on record, and you ask again.",
        )
        .answers_with(200, Format::Csv.media_type())
        .also_answers(200, Format::Jsonl.media_type())
        .also_answers(200, Format::Pdf.media_type())
        .lets_out(HELD_BY)
        .refuses(&REFUSED)
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move {
                let handed = downloads.deliver(&call.ctx, call.id("id")?, fetching(&call), Wanted::default()).await?;
                Ok::<_, Failure>(file(handed))
            }
        })
}

pub(super) fn resume(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/v1/downloads/{id}/deliver")
        .needs(DOWNLOADS_REQUEST)
        .class(Class::Whole)
        .acts("download.deliver")
        .summary("Fetch a file by a key, or the rest of it")
        .describe(
            "The same for clients that go on where a transfer broke: a single `Range` of bytes is answered with 206 (RFC 9110 §14), and \
             with the whole file if `If-Range` isn't its `ETag`. Each counts as one of the five times. For keys; members fetch it with POST.",
        )
        .answers_with(200, Format::Csv.media_type())
        .also_answers(200, Format::Jsonl.media_type())
        .also_answers(200, Format::Pdf.media_type())
        .also_answers(206, Format::Csv.media_type())
        .also_answers(206, Format::Jsonl.media_type())
        .also_answers(206, Format::Pdf.media_type())
        .lets_out(HELD_BY)
        .refuses(&REFUSED)
        .refuses(&[&DOWNLOAD_RANGE_REFUSED])
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move {
                // What a link elsewhere has a member's browser ask for is no wish of theirs.
                if call.caller.credential != CredentialClass::Secret {
                    return Err(Refusal::of(&DOWNLOAD_NOT_READY).into());
                }
                let said = |name| call.header(name).map(str::to_owned);
                let wanted = Wanted { range: said("range"), if_range: said("if-range") };
                let handed = downloads.deliver(&call.ctx, call.id("id")?, fetching(&call), wanted).await?;
                Ok::<_, Failure>(file(handed))
            }
        })
}

/// The session or key that fetches: nobody else goes on with what it began.
pub(in crate::downloads) fn fetching<B, Q>(call: &Call<B, Q>) -> [u8; 16] {
    call.caller.session.map_or(call.ctx.actor.id, |session| session.id)
}

/// The file, called by what it holds and by its id alone, and how long it is: whoever has less knows that it isn't all.
pub(in crate::downloads) fn file(handed: Handed) -> Reply {
    let Handed { download: of, part: Part { from, to, is_range }, bytes } = handed;
    let name = format!("{}-{}.{}", of.source, of.id, of.format.word());
    let reply = Reply::stream(of.format.media_type(), bytes)
        .download(&name)
        .version(&tag(&of))
        .header(ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        .header(CONTENT_LENGTH, HeaderValue::from(to - from));
    if !is_range {
        return reply;
    }
    let says = format!("bytes {from}-{}/{}", to.saturating_sub(1), of.written.bytes);
    let range = HeaderValue::from_str(&says).unwrap_or(HeaderValue::from_static("bytes */*"));
    reply.with_status(206).header(CONTENT_RANGE, range)
}
