//! Objects to ask about, and bodies to ask with: examples of the document, fitted to what is there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{FRESH, House, Member, text};
use crate::surface::{Route, Surface};

/// What examples refer to.
pub(crate) struct Objects {
    template: String,
    delivery: String,
    channels: [String; 2],
    serial: AtomicU64,
    /// Connections that stay, by their kind.
    connections: tokio::sync::Mutex<BTreeMap<&'static str, String>>,
    /// Files that stay: of our owner, and of our key.
    files: tokio::sync::Mutex<BTreeMap<bool, String>>,
    /// Who asks for what others approve, signed in not long ago.
    asker: tokio::sync::Mutex<Option<(Member, Instant)>>,
}

impl Objects {
    /// Makes what examples refer to: the event they fire, and a message that was delivered and reported.
    pub(crate) async fn furnish(house: &House) -> Self {
        let content = json!({ "text": "{{ code }} is your code." });
        let (_, template) = house.event("otp.login", "sms", "otp", &content).await;
        house.event("safravo.whatsapp.text", "sms", "transactional", &json!({ "text": "{{ text }}" })).await;
        let (endpoint, _) = house.endpoint("standing").await;
        let message = json!({ "event": "otp.login", "to": { "phone": "+12025550199" }, "data": { "code": "1" } });
        let message = text(&house.post("/v1/messages", &message).await, "id");
        house.receiver.report("message.delivered", &message).await;
        let deliveries = house.get(format!("/v1/endpoints/{endpoint}/deliveries")).await;
        let waits = json!({
            "first": { "type": "wait", "for": { "signal": "confirmed" }, "timeout_seconds": 86_400, "next": "end", "otherwise": "end" },
            "end": { "type": "end" },
        });
        house.workflow("visit.follow-up", &waits).await;
        // It sends nothing to fill its template with.
        let fails = json!({
            "first": { "type": "send", "event": "otp.login", "next": "end" },
            "end": { "type": "end" },
        });
        house.workflow("standing.fails", &fails).await;
        Self {
            template,
            delivery: text(&deliveries["data"][0], "id"),
            channels: [house.channel("first").await, house.channel("second").await],
            serial: AtomicU64::new(1_000),
            connections: Default::default(),
            files: Default::default(),
            asker: Default::default(),
        }
    }

    /// The request the route's example shows, on an object made for it.
    pub(crate) async fn example(&self, house: &House, surface: &Surface, route: &Route) -> Ask {
        let id = match route.has_object() {
            true => self.fresh(house, surface, route).await,
            false => String::new(),
        };
        self.on(house, route, &id).await
    }

    /// The same on this object.
    pub(crate) async fn on(&self, house: &House, route: &Route, id: &str) -> Ask {
        let mut path = route.path_for(id);
        if route.queries.iter().any(|query| query == "seq") {
            path.push_str("?seq=0");
        }
        let ask = route.ask(path);
        match (&route.example, &route.media_type) {
            (Some(_), _) => {
                let mut body = self.body(house, route).await;
                // A vote is about what is there.
                if body["digest"].is_string() {
                    let shown = house.ask(Ask::get(format!("/v1/approvals/{id}"))).await;
                    if shown.status == 200 {
                        body["digest"] = shown.json()["digest"].clone();
                    }
                }
                if route.form { ask.form(&body) } else { ask.json(&body) }
            }
            (None, Some(media_type)) => ask.bytes(media_type, "List-Unsubscribe=One-Click"),
            (None, None) => ask,
        }
    }

    /// The route's example body, which can be sent again and again.
    pub(crate) async fn body(&self, house: &House, route: &Route) -> Value {
        let mut body = route.example.clone().unwrap_or_default();
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let (of, page) = (route.collection(), route.path.strip_prefix("/app/{env}").unwrap_or_default());
        let names = matches!(
            of,
            "/v1/templates"
                | "/v1/events"
                | "/v1/endpoints"
                | "/v1/channels"
                | "/v1/routes"
                | "/v1/secrets"
                | "/v1/workflows"
        ) || matches!(
            page,
            "/templates/new"
                | "/events/new"
                | "/routes/new"
                | "/channels/new"
                | "/endpoints/new"
                | "/secrets/new"
                | "/workflows/new"
        );
        if route.method == "post" && names && body["name"].is_string() {
            body["name"] = json!(format!("{}-{serial}", text(&body, "name")));
        }
        if route.path == "/v1/contacts" || page == "/contacts/new" {
            body["phone"] = json!(format!("+1202555{serial:04}"));
            body["email"] = json!(format!("person{serial}@example.com"));
            body["external_id"] = json!(format!("person-{serial}"));
        }
        if matches!(&*route.path, "/v1/roles" | "/v1/roles/{id}" | "/v1/teams")
            || matches!(page, "/roles/new" | "/roles/{id}/edit" | "/teams/new" | "/teams/{id}/edit")
        {
            body["name"] = json!(format!("Example {serial}"));
        }
        if route.path == "/v1/invitations" || page == "/people/invite" {
            body["email"] = json!(format!("colleague{serial}@example.com"));
        }
        if body["userName"].is_string() {
            body["userName"] = json!(format!("person{serial}@example.org"));
            body["emails"][0]["value"] = json!(format!("person{serial}@example.org"));
        }
        if route.path.starts_with("/scim/v2/Groups") && body["displayName"].is_string() {
            body["displayName"] = json!(format!("Example {serial}"));
        }
        if body["template_id"].is_string() {
            body["template_id"] = json!(self.template);
            body.as_object_mut().unwrap().remove("template_version");
        }
        if let Some(steps) = body.get_mut("steps").and_then(Value::as_array_mut) {
            for (step, channel) in steps.iter_mut().zip(&self.channels) {
                step["channel_id"] = json!(channel);
            }
        }
        if body["steps"].is_string() {
            body["steps"] = json!(self.channels[0]);
        }
        if body["url"].is_string() {
            body["url"] = json!(house.receiver.url());
        }
        if route.path == "/v1/sso/domains" || page == "/sso/domains/new" {
            body["domain"] = json!(format!("clinic{serial}.example"));
            body["connection"] = json!(self.standing_connection(house, "saml").await);
        }
        if body["issuer"].is_string() {
            body["issuer"] = json!(house.receiver.origin());
        }
        if route.path == "/v1/settings/storage/holds" || page == "/storage/hold" {
            let contact = json!({ "phone": format!("+1202555{serial:04}") });
            body["contact_id"] = json!(text(&house.post("/v1/contacts", &contact).await, "id"));
        }
        if route.path.ends_with("/contacts/{id}/merge") {
            let contact = json!({ "phone": format!("+1202556{serial:04}") });
            body["into"] = json!(text(&house.post("/v1/contacts", &contact).await, "id"));
        }
        if page == "/workflows/{id}/triggers/webhook" {
            let secret = json!({ "name": format!("webhook-{serial}") });
            body["secret"] = json!(text(&house.post("/v1/secrets", &secret).await, "id"));
        }
        if route.path == "/v1/keys/report-leak" {
            body["key"] = json!(house.key_with(&["keys:read"]).await.1);
        }
        body
    }

    /// A new object for this route, in our test environment: its id.
    pub(crate) async fn fresh(&self, house: &House, surface: &Surface, route: &Route) -> String {
        let collection = route.collection();
        match collection {
            "/v1/deliveries" => return self.delivery.clone(),
            "/v1/members" => return self.member(house, route).await,
            "/v1/approvals" => return self.asked(house, route).await,
            "/v1/revisions" => return self.said(house).await,
            // Only what has failed is tried again.
            "/v1/workflow-runs" if route.path.ends_with("/retry") => {
                let run = json!({ "workflow": "standing.fails", "to": { "phone": "+12025550199" } });
                let run = text(&house.post("/v1/workflow-runs", &run).await, "id");
                house.run_in(&run, "failed").await;
                return run;
            }
            "/v1/workflow-triggers" => {
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                let end = json!({ "first": { "type": "end" } });
                let workflow = house.workflow(&format!("begun-{serial}"), &end).await;
                let event = json!({ "event": "otp.login" });
                return text(&house.post(format!("/v1/workflows/{workflow}/triggers"), &event).await, "id");
            }
            "/v1/downloads" => return self.file(house, route).await,
            "/v1/support-grants" => return self.granted(house, &json!({})).await,
            // Only a verified one can be it.
            "/v1/endpoints" if route.path.ends_with("/default") => {
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                return house.endpoint(&format!("verified-{serial}")).await.0;
            }
            "/v1/portal-links" => {
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                let body = json!({ "name": format!("shared-{serial}"), "url": house.receiver.url() });
                let endpoint = text(&house.post("/v1/endpoints", &body).await, "id");
                return text(&house.post(format!("/v1/endpoints/{endpoint}/portal-links"), &json!({})).await, "id");
            }
            "/v1/handovers" => return text(&self.handed_over(house).await, "id"),
            "/v1/contacts/duplicates" => {
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                for tag in ["", "+again"] {
                    let contact = json!({ "email": format!("twice{serial}{tag}@example.com") });
                    house.post("/v1/contacts", &contact).await;
                }
                return text(&house.get("/v1/contacts/duplicates").await["data"][0], "id");
            }
            "/v1/erasures" => {
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                let contact = json!({ "phone": format!("+1202555{serial:04}") });
                let contact = text(&house.post("/v1/contacts", &contact).await, "id");
                let erased =
                    house.api.must(Ask::new("delete", format!("/v1/contacts/{contact}")).key(&house.keys.ours));
                return text(&erased.await, "id");
            }
            "/v1/sso/connections" => {
                let kind = if route.path.contains("oidc") { "oidc" } else { "saml" };
                let goes = route.method == "delete" || route.path.ends_with("/remove");
                return match goes {
                    true => self.connection(house, kind).await,
                    false => self.standing_connection(house, kind).await,
                };
            }
            "/v1/sso/domains" => {
                let connection = self.standing_connection(house, "saml").await;
                let serial = self.serial.fetch_add(1, Ordering::Relaxed);
                let body = json!({ "domain": format!("clinic{serial}.example"), "connection": connection });
                let made = house.as_owner(Ask::post("/v1/sso/domains", &body)).await;
                house.names.tell(&text(&made, "record_name"), &text(&made, "record_value"));
                return text(&made, "domain");
            }
            "/v1/sessions" | "/v1/me/sessions" => {
                let session = house.owner().await;
                return text(&house.api.must(Ask::get("/v1/session").member(&session)).await, "id");
            }
            "/v1/me/passkeys" => {
                let owner = house.standing_owner().await;
                let own = house.api.must(Ask::get("/v1/me/passkeys").member(&owner)).await;
                return match own["data"].as_array().unwrap().as_slice() {
                    [_, .., last] => text(last, "id"),
                    // The last one could not be removed.
                    few => {
                        if few.is_empty() {
                            house.passkey(&owner).await;
                        }
                        house.passkey(&owner).await.0
                    }
                };
            }
            _ => {}
        }
        let maker = surface.routes.iter().find(|route| route.method == "post" && route.path == collection);
        let maker =
            maker.unwrap_or_else(|| panic!("nobody knows how to make one of {collection}: teach this function"));
        let ask = Ask::post(collection, &self.body(house, maker).await);
        let made = text(&house.api.must(house.ours(maker, ask).await).await, "id");
        if route.path.contains("/versions/") && route.path.ends_with("/promote") {
            // What is promoted isn't in force.
            let mut body = self.body(house, maker).await;
            body.as_object_mut().unwrap().retain(|field, _| !["name", "channel"].contains(&field.as_str()));
            house.post(format!("{collection}/{made}/versions"), &body).await;
        }
        made
    }

    /// Who asks for what others approve: not our owner.
    pub(crate) async fn asker(&self, house: &House) -> Member {
        let mut standing = self.asker.lock().await;
        if let Some((member, _)) = standing.as_ref().filter(|(_, since)| since.elapsed() < FRESH) {
            return member.clone();
        }
        let member = house.member("super_admin").await;
        *standing = Some((member.clone(), Instant::now()));
        member
    }

    /// A request that stands where this route wants it: somebody wants to look more often.
    async fn asked(&self, house: &House, route: &Route) -> String {
        let settings = house.get("/v1/settings/approvals").await;
        if settings["modules"]["masking"].is_null() {
            let rules = json!({ "modules": { "masking": { "approvals": 1, "goes_live": "manual" } } });
            house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&rules)).await;
        }
        let asker = self.asker(house).await;
        let looks = self.serial.fetch_add(1, Ordering::Relaxed);
        let weaker = json!({ "mode": "default", "reveals_per_day": looks, "reason": "ticket 7" });
        let asked = house
            .api
            .must(Ask::new("put", "/v1/masking").json(&weaker).header("sealpost-environment", "live").member(&asker))
            .await;
        let id = text(&asked, "approval_id");
        let said = json!({ "digest": asked["digest"], "comment": "ticket 8" });
        let say = |word: &str| Ask::post(format!("/v1/approvals/{id}/{word}"), &said);
        if route.path.ends_with("/apply") {
            house.as_owner(say("approve")).await;
        }
        if route.path.ends_with("/follow-up") {
            house.api.must(say("emergency").member(&asker)).await;
            house.as_owner(say("emergency")).await;
        }
        id
    }

    /// What a setting said before it was changed: whoever goes back to it changes something, and nobody has to agree.
    async fn said(&self, house: &House) -> String {
        let days = 30 + self.serial.fetch_add(1, Ordering::Relaxed) % 300;
        for days in [days, days + 1] {
            let rules = json!({ "live": { "otp": { "mode": "keep", "days": days } }, "reason": "ticket 9" });
            house.as_owner(Ask::new("patch", "/v1/settings/storage").json(&rules)).await;
        }
        let all = house.get("/v1/revisions?setting=storage&limit=2").await;
        text(&all["data"][1], "id")
    }

    /// A file that is ready for whoever this route is for.
    async fn file(&self, house: &House, route: &Route) -> String {
        // What is fetched is gone.
        let stays = route.method == "get" && route.lets_out.is_none();
        let mut standing = self.files.lock().await;
        if let Some(id) = standing.get(&route.session).filter(|_| stays) {
            return id.clone();
        }
        let order = json!({ "source": "contacts", "columns": ["id", "locale"], "reason": "ticket 9" });
        let asked = house.api.must(house.ours(route, Ask::post("/v1/downloads", &order)).await).await;
        let id = text(&asked, "id");
        house.download_in(&id, "ready").await;
        if stays {
            standing.insert(route.session, id.clone());
        }
        id
    }

    /// Support access that somebody else has agreed to, in our test environment unless `wanted` says otherwise.
    pub(crate) async fn granted(&self, house: &House, wanted: &Value) -> String {
        let mut body = json!({ "email": "sam@help.example", "reason": "ticket 9" });
        body.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
        let asker = self.asker(house).await;
        let asked = house.api.must(Ask::post("/v1/support-grants", &body).member(&asker)).await;
        let vote = json!({ "digest": asked["digest"], "comment": "ticket 9" });
        let id = text(&asked, "approval_id");
        let agreed = house.as_owner(Ask::post(format!("/v1/approvals/{id}/approve"), &vote)).await;
        assert_eq!(agreed["state"], "live", "{agreed}");
        let newest = house.as_owner(Ask::get("/v1/support-grants?limit=1")).await;
        text(&newest["data"][0], "id")
    }

    /// The path of a link that begins this support access.
    pub(crate) async fn support_link(&self, house: &House, grant: &str) -> String {
        let made = house.as_owner(Ask::new("post", format!("/v1/support-grants/{grant}/link"))).await;
        let link = text(&made, "link");
        link[link.find("/support/").unwrap()..].to_owned()
    }

    /// The browser of whoever this support access lets in.
    pub(crate) async fn helper(&self, house: &House, grant: &str) -> Member {
        let link = self.support_link(house, grant).await;
        let pressed = house.api.ask(house.press(&link).await).await;
        assert_eq!(pressed.status, 303, "{}", pressed.text());
        let mut member = Member { cookie: pressed.cookie("__Host-sealpost_session"), csrf: String::new() };
        let home = house.api.ask(Ask::get("/app/test/support/session").page().member(&member)).await;
        assert_eq!(home.status, 200, "{}", home.text());
        member.csrf = home.csrf();
        member
    }

    /// A new value of a secret, on its way to somebody.
    async fn handed_over(&self, house: &House) -> Value {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let secret = house.post("/v1/secrets", &json!({ "name": format!("handed-{serial}") })).await;
        let path = format!("/v1/secrets/{}/handover", text(&secret, "id"));
        house.post(path, &json!({ "overlap_seconds": 0 })).await
    }

    /// The form that opens a link which was just made, as the page behind the link sends it.
    pub(crate) async fn opening(&self, house: &House) -> Ask {
        house.opening(&text(&self.handed_over(house).await, "link")).await
    }

    /// A connection of this kind that stays.
    async fn standing_connection(&self, house: &House, kind: &'static str) -> String {
        let mut standing = self.connections.lock().await;
        if let Some(id) = standing.get(kind) {
            return id.clone();
        }
        let id = self.connection(house, kind).await;
        standing.insert(kind, id.clone());
        id
    }

    /// A new connection, as its example shows one.
    async fn connection(&self, house: &House, kind: &str) -> String {
        let document = house.api.must(Ask::get("/v1/openapi.json")).await;
        let path = format!("/v1/sso/connections/{kind}");
        let content = &document["paths"][&path]["post"]["requestBody"]["content"];
        let mut body = content["application/json"]["example"].clone();
        if body["issuer"].is_string() {
            body["issuer"] = json!(house.receiver.origin());
        }
        text(&house.as_owner(Ask::post(path, &body)).await, "id")
    }

    /// A member who stands where this route wants them.
    async fn member(&self, house: &House, route: &Route) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let (id, link) = house.invited(&format!("member{serial}@example.com"), "viewer").await;
        if !["/withdraw", "/renew"].iter().any(|act| route.path.ends_with(act)) {
            house.follow(&link).await;
        }
        if route.path.ends_with("/resume") {
            house.as_owner(Ask::new("post", format!("/v1/members/{id}/suspend"))).await;
        }
        id
    }
}

/// An id of the same kind that nobody has.
pub(crate) fn absent(id: &str) -> String {
    let kept = id.len() - 8;
    let other = if id.ends_with("00000000") { "11111111" } else { "00000000" };
    format!("{}{other}", &id[..kept])
}
