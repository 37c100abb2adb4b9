//! How long a connection is kept, and saying so. A request sent just as the server closes goes without an answer, and its sender
//! can't know whether it was done (RFC 9112 §9.5): so it is to be the client who closes first.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Version};
use tokio::sync::Semaphore;

/// Longer than clients keep a connection that nobody tells them about: 90 s (Go, hyper), 60 s (proxies, usually).
pub(super) const IDLE: Duration = Duration::from_secs(100);
/// Who heeds what is announced stops this much earlier: a request is under way for a while.
const MARGIN: Duration = Duration::from_secs(10);

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const KEEP: HeaderValue = HeaderValue::from_static("keep-alive");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What a listener promises its clients.
#[derive(Clone)]
pub(super) struct KeepAlive {
    promise: Option<HeaderValue>,
    slots: Arc<Semaphore>,
    few: usize,
}

impl KeepAlive {
    /// `slots` are what is left of the connections there may be at once.
    pub(super) fn new(idle: Duration, slots: Arc<Semaphore>) -> Self {
        let seconds = idle.saturating_sub(MARGIN).as_secs();
        let promise = (seconds > 0).then(|| HeaderValue::try_from(format!("timeout={seconds}")).ok()).flatten();
        Self { promise, few: slots.available_permits() / 4, slots }
    }

    /// What this client is to be told beside the answer.
    pub(super) fn announcement<B>(&self, request: &Request<B>) -> Announcement {
        if request.version() != Version::HTTP_11 || asks_to_close(request.headers()) {
            return Announcement::Nothing;
        }
        if self.slots.available_permits() < self.few {
            return Announcement::Close;
        }
        self.promise.clone().map_or(Announcement::Nothing, Announcement::Keep)
    }
}

/// To be written on one answer.
pub(super) enum Announcement {
    /// HTTP says it already, or there is too little to promise.
    Nothing,
    /// It waits so long for the next request.
    Keep(HeaderValue),
    /// It makes room for others.
    Close,
}

impl Announcement {
    pub(super) fn write(self, headers: &mut HeaderMap) {
        if headers.contains_key(CONNECTION) {
            return;
        }
        match self {
            Self::Nothing => {}
            Self::Keep(promise) => {
                headers.insert(CONNECTION, KEEP);
                headers.insert(KEEP_ALIVE, promise);
            }
            Self::Close => {
                headers.insert(CONNECTION, CLOSE);
            }
        }
    }
}

fn asks_to_close(headers: &HeaderMap) -> bool {
    let options = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    options.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("close"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(slots: usize, left: usize, idle: u64, request: http::request::Builder) -> Vec<(String, String)> {
        let semaphore = Arc::new(Semaphore::new(slots));
        let keep_alive = KeepAlive::new(Duration::from_secs(idle), semaphore.clone());
        let _taken = semaphore.try_acquire_many((slots - left) as u32).unwrap();
        let mut headers = HeaderMap::new();
        keep_alive.announcement(&request.body(()).unwrap()).write(&mut headers);
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_client_is_told_to_stop_before_the_server_does() {
        let announced = told(8, 8, 100, Request::builder());
        assert_eq!(announced, pairs(&[("connection", "keep-alive"), ("keep-alive", "timeout=90")]));
    }

    #[test]
    fn connections_are_given_back_where_few_are_left() {
        assert_eq!(told(8, 2, 100, Request::builder()).len(), 2);
        assert_eq!(told(8, 1, 100, Request::builder()), pairs(&[("connection", "close")]));
    }

    #[test]
    fn what_ends_anyway_is_promised_nothing() {
        assert!(told(8, 8, 5, Request::builder()).is_empty());
        assert!(told(8, 8, 100, Request::builder().version(Version::HTTP_10)).is_empty());
        assert!(told(8, 8, 100, Request::builder().header("connection", "TE, Close")).is_empty());
    }
}
