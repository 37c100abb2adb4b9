//! What the program says about itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::api::{Ask, FORM};
use crate::house::House;

/// What pages call as the API does.
const COLLECTIONS: [&str; 21] = [
    "/v1/approvals",
    "/v1/channels",
    "/v1/contacts",
    "/v1/deliveries",
    "/v1/downloads",
    "/v1/endpoints",
    "/v1/erasures",
    "/v1/events",
    "/v1/keys",
    "/v1/messages",
    "/v1/portal-links",
    "/v1/revisions",
    "/v1/roles",
    "/v1/routes",
    "/v1/secrets",
    "/v1/sessions",
    "/v1/teams",
    "/v1/templates",
    "/v1/workflow-runs",
    "/v1/workflow-triggers",
    "/v1/workflows",
];

/// All routes, and the vocabulary of permissions.
pub(crate) struct Surface {
    pub(crate) routes: Vec<Route>,
    pub(crate) permissions: Vec<String>,
}

/// One operation of the OpenAPI document.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Nothing if it is open to all.
    pub(crate) permission: Option<String>,
    /// What is said of it.
    pub(crate) says: String,
    /// Whether a publishable key may call, too.
    pub(crate) any_key: bool,
    /// Whether only signed-in members may call.
    pub(crate) session: bool,
    /// Whether only directories may call, which provision members.
    pub(crate) directory: bool,
    /// Whether it is open to all, for forms of our own pages alone.
    pub(crate) own_page: bool,
    pub(crate) own_origin: bool,
    /// Whether it is a page, which leads whoever isn't signed in to where one signs in.
    pub(crate) page: bool,
    /// What it leaves in the ledger.
    pub(crate) action: Option<String>,
    pub(crate) mutates: bool,
    pub(crate) reveals: bool,
    /// What leaves by it as a file, and what holds that.
    pub(crate) lets_out: Option<String>,
    /// What it answers with when it succeeds.
    pub(crate) media_types: BTreeSet<String>,
    /// Whether its body is a form.
    pub(crate) form: bool,
    /// The body that is accepted as it stands.
    pub(crate) example: Option<Value>,
    /// A media type other than JSON that it takes.
    pub(crate) media_type: Option<String>,
    pub(crate) queries: Vec<String>,
    statuses: BTreeSet<u16>,
    codes: BTreeSet<String>,
}

impl Surface {
    pub(crate) async fn read(house: &House) -> Self {
        let document = house.api.must(Ask::get("/v1/openapi.json")).await;
        let routes: Vec<Route> = ["paths", "x-sealpost-pages"]
            .into_iter()
            .flat_map(|part| document[part].as_object().unwrap())
            .flat_map(|(path, methods)| methods.as_object().unwrap().iter().map(move |(method, of)| (method, path, of)))
            .map(|(method, path, of)| Route::read(method, path, of, &document))
            .collect();
        assert!(routes.len() > 40, "a document with {} routes proves nothing", routes.len());
        let permissions = &document["components"]["schemas"]["Permissions"]["items"]["enum"];
        let permissions =
            permissions.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        Self { routes, permissions }
    }

    /// Every permission but one.
    pub(crate) fn without<'s>(&'s self, permission: &str) -> Vec<&'s str> {
        self.permissions.iter().map(String::as_str).filter(|one| *one != permission).collect()
    }
}

impl Route {
    fn read(method: &str, path: &str, of: &Value, document: &Value) -> Self {
        let declared = &of["x-sealpost"];
        assert!(declared.is_object(), "{method} {path} declares nothing");
        let word = |name: &str| declared[name].as_str().map(str::to_owned);
        let responses = of["responses"].as_object().unwrap();
        let codes = responses.values().flat_map(|response| {
            let shared = response["$ref"].as_str().map(|name| document.pointer(name.trim_start_matches('#')).unwrap());
            let response = shared.unwrap_or(response);
            let schema = &response["content"]["application/problem+json"]["schema"];
            let problems = schema["allOf"][1]["properties"]["code"]["enum"].as_array().cloned().unwrap_or_default();
            let forms = response["content"].as_object().into_iter().flat_map(|content| content.values());
            let others = forms.filter_map(|form| form["x-sealpost-codes"].as_array().cloned()).flatten().collect();
            [problems, others].concat()
        });
        let content = of["requestBody"]["content"].as_object();
        let other = content.and_then(|content| content.keys().find(|one| *one != "application/json").cloned());
        let parameters = of["parameters"].as_array().cloned().unwrap_or_default();
        let queries = parameters.iter().filter(|one| one["in"] == "query");
        Self {
            method: method.into(),
            path: path.into(),
            permission: word("permission"),
            says: of["description"].as_str().unwrap_or_default().to_owned(),
            any_key: word("credential").unwrap() == "any",
            session: word("credential").unwrap() == "session",
            directory: word("credential").unwrap() == "directory",
            own_page: declared["own_page"].as_bool().unwrap(),
            own_origin: declared["own_origin"].as_bool().unwrap(),
            page: declared["page"].as_bool().unwrap(),
            form: content.is_some_and(|content| content.get(FORM).is_some_and(|media| media["schema"].is_object())),
            action: word("action"),
            mutates: declared["mutates"].as_bool().unwrap(),
            reveals: declared["reveals"].as_bool().unwrap(),
            lets_out: word("lets_out"),
            media_types: responses
                .iter()
                .filter(|(status, _)| status.starts_with('2'))
                .flat_map(|(_, response)| {
                    response["content"].as_object().into_iter().flat_map(|all| all.keys().cloned())
                })
                .collect(),
            example: content
                .and_then(|content| {
                    content.get("application/json").or(content.get(FORM)).filter(|media| media["schema"].is_object())
                })
                .map(|json| json.get("example").unwrap_or_else(|| panic!("{method} {path} has no example")).clone()),
            media_type: other,
            queries: queries.map(|one| one["name"].as_str().unwrap().to_owned()).collect(),
            statuses: responses.keys().map(|status| status.parse().unwrap()).collect(),
            codes: codes.map(|code| code.as_str().unwrap().to_owned()).collect(),
        }
    }

    /// Whether everybody may call.
    pub(crate) fn is_open(&self) -> bool {
        self.permission.is_none() && !self.session && !self.directory
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it names one object in its path.
    pub(crate) fn has_object(&self) -> bool {
        ["{id}", "{connection}", "{domain}"].iter().any(|one| self.path.contains(one))
    }

    /// A request to this path of it, as whom it is for asks.
    pub(crate) fn ask(&self, path: String) -> Ask {
        let ask = Ask::new(&self.method, path);
        if self.is_for_browsers() { ask.page() } else { ask }
    }

    /// Whether a browser shows what it answers.
    pub(crate) fn is_for_browsers(&self) -> bool {
        ["/app", "/sign-in", "/sign-out", "/assets", "/handover", "/support"]
            .iter()
            .any(|place| self.path.starts_with(place))
    }

    /// The collection its object is in: `/v1/contacts`, for its pages, too.
    pub(crate) fn collection(&self) -> &str {
        if self.path.starts_with("/sign-in/") && self.path.contains("{connection}") {
            return "/v1/sso/connections";
        }
        let Some(page) = self.path.strip_prefix("/app/{env}/") else {
            return self.path.split_once("/{").map_or(&*self.path, |(collection, _)| collection);
        };
        match page.split_once("/{").map_or(page, |(collection, _)| collection) {
            "contacts/duplicates" => "/v1/contacts/duplicates",
            "people" => "/v1/members",
            "scim" => "/v1/scim/tokens",
            "storage/holds" => "/v1/settings/storage/holds",
            "secrets/handovers" => "/v1/handovers",
            "sso" => "/v1/sso/connections",
            "support" => "/v1/support-grants",
            "sso/domains" => "/v1/sso/domains",
            "you/passkeys" => "/v1/me/passkeys",
            "you/sessions" => "/v1/me/sessions",
            of => COLLECTIONS.into_iter().find(|one| one.strip_prefix("/v1/") == Some(of)).unwrap_or(&self.path),
        }
    }

    /// Its path for this object.
    pub(crate) fn path_for(&self, id: &str) -> String {
        self.path
            .replace("{id}", id)
            .replace("{connection}", id)
            .replace("{domain}", id)
            .replace("{version}", "1")
            .replace("{seq}", "0")
            .replace("{token}", "unsub_nobody")
            .replace("{link}", "link_nobody")
            .replace("{env}", "test")
            .replace("{name}", "User")
            .replace("{wsid}", "FY0HOUSE0001")
            .replace("{mode}", "test")
    }

    /// Whether the document says that this may be answered.
    pub(crate) fn documents(&self, status: u16, code: &str) -> bool {
        self.statuses.contains(&status) && (code.is_empty() || self.codes.contains(code))
    }
}
