//! How much a writer holds of a person with very many messages.

use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, RevealGrant, Viewer};
use sealpost_store::{ContactId, EventId, MessageId, OrgId, RequestId, TemplateId, Time};
use serde_json::json;

use crate::channels::ChannelKind;
use crate::exports::json::Json;
use crate::exports::model::{About, Counts, Piece, Section, Writer};
use crate::exports::pdf::Pdf;
use crate::messages::{MessageState, Whole};

/// Messages in CI; `SEALPOST_EXPORT_MESSAGES` says otherwise, and has the peak of this process's memory compared, too.
const MESSAGES: u64 = 3_000;

fn message(number: u64) -> Whole {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let viewer = Viewer::clear(RevealGrant::after_leaf([1; 16]));
    let now = Time::from_unix_ms(1_768_469_400_000);
    let text = format!("Grüße, {number}: Καλημέρα, مرحبا, your order is on its way. ").repeat(6);
    Whole {
        id: MessageId::from_bytes(id),
        state: MessageState::Delivered,
        reason: None,
        to: viewer.text(&Personal::new("ann@example.com".to_owned()), Field::Email),
        data: json!({ "number": number, "text": text }),
        content: json!({ "subject": "Your order", "text": text }),
        not_stored: None,
        event_id: EventId::from_bytes([1; 16]),
        event: Some("order.shipped".into()),
        event_version: 1,
        template_id: TemplateId::from_bytes([1; 16]),
        template_version: 1,
        channel: ChannelKind::Email,
        class: "transactional".into(),
        decision: json!({ "basis": "transactional" }),
        attempts: 1,
        send_before: None,
        created_at: now,
        updated_at: now,
        timeline: Vec::new(),
        listed_as: None,
    }
}

pub(super) fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "a test's own configuration")]
pub(super) fn told() -> Option<u64> {
    std::env::var("SEALPOST_EXPORT_MESSAGES").ok()?.parse().ok()
}

#[test]
fn a_person_with_very_many_messages_takes_no_more_memory_than_one_with_few() {
    let messages = told().unwrap_or(MESSAGES);
    let writers: [Box<dyn Writer>; 2] = [Box::<Json>::default(), Box::new(Pdf::new().unwrap())];
    for mut writer in writers {
        let about = About {
            version: 1,
            contact_id: ContactId::from_bytes([1; 16]),
            organisation_id: OrgId::from_bytes([1; 16]),
            environment: "live",
            exported_at: Time::from_unix_ms(0),
            request_id: RequestId::from_bytes([1; 16]),
        };
        writer.write(&Piece::About(about)).unwrap();
        writer.write(&Piece::Begin(Section::Messages)).unwrap();
        let (mut most, mut all, mut early) = (0, 0, 0);
        for number in 0..messages {
            writer.write(&Piece::Message(Box::new(message(number)))).unwrap();
            most = most.max(writer.waiting());
            if writer.waiting() > 32 << 10 {
                all += writer.take().len();
            }
            if number == messages / 10 {
                early = peak_kib();
            }
        }
        writer.write(&Piece::Complete(Counts { messages, ..Counts::default() })).unwrap();
        all += writer.take().len();
        assert!(all as u64 > messages * 300 && most < 64 << 10, "{all} bytes, at most {most} waited");
        if told().is_some() {
            let grown = peak_kib().saturating_sub(early);
            #[expect(clippy::print_stdout, reason = "a proof says what it has proven")]
            {
                println!("{messages} messages, {all} bytes: at most {most} waited, the peak grew by {grown} KiB");
            }
            assert!(grown < 8 << 10, "{grown} KiB");
        }
    }
}
