//! What the dispatcher and its handlers did, in numbers. No label names an organisation, a contact or an endpoint.

use std::time::Duration;

use sealpost_web::metrics::{Counter, Gauge, Histogram, LATENCY_SECONDS, Metric};

/// What an attempt to deliver to an endpoint came to. The codes of the delivery log, in classes.
const DELIVERY_OUTCOMES: [(&str, &[&str]); 5] = [
    ("delivered", &["delivered"]),
    ("refused", &["refused", "gone"]),
    ("timeout", &["timeout"]),
    ("unreachable", &["address_refused", "name_not_resolved", "connect_failed", "tls_failed", "saturated"]),
    ("broken", &[]),
];
/// What an attempt to send a message came to: its state afterwards, or that it goes back to the queue.
const SEND_OUTCOMES: [&str; 6] = ["delivered", "sent", "deferred", "failed", "unknown", "expired"];

/// Numbers of this process since it began.
pub(crate) struct Meters {
    /// Jobs under way.
    pub(crate) under_way: Gauge,
    /// Jobs that wait in memory for their turn.
    pub(crate) waiting: Gauge,
    deliveries: [Counter; DELIVERY_OUTCOMES.len()],
    delivery_seconds: Histogram,
    sends: [Counter; SEND_OUTCOMES.len()],
    fields: [Counter; 2],
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            under_way: Gauge::new("sealpost_dispatcher_jobs_under_way", "Jobs being done."),
            waiting: Gauge::new("sealpost_dispatcher_jobs_waiting", "Jobs that wait in memory for their turn."),
            deliveries: DELIVERY_OUTCOMES.map(|(outcome, _)| {
                let help = "Attempts to deliver to an endpoint, by what they came to.";
                Counter::labelled("sealpost_delivery_attempts_total", help, "outcome", outcome)
            }),
            delivery_seconds: Histogram::new(
                "sealpost_delivery_attempt_seconds",
                "Time from the call of an endpoint to its answer.",
                LATENCY_SECONDS,
            ),
            sends: SEND_OUTCOMES.map(|outcome| {
                let help = "Attempts to send a message, by what they came to.";
                Counter::labelled("sealpost_send_attempts_total", help, "outcome", outcome)
            }),
            fields: ["encrypted", "absent"].map(|outcome| {
                let help = "Fields that were to be encrypted for an endpoint, by whether they were there.";
                Counter::labelled("sealpost_payload_fields_total", help, "outcome", outcome)
            }),
        }
    }
}

impl Meters {
    /// An endpoint was called; `outcome` is the code in the delivery log. What has no class of its own broke on its way.
    pub(crate) fn delivered(&self, outcome: &str, took_ms: i64) {
        let class = DELIVERY_OUTCOMES.iter().position(|(_, codes)| codes.contains(&outcome));
        self.deliveries[class.unwrap_or(DELIVERY_OUTCOMES.len() - 1)].add(1);
        self.delivery_seconds.observe(Duration::from_millis(u64::try_from(took_ms).unwrap_or(0)));
    }

    /// A message was tried to be sent.
    pub(crate) fn sent(&self, outcome: &str) {
        if let Some(at) = SEND_OUTCOMES.iter().position(|known| *known == outcome) {
            self.sends[at].add(1);
        }
    }

    /// So many fields were encrypted for an endpoint, and so many weren't there.
    pub(crate) fn fields(&self, encrypted: u32, absent: u32) {
        let [there, nowhere] = &self.fields;
        there.add(encrypted.into());
        nowhere.add(absent.into());
    }
}

impl Metric for Meters {
    fn write(&self, out: &mut String) {
        [&self.under_way, &self.waiting].iter().for_each(|gauge| gauge.write(out));
        self.deliveries.iter().for_each(|counter| counter.write(out));
        self.delivery_seconds.write(out);
        self.sends.iter().chain(&self.fields).for_each(|counter| counter.write(out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_is_counted_once_in_the_class_of_its_outcome() {
        let meters = Meters::default();
        for outcome in ["delivered", "gone", "timeout", "tls_failed", "protocol_error", "connection_lost"] {
            meters.delivered(outcome, 3);
        }
        meters.sent("sent");
        let mut page = String::new();
        meters.write(&mut page);
        for (outcome, count) in [("delivered", 1), ("refused", 1), ("timeout", 1), ("unreachable", 1), ("broken", 2)] {
            let line = format!("sealpost_delivery_attempts_total{{outcome=\"{outcome}\"}} {count}\n");
            assert!(page.contains(&line), "{line} {page}");
        }
        assert!(page.contains("sealpost_delivery_attempt_seconds_count 6\n"));
        assert!(page.contains("sealpost_send_attempts_total{outcome=\"sent\"} 1\n"));
    }
}
