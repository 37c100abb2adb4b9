//! Spans: what took how long on behalf of which request, from its arrival to the last delivery it caused.
//!
//! A span is told to one [`Recorder`] of the process when it ends. Without a recorder, or where nobody's request is traced, none
//! of this does anything. What a span may say is a closed list of numbers and literals of the program ([`Attribute`]): nothing
//! personal can become a part of one.
//!
//! A trace begins with a request, in the caller's own trace if it names one (W3C Trace Context), goes through the commit into
//! the outbox, and from there through the dispatcher to the receiver. After a crash, and for a retry, it is not continued.

use std::future::Future;
use std::sync::OnceLock;

use sealpost_seal::rng::{SystemRng, array};

use crate::clock::unix_nanoseconds;

/// Where in which trace something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace: 16 bytes, not all zero.
    pub trace: [u8; 16],
    /// The span: 8 bytes, not all zero.
    pub span: [u8; 8],
}

/// On which side of a call a span is; the numbers of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Work of our own.
    Internal = 1,
    /// Somebody asked us.
    Server = 2,
    /// We ask somebody.
    Client = 3,
    /// We take from the outbox.
    Consumer = 5,
}

/// What a span may say besides its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The request's method.
    Method(&'static str),
    /// The route's template, without what stands in its place.
    Route(&'static str),
    /// The status answered.
    Status(u16),
    /// The kind of job.
    Job(&'static str),
    /// What came of it, as a code.
    Outcome(&'static str),
}

/// A span that has ended.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its place.
    pub context: TraceContext,
    /// The span it is part of, of ours or of the caller's.
    pub parent: Option<[u8; 8]>,
    /// `request`, `commit`, `dispatch`, `deliver`, `send`.
    pub name: &'static str,
    /// On which side of a call it is.
    pub kind: Kind,
    /// When it began, in nanoseconds since the Unix epoch.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
    /// Whether it failed.
    pub failed: bool,
    /// What else it says.
    pub attributes: Vec<Attribute>,
}

/// Somebody who takes spans.
pub trait Recorder: Send + Sync {
    /// Whether a trace that begins here is to be recorded; `trace` is its id.
    fn samples(&self, trace: &[u8; 16]) -> bool;
    /// Takes a span. Must not wait.
    fn take(&self, span: Span);
}

static RECORDER: OnceLock<Box<dyn Recorder>> = OnceLock::new();

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// From now on spans go to `recorder`. There is one in a process; a second is not heard.
pub fn record_with(recorder: impl Recorder + 'static) {
    let _ = RECORDER.set(Box::new(recorder));
}

/// Where we are, if that is traced.
pub fn current() -> Option<TraceContext> {
    RECORDER.get()?;
    CURRENT.try_with(|context| *context).ok()
}

/// The caller's place, from a `traceparent` header (W3C Trace Context §3.2): nothing if it can't be read, or says that it is not
/// recorded.
pub fn parse(traceparent: &str) -> Option<TraceContext> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // A later version may have more parts, ours has none (§3.2.4).
    let known = match version {
        "00" => parts.next().is_none(),
        "ff" => false,
        later => hex::<1>(later).is_some(),
    };
    let context = TraceContext { trace: hex(trace)?, span: hex(span)? };
    let [flags] = hex::<1>(flags)?;
    let usable = known && flags & 1 == 1 && context.trace != [0; 16] && context.span != [0; 8];
    usable.then_some(context)
}

/// A span of the work that is going on.
pub struct Open(Option<Span>);

impl Open {
    /// A span of a request: part of the caller's trace, or the beginning of one.
    pub fn request(caller: Option<TraceContext>) -> Self {
        let Some(recorder) = RECORDER.get() else { return Self(None) };
        let trace = caller.map_or_else(|| array(&SystemRng), |caller| caller.trace);
        if caller.is_none() && !recorder.samples(&trace) {
            return Self(None);
        }
        Self(Some(Span::begin(trace, caller.map(|caller| caller.span), "request", Kind::Server)))
    }

    /// A span inside what is going on here; nothing if that isn't traced.
    pub fn inside(name: &'static str, kind: Kind) -> Self {
        Self::after(current(), name, kind)
    }

    /// A span of what was caused by `cause`.
    pub fn after(cause: Option<TraceContext>, name: &'static str, kind: Kind) -> Self {
        let cause = cause.filter(|_| RECORDER.get().is_some());
        Self(cause.map(|cause| Span::begin(cause.trace, Some(cause.span), name, kind)))
    }

    /// Adds what it says.
    pub fn say(&mut self, attribute: Attribute) {
        if let Some(span) = &mut self.0 {
            span.attributes.push(attribute);
        }
    }

    /// Says how it ended.
    pub fn ended(&mut self, outcome: Attribute, failed: bool) {
        self.say(outcome);
        if let Some(span) = &mut self.0 {
            span.failed |= failed;
        }
    }

    /// Does `work` inside it.
    pub async fn around<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.0 {
            Some(span) => CURRENT.scope(span.context, work).await,
            None => work.await,
        }
    }
}

impl Drop for Open {
    /// It ends when it goes out of sight, even if the work was given up.
    fn drop(&mut self) {
        if let (Some(mut span), Some(recorder)) = (self.0.take(), RECORDER.get()) {
            span.ended = unix_nanoseconds().max(span.began);
            recorder.take(span);
        }
    }
}

impl Span {
    fn begin(trace: [u8; 16], parent: Option<[u8; 8]>, name: &'static str, kind: Kind) -> Self {
        let context = TraceContext { trace, span: array(&SystemRng) };
        Self { context, parent, name, kind, began: unix_nanoseconds(), ended: 0, failed: false, attributes: Vec::new() }
    }
}

/// Exactly `2 * N` lower-case hexadecimal digits.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let bytes = (text.len() == 2 * N && digits).then_some(text.as_bytes())?;
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_w3c_writes_it() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = parse(text).unwrap();
        assert_eq!((context.trace[..2].to_vec(), context.span[7]), (vec![0x4b, 0xf9], 0xb7));
        assert_eq!(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes"), Some(context));
        for not in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(not), None, "{not}");
        }
    }

    #[tokio::test]
    async fn nothing_is_traced_while_nobody_records() {
        let open = Open::request(parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert!(open.0.is_none());
        assert_eq!(open.around(async { current() }).await, None);
    }
}
