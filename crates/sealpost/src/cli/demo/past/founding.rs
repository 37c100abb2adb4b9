//! Before the two weeks: who works here, what may be used, what is said.

use sealpost_access::links::{self, Purpose};
use sealpost_store::{Environment, MemberId, Time};
use serde_json::{Value, json};

use super::Past;
use super::cast::{self, INVITED, PATIENTS, STAFF};
use super::content;
use super::days::{DAY, MINUTE, SECOND};
use super::desk::{Seat, office, rack};
use super::hooks::{Hook, id};
use crate::cli::demo::seed;
use crate::cli::{Outcome, Stop};

/// Somebody who came in.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) browser: &'static str,
    /// The last number of their address.
    pub(super) desk: u8,
}

/// What holds which key: the text is kept here only while the past goes by.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) portal: Option<Seat>,
    pub(super) visits: Option<Seat>,
    pub(super) billing: Option<Seat>,
    pub(super) live: Option<Seat>,
    /// The ids of those that somebody does something with later.
    pub(super) kiosk: String,
    pub(super) visits_id: String,
}

impl Past<'_> {
    /// The clinic from its founding until shortly before the two weeks.
    pub(super) async fn found(&mut self, now: Time) -> Outcome {
        let ago = |days: i64| now.plus_ms(-days * DAY);
        let owner = self.owner().await?;
        self.desk.put(&owner, "/v1/me/name", &json!({ "name": cast::OWNER })).await?;
        let scopes = ["messages:send", "contacts:read"];
        let billing =
            self.key(&owner, json!({ "name": "Billing export", "scopes": scopes, "expires_in_days": 80 })).await?;
        self.keys.billing = Some(Seat::key(&billing.1, rack(7))?);
        self.clock.move_to(ago(68));
        self.staff().await?;
        self.clock.move_to(ago(40));
        let owner = self.owner().await?;
        let kiosk = json!({ "name": "Kiosk in the lobby", "scopes": ["messages:send"], "expires_in_days": 60 });
        self.keys.kiosk = self.key(&owner, kiosk).await?.0;
        let website = json!({ "name": "Website", "kind": "publishable", "expires_in_days": 366 });
        self.key(&owner, website).await?;
        self.clock.move_to(ago(30));
        let owner = self.owner().await?;
        let scopes = ["messages:send", "messages:read", "contacts:read", "contacts:write"];
        let portal = json!({ "name": "Patient portal", "scopes": scopes, "mask_profile": "last4", "cidrs": ["198.51.100.0/24"] });
        let portal_key = self.key(&owner, portal.clone()).await?;
        self.keys.portal = Some(Seat::key(&portal_key.1, rack(20))?);
        let live = self.key(&owner.within(Environment::Live), portal).await?;
        self.keys.live = Some(Seat::key(&live.1, rack(20))?);
        Ok(())
    }

    /// A session of the owner, by a link that the operator made.
    pub(super) async fn owner(&self) -> Outcome<Seat> {
        let link = links::create_for_owner(&self.house.store, &self.place).await.map_err(anyhow::Error::from)?;
        self.desk.sign_in(&link, cast::MAC, office(10)).await
    }

    /// A session of a member, by a link that the operator made: nobody here holds a passkey.
    pub(super) async fn sign_in(&self, member: &Member) -> Outcome<Seat> {
        let (keys, id) = (self.house.store.keys().clone(), member.id.parse::<MemberId>());
        let id = id.map_err(|_| Stop::failed("an id of the demo can't be read"))?;
        let made = self.house.store.write(&self.place, move |tx| links::create(tx, &keys, id, Purpose::Operator)).await;
        let link = made.map_err(anyhow::Error::from)?;
        self.desk.sign_in(&link, member.browser, office(member.desk)).await
    }

    /// A new key: its id and its text.
    async fn key(&self, seat: &Seat, mut body: Value) -> Outcome<(String, String)> {
        if body["kind"].is_null() {
            body["kind"] = "secret".into();
        }
        let made = self.desk.post(seat, "/v1/keys", &body).await?;
        let text = made["key"].as_str().ok_or_else(|| Stop::failed("a new key has no text"))?;
        Ok((id(&made)?, text.to_owned()))
    }

    /// Invites everybody, and lets them come.
    async fn staff(&mut self) -> Outcome {
        let owner = self.owner().await?;
        let role = json!({ "name": "Night desk", "visibility": "team", "masks": "last4", "require_step_up": true,
            "idle_minutes": 15, "absolute_minutes": 720, "cidrs": ["192.0.2.0/24"],
            "permissions": ["messages:read", "messages:send", "contacts:read", "templates:read", "events:read"] });
        self.night = id(&self.desk.post(&owner, "/v1/roles", &role).await?)?;
        for (at, one) in (11..).zip(&STAFF) {
            let role = if one.role == "night" { &self.night } else { one.role };
            let invited = self.invite(&owner, one.name, one.mailbox, role).await?;
            self.clock.pass(self.chance.between(5, 15) * SECOND);
            let token = invited["link"].as_str().and_then(|link| link.rsplit('/').next()).unwrap_or_default();
            self.desk.follow(token, one.browser, office(at)).await?;
            self.staff.push(Member { id: id(&invited)?, browser: one.browser, desk: at });
        }
        let members = |which: [usize; 3]| which.map(|at| self.staff.get(at).map(|member| member.id.clone()));
        for (name, which) in [("Reception", [1, 3, 4]), ("Night desk", [4, 5, 5])] {
            let mut members: Vec<_> = members(which).into_iter().flatten().collect();
            members.dedup();
            self.desk.post(&owner, "/v1/teams", &json!({ "name": name, "members": members })).await?;
        }
        Ok(())
    }

    async fn invite(&self, seat: &Seat, name: &str, mailbox: &str, role: &str) -> Outcome<Value> {
        let body = json!({ "email": format!("{mailbox}@example.org"), "name": name, "role": role });
        self.desk.post(seat, "/v1/invitations", &body).await
    }

    /// What the two weeks begin with: patients, texts, events, and the systems that hear of messages. Answers the one that goes on
    /// listening.
    pub(super) async fn open(&mut self, now: Time) -> Outcome<Hook> {
        self.clock.move_to(now.plus_ms(-15 * DAY));
        let owner = self.owner().await?;
        let live = owner.within(Environment::Live);
        for seat in [&owner, &live] {
            for patient in seed::patients() {
                self.desk.post(seat, "/v1/contacts", &patient).await?;
            }
        }
        for (at, patient) in PATIENTS.iter().enumerate() {
            self.clock.pass(self.chance.between(2, 40) * SECOND);
            let mut body = json!({ "name": patient.name, "locale": patient.locale, "external_id": format!("LC-{}", 1000 + at),
                "phone": format!("+1{}55501{:02}", 201 + 3 * at, (at * 7 + 10) % 100),
                "email": format!("patient{}@example.{}", 10 + at, if at % 3 == 0 { "org" } else { "com" }) });
            if at % 8 == 7 {
                // The clinic doesn't know everything of everybody.
                body["locale"].take();
            }
            let made = self.desk.post(self.keys.portal()?, "/v1/contacts", &body).await?;
            self.contacts.push(id(&made)?);
        }
        for seat in [&owner, &live] {
            let codes = self.texts(seat).await?;
            self.codes = if self.codes.is_empty() { codes } else { std::mem::take(&mut self.codes) };
        }
        self.visits_key().await?;
        self.hooks(&live).await
    }

    /// Texts and events of one environment. Answers the template of the codes.
    async fn texts(&self, seat: &Seat) -> Outcome<String> {
        let mut codes = String::new();
        for (template, event, class) in seed::texts().into_iter().chain(content::texts()) {
            self.clock.pass(MINUTE);
            let made = id(&self.desk.post(seat, "/v1/templates", &template).await?)?;
            let event = json!({ "name": event, "class": class, "template_id": made });
            let event = id(&self.desk.post(seat, "/v1/events", &event).await?)?;
            match template["name"].as_str() {
                Some("otp") => codes = made,
                Some("visit-reminder") => {
                    self.clock.pass(20 * MINUTE);
                    let path = format!("/v1/templates/{made}/versions");
                    self.desk.post(seat, &path, &content::shorter_reminder()).await?;
                    let pinned = json!({ "class": "transactional", "template_id": made, "template_version": 2 });
                    self.desk.post(seat, &format!("/v1/events/{event}/versions"), &pinned).await?;
                }
                _ => {}
            }
        }
        Ok(codes)
    }

    async fn visits_key(&mut self) -> Outcome {
        let owner = self.owner().await?;
        let scopes = ["messages:send", "messages:read", "messages:cancel"];
        let body = json!({ "name": "Appointment book", "scopes": scopes, "expires_in_days": 45 });
        let (key, text) = self.key(&owner, body).await?;
        (self.keys.visits_id, self.keys.visits) = (key, Some(Seat::key(&text, rack(31))?));
        Ok(())
    }

    /// Two systems in the test environment, and the first of them in the live one too.
    async fn hooks(&mut self, live: &Seat) -> Outcome<Hook> {
        let (tls, world) = (self.tls.clone(), self.house.store.world().clone());
        let (healthy, failing) = (Hook::open(&tls, &world).await?, Hook::open(&tls, &world).await?);
        let owner = self.owner().await?;
        let ward = healthy.endpoint("ward-system", "Shows nurses what patients were told", &["message.*"]);
        let old = failing.endpoint(
            "records-archive",
            "The old archive, to be replaced",
            &["message.cancelled", "message.expired"],
        );
        for (seat, endpoint) in [(&owner, &ward), (&owner, &old), (live, &ward)] {
            let made = id(&self.desk.post(seat, "/v1/endpoints", endpoint).await?)?;
            let tried = self.desk.act(seat, &format!("/v1/endpoints/{made}/verify")).await?;
            if tried["succeeded"] != true {
                return Err(Stop::failed(format!("a receiver of the demo did not answer: {}", tried["outcome"])));
            }
        }
        self.failing = Some(failing);
        Ok(healthy)
    }

    /// Who is here right now, and who was asked to come lately.
    pub(super) async fn sign_some_in(&mut self, now: Time) -> Outcome {
        for at in [0, 3, 6] {
            self.clock.move_to(now.plus_ms(-(20 - i64::try_from(at).unwrap_or(0)) * MINUTE));
            self.seat(at).await?;
        }
        Ok(())
    }

    /// Invites those of whom it is time by now.
    pub(super) async fn invite_late(&self, days_ago: i64) -> Outcome {
        let owner = self.owner().await?;
        for (name, mailbox, role, _) in INVITED.iter().filter(|(.., days)| *days == days_ago) {
            self.invite(&owner, name, mailbox, role).await?;
        }
        Ok(())
    }
}

impl Keys {
    pub(super) fn portal(&self) -> Outcome<&Seat> {
        held(self.portal.as_ref())
    }

    pub(super) fn visits(&self) -> Outcome<&Seat> {
        held(self.visits.as_ref())
    }

    pub(super) fn billing(&self) -> Outcome<&Seat> {
        held(self.billing.as_ref())
    }

    pub(super) fn live(&self) -> Outcome<&Seat> {
        held(self.live.as_ref())
    }
}

fn held(seat: Option<&Seat>) -> Outcome<&Seat> {
    seat.ok_or_else(|| Stop::failed("a key of the demo is gone"))
}
