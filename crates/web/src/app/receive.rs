//! Reading a request, within its caps.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST};
use http::request::Parts;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes};

use super::WebConfig;
use crate::body::{Document, FORM, Form, Payload, Takes};
use crate::problem::{
    BODY_INCOMPLETE, BODY_TOO_LARGE, BODY_UNEXPECTED, Failure, HEADERS_TOO_LARGE, HOST_INVALID, MEDIA_TYPE_UNSUPPORTED,
    REQUEST_TIMEOUT, Refusal, URL_TOO_LONG,
};
use crate::route::RouteInfo;

const MAX_URL: usize = 4096;
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// What is read behind a refused request at most: whoever chose the wrong file reads why it isn't taken, and a file larger
/// than this isn't worth the reading.
const DRAIN: usize = 1024 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Refuses URLs and headers that are larger than anybody needs.
pub(super) fn within_caps(parts: &Parts) -> Result<(), Refusal> {
    let url = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if url > MAX_URL {
        return Err(Refusal::of(&URL_TOO_LONG));
    }
    let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if parts.headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(Refusal::of(&HEADERS_TOO_LARGE));
    }
    if parts.headers.get_all(HOST).iter().nth(1).is_some() {
        return Err(Refusal::of(&HOST_INVALID));
    }
    Ok(())
}

/// Reads what the route takes.
pub(super) async fn payload<B>(
    info: &RouteInfo,
    config: &WebConfig,
    headers: &HeaderMap,
    body: &mut B,
) -> Result<Payload, Failure>
where
    B: Body<Data = Bytes> + Send + Unpin,
{
    match info.takes {
        Takes::Nothing if body.is_end_stream() => return Ok(Payload::Nothing),
        Takes::Nothing => return Err(Refusal::of(&BODY_UNEXPECTED).into()),
        _ if is_encoded(headers) => {
            return Err(Refusal::of(&MEDIA_TYPE_UNSUPPORTED)
                .detail("Send the body without a content encoding.")
                .into());
        }
        // A form without a field.
        Takes::Form if body.is_end_stream() => return Ok(Payload::Form(Form::default())),
        Takes::Form => expect_media_type(headers, &[FORM])?,
        Takes::Json => expect_media_type(headers, &["application/json"])?,
        Takes::OpenJson(media_types) | Takes::Bytes(media_types) => expect_media_type(headers, media_types)?,
    }
    let limit = info.body_limit.unwrap_or(config.body_limit);
    if length(headers).is_some_and(|length| length > limit) {
        return Err(too_large(limit).into());
    }
    let bytes = tokio::time::timeout(config.body_timeout, collect(body, limit)).await;
    let bytes = bytes.map_err(|_| Refusal::of(&REQUEST_TIMEOUT))??;
    match info.takes {
        Takes::Json | Takes::OpenJson(_) => Ok(Payload::Json(Document::parse(bytes)?)),
        Takes::Form => Ok(Payload::Form(Form::parse(&bytes)?)),
        _ => Ok(Payload::Bytes(bytes)),
    }
}

/// Whether the client sends its body only once it is told to go on (RFC 9110 §10.1.1): reading would tell it to.
pub(super) fn waits_to_be_asked(headers: &HeaderMap) -> bool {
    headers.contains_key(EXPECT)
}

/// Reads on behind a request that was answered without its whole body, so that the connection can be used again; false if
/// there is more than is worth it. A client that sends head and body apart would otherwise find its connection closed under
/// the body, and lose the answer with it.
pub(super) async fn drain<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> bool {
    let rest = async {
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            read += frame.ok()?.data_ref().map_or(0, Bytes::len);
            if read > DRAIN {
                return None;
            }
        }
        Some(())
    };
    tokio::time::timeout(DRAIN_TIMEOUT, rest).await.is_ok_and(|ended| ended.is_some())
}

fn too_large(limit: usize) -> Refusal {
    Refusal::of(&BODY_TOO_LARGE).member("max_bytes", limit)
}

fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// One frame is taken as it is; more are put together.
async fn collect<B: Body<Data = Bytes> + Unpin>(body: &mut B, limit: usize) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::of(&BODY_INCOMPLETE))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len().max(all.len()) + data.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// RFC 9110 §8.4: a body that had to be unpacked is refused as a media type is.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// RFC 9110 §8.3: type and subtype without case; of the parameters only `charset=utf-8` means anything for JSON.
fn expect_media_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Refusal> {
    let refusal = || Refusal::of(&MEDIA_TYPE_UNSUPPORTED).member("supported", wanted);
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(refusal()) };
    let text = value.to_str().map_err(|_| refusal())?;
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let media_type = media_type.trim();
    let known = wanted.iter().any(|wanted| media_type.eq_ignore_ascii_case(wanted));
    if known && (!media_type.eq_ignore_ascii_case("application/json") || is_utf8(parameters)) {
        Ok(())
    } else {
        Err(refusal())
    }
}

fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').map(str::trim).filter(|parameter| !parameter.is_empty()).all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    })
}

/// How long a body may take unless configured otherwise.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_json_in_utf8_is_json() {
        let supported = |text: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(text))]);
            expect_media_type(&headers, &["application/json"]).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
            "application/json; v=1",
        ] {
            assert!(supported(good), "{good}");
        }
        for bad in
            ["text/json", "application/json; charset=latin1", "application/problem+json", "", "application/jsonp"]
        {
            assert!(!supported(bad), "{bad}");
        }
        assert!(expect_media_type(&HeaderMap::new(), &["application/json"]).is_err());
    }
}
