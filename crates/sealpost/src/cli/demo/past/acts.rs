//! One act of the two weeks after the other.

use http::Method;
use serde_json::{Value, json};

use super::Past;
use super::cast::{PATIENTS, REASONS};
use super::content;
use super::days::{Act, SECOND, Told};
use super::desk::Seat;
use super::hooks::id;
use crate::cli::{Outcome, Stop};

impl Past<'_> {
    pub(super) async fn act(&mut self, act: Act) -> Outcome {
        match act {
            Act::Code(patient) => self.code(patient, None).await,
            Act::LateCode(patient) => self.code(patient, Some(2 * SECOND)).await,
            Act::Tell(told, patients) => self.tell(told, &patients).await,
            Act::TakeBack(patient) => self.take_back(&[patient]).await,
            Act::Storm(patients) => self.take_back(&patients).await,
            Act::WriteToSuppressed(patient) => self.write_to_suppressed(patient).await,
            Act::Live(patient) => self.live(patient).await,
            Act::LookAtMessage => self.look_at_message().await,
            Act::LookAtContact(patient) => self.look_at_contact(patient).await,
            Act::TryToLook => self.try_to_look().await,
            Act::Suppress(patient) => self.suppress(patient).await,
            Act::Invite(days_ago) => self.invite_late(days_ago).await,
            Act::Outage => {
                self.failing = None;
                Ok(())
            }
            Act::NewText => {
                let path = format!("/v1/templates/{}/versions", self.codes);
                self.desk.post(&self.seat(2).await?, &path, &content::new_text()).await.map(drop)
            }
            Act::RevokeKey => {
                let path = format!("/v1/keys/{}/revoke", self.keys.kiosk);
                self.desk.act(&self.seat(2).await?, &path).await.map(drop)
            }
            Act::RotateKey => self.rotate_key().await,
            Act::Turn => self.settle().await,
            Act::Evening => self.evening().await,
        }
    }

    fn contact(&self, patient: usize) -> Outcome<&str> {
        self.contacts.get(patient).map(String::as_str).ok_or_else(|| Stop::failed("a patient of the demo is gone"))
    }

    fn message(&mut self, told: Told, patient: usize) -> Outcome<Value> {
        let name = PATIENTS.get(patient).map_or("", |patient| patient.name);
        let data = told.data(name, self.chance.between(1_000, 9_999));
        Ok(json!({ "event": told.event(), "to": { "contact_id": self.contact(patient)? }, "data": data }))
    }

    /// Between a message's acceptance and its dispatch: most leave at once, some wait behind others.
    fn wait(&mut self) {
        let ms = match self.chance.below(20) {
            0 => self.chance.between(4_000, 9_000),
            1..4 => self.chance.between(900, 2_500),
            _ => self.chance.between(60, 420),
        };
        self.clock.pass(ms);
    }

    async fn code(&mut self, patient: usize, within: Option<i64>) -> Outcome {
        let code = self.chance.between(100_000, 1_000_000).to_string();
        let to = json!({ "contact_id": self.contact(patient)? });
        let mut body = json!({ "event": "otp.login", "to": to, "data": { "code": code } });
        if let Some(within) = within {
            body["send_before"] = json!(self.place.now().plus_ms(within));
        }
        let sent = self.desk.ask(self.keys.portal()?, Method::POST, "/v1/messages", Some(&body)).await?;
        match within {
            Some(within) => self.clock.pass(within + SECOND),
            None => self.wait(),
        }
        let answer = sent.value();
        match (sent.status, answer["code"].as_str()) {
            (202, _) | (_, Some("recipient_suppressed")) => self.settle().await,
            (status, code) => Err(Stop::failed(format!("a code of the demo was refused: {status} {code:?}"))),
        }
    }

    async fn tell(&mut self, told: Told, patients: &[usize]) -> Outcome {
        let messages = patients.iter().map(|patient| self.message(told, *patient)).collect::<Outcome<Vec<_>>>()?;
        let seat = match told {
            Told::Visit => self.keys.visits()?,
            Told::Results => self.keys.portal()?,
            Told::Invoice | Told::Letter => self.keys.billing()?,
        };
        // Who is suppressed is refused alone.
        self.desk.post(seat, "/v1/messages/batch", &json!({ "messages": messages })).await?;
        self.wait();
        self.settle().await
    }

    /// Reminders that are taken back right after they were accepted.
    async fn take_back(&mut self, patients: &[usize]) -> Outcome {
        let messages =
            patients.iter().map(|patient| self.message(Told::Visit, *patient)).collect::<Outcome<Vec<_>>>()?;
        let seat = self.keys.visits()?;
        let sent = self.desk.post(seat, "/v1/messages/batch", &json!({ "messages": messages })).await?;
        self.clock.pass(800);
        for accepted in sent["results"].as_array().into_iter().flatten().filter(|result| result["status"] == 202) {
            self.desk.act(seat, &format!("/v1/messages/{}/cancel", id(&accepted["body"])?)).await?;
        }
        self.settle().await
    }

    async fn write_to_suppressed(&mut self, patient: usize) -> Outcome {
        let body = self.message(Told::Invoice, patient)?;
        let answer = self.desk.ask(self.keys.billing()?, Method::POST, "/v1/messages", Some(&body)).await?;
        match answer.status {
            422 => Ok(()),
            status => Err(Stop::failed(format!("a suppressed address of the demo was not refused: {status}"))),
        }
    }

    /// The live environment knows the first three patients, and has no sender: the message fails, and says why.
    async fn live(&mut self, patient: usize) -> Outcome {
        let to = json!({ "external_id": "patient-1" });
        let told = if patient.is_multiple_of(2) { Told::Results } else { Told::Invoice };
        let body = json!({ "event": told.event(), "to": to, "data": told.data("Ada Example", 4_000) });
        self.desk.post(self.keys.live()?, "/v1/messages", &body).await?;
        self.wait();
        self.settle().await
    }

    fn reason(&mut self) -> &'static str {
        self.looks += 1;
        REASONS.get(self.looks % REASONS.len()).copied().unwrap_or_default()
    }

    async fn look_at_message(&mut self) -> Outcome {
        let (seat, reason) = (self.seat(0).await?, self.reason());
        let page = self.desk.get(&seat, "/v1/messages?limit=10").await?;
        let newest = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let Some(message) = self.chance.one(newest) else { return Ok(()) };
        self.clock.pass(20 * SECOND);
        let path = format!("/v1/messages/{}/reveal", id(message)?);
        self.desk.post(&seat, &path, &json!({ "reason": reason })).await.map(drop)
    }

    async fn look_at_contact(&mut self, patient: usize) -> Outcome {
        let (seat, reason) = (self.seat(0).await?, self.reason());
        let path = format!("/v1/contacts/{}/reveal", self.contact(patient)?);
        self.desk.post(&seat, &path, &json!({ "fields": ["phone", "name"], "reason": reason })).await.map(drop)
    }

    /// An agent who may not is told so, and it is on the record.
    async fn try_to_look(&mut self) -> Outcome {
        let seat = self.seat(4).await?;
        let path = format!("/v1/contacts/{}/reveal", self.contact(5)?);
        let body = json!({ "fields": ["phone"], "reason": "Just curious" });
        match self.desk.ask(&seat, Method::POST, &path, Some(&body)).await?.status {
            403 => Ok(()),
            status => Err(Stop::failed(format!("an agent of the demo may look: {status}"))),
        }
    }

    async fn suppress(&mut self, patient: usize) -> Outcome {
        let email =
            format!("patient{}@example.{}", 10 + patient, if patient.is_multiple_of(3) { "org" } else { "com" });
        let seat = self.seat(3).await?;
        let body = json!({ "channel": "email", "email": email });
        self.desk.post(&seat, "/v1/suppressions", &body).await.map(drop)
    }

    /// The appointment book gets a new key; for a week the old one is good too.
    async fn rotate_key(&mut self) -> Outcome {
        let seat = self.seat(2).await?;
        let path = format!("/v1/keys/{}/rotate", self.keys.visits_id);
        let made = self.desk.post(&seat, &path, &json!({ "overlap_seconds": 604_800 })).await?;
        let text = made["key"].as_str().unwrap_or_default();
        self.keys.visits = Some(Seat::key(text, super::desk::rack(31))?);
        Ok(())
    }
}
