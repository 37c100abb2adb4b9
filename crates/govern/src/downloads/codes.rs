//! Why no file leaves.

sealpost_web::codes! {
    /// 429: whoever asks has taken as many files or rows today as the organisation lets anybody.
    DOWNLOAD_QUOTA_EXHAUSTED = 429 "download_quota_exhausted" "No more files or rows today";
    /// 409: it isn't there yet, or isn't there any more.
    DOWNLOAD_NOT_READY = 409 "download_not_ready" "There is nothing to fetch";
    /// 403: reading these rows takes a permission that whoever asks lacks.
    DOWNLOAD_SOURCE_REFUSED = 403 "download_source_refused" "Reading these rows takes a permission you lack";
    /// 403: what whoever asked may or sees isn't what it was when the file was written.
    DOWNLOAD_RIGHTS_CHANGED = 403 "download_rights_changed" "You may not, or don't see what you saw, when it was written: ask again";
    /// 409: somebody who may be in the file was erased since it was written.
    DOWNLOAD_OUTLIVED = 409 "download_outlived" "Somebody was erased since it was written: ask again";
    /// 422: a document to read has at most 50,000 rows.
    DOWNLOAD_TOO_LONG = 422 "download_too_long" "A PDF has at most 50,000 rows: ask for a table, or for fewer";
    /// 409: it is being handed over at this moment.
    DOWNLOAD_UNDER_WAY = 409 "download_under_way" "It is being handed over";
    /// 416: it ends before what is asked for begins.
    DOWNLOAD_RANGE_REFUSED = 416 "download_range_refused" "It ends before what you ask for begins";
    /// 409: it has come to its end, or another was faster.
    DOWNLOAD_OVER = 409 "download_over" "It has come to its end";
}
