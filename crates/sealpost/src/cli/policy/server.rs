//! The server, as the kinds ask it.

use sealpost_store::Environment;
use serde::Serialize;
use serde_json::{Value, json};

use super::kinds::{About, Answered, Wish};
use super::model::{Change, Standing};
use super::rules::{digest, is_said};
use crate::api::{Api, ApiError, Connection};
use crate::cli::{Outcome, Shell, Stop};

/// Why something is asked for of which nothing else is said.
const FROM_FILES: &str = "Policy files";
/// What is said when somebody added a version at the same moment.
pub(super) const NOT_NEXT: &str = "somebody else added a version at the same moment: the newest one is from these files, look whether theirs is missed";
/// The longest reason that leaves room for the mark.
const LONGEST_REASON: usize = 450;

/// The server, with a key of one environment.
pub(super) struct Server {
    pub(super) api: Api,
    environment: Environment,
    reason: Option<String>,
}

/// Which server, and where on it.
#[derive(clap::Args)]
pub(in crate::cli) struct At {
    /// The environment this is about; it has to be the key's
    #[arg(long, value_parser = ["test", "live"])]
    environment: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Something that waits for others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Waiting {
    /// What would change.
    pub(super) change: String,
    /// The request.
    pub(super) approval_id: String,
    /// What is voted on.
    pub(super) digest: String,
    /// Where people look at it.
    pub(super) url: String,
}

/// Names of things by their ids.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// What this is called; its id, if it is not there.
    pub(super) fn name(&self, id: &str) -> String {
        self.0.iter().find(|(known, _)| known == id).map_or(id, |(_, name)| name).to_owned()
    }

    /// Whether something is called so.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(id, known)| known == name || id == name)
    }

    /// What is called so.
    pub(super) fn id(&self, what: &str, name: &str) -> Outcome<&str> {
        let found = self.0.iter().find(|(id, known)| known == name || id == name);
        found.map(|(id, _)| &**id).ok_or_else(|| Stop::refused(format!("there is no {what} `{name}`")))
    }
}

impl Server {
    /// The server and environment that are meant.
    pub(super) fn connect(shell: &Shell, at: &At, reason: Option<String>) -> Outcome<Self> {
        let api = shell.api(&at.connection)?;
        let environment = api.environment().ok_or_else(|| Stop::usage("this takes a secret API key"))?;
        if at.environment.as_deref().is_some_and(|meant| meant != environment.as_str()) {
            let wrong = format!("the key is one of the {} environment", environment.as_str());
            return Err(Stop::usage(wrong).fix("name another with --key-file or SEALPOST_KEY_FILE"));
        }
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
            return Err(Stop::usage(format!("a reason has at most {LONGEST_REASON} characters")));
        }
        Ok(Self { api, environment, reason })
    }

    /// `test` or `live`.
    pub(super) fn environment(&self) -> &'static str {
        self.environment.as_str()
    }

    /// Whether its key decides about such things.
    pub(super) fn decides(&self, about: &About) -> bool {
        !about.wide || self.environment == Environment::Live
    }

    /// All of a list.
    pub(super) async fn list(&self, path: &str) -> Outcome<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.api.get(&format!("{path}?limit=250{cursor}")).await?;
            if let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) {
                all.extend(data);
            }
            match page["next_cursor"].as_str() {
                Some(next) if page["has_more"] == true => cursor = format!("&cursor={next}"),
                _ => return Ok(all),
            }
        }
    }

    /// What all of a list are called.
    pub(super) async fn names(&self, path: &str) -> Outcome<Names> {
        let text = |of: &Value, name: &str| of[name].as_str().map(str::to_owned);
        let all = self.list(path).await?;
        Ok(Names(all.iter().filter_map(|one| Some((text(one, "id")?, text(one, "name")?))).collect()))
    }

    /// Why, with the mark by which this change is known again while it waits.
    pub(super) fn reason_of(&self, change: &Change) -> Option<String> {
        Some(format!("{} {}", self.reason.as_ref()?, self.mark(change)))
    }

    /// Asks members for what only they change. Nothing if this key may not ask.
    pub(super) async fn ask(&self, about: &About, change: &Change, wish: Wish) -> Outcome<Option<Waiting>> {
        let why = self.reason.as_deref().unwrap_or(FROM_FILES);
        let mut body = json!({
            "module": about.module,
            "wanted": wish.wanted,
            "reason": format!("{why} {}", self.mark(change)),
        });
        if let Some(target) = wish.target {
            body["target"] = json!(target);
        }
        match self.api.post("/v1/approvals", &body, None).await {
            Ok(answer) => {
                let id = answer["approval_id"].as_str().unwrap_or_default();
                Ok(Some(self.waits(change, id, &answer["digest"])))
            }
            // It may not ask, or nobody knows for whom it would.
            Err(ApiError::Refused { status: 403, .. }) => Ok(None),
            Err(ApiError::Refused { code, .. }) if code == "approval_person_unknown" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn mark(&self, change: &Change) -> String {
        let digest = digest(self.environment(), std::slice::from_ref(change));
        format!("[change {}]", digest.get(..16).unwrap_or_default())
    }

    /// What waits already for exactly this.
    pub(super) async fn waiting(
        &self,
        about: &About,
        change: &Change,
        from: Option<&Standing>,
    ) -> Outcome<Option<Waiting>> {
        // A version that says it already, and is not in force.
        let says = |from: &&Standing| from.draft.as_ref().is_some_and(|draft| is_said(about, &change.wanted, draft));
        let drafted = from.filter(says);
        if about.module.is_none() && drafted.is_none() {
            return Ok(None);
        }
        let page = match self.api.get("/v1/approvals?limit=250").await {
            Ok(page) => page,
            // Whoever may not read what waits may still ask.
            Err(ApiError::Refused { status: 403, .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let undecided = |one: &&Value| one["state"] == "pending" || one["state"] == "approved";
        for one in page["data"].as_array().into_iter().flatten().filter(undecided) {
            let id = one["id"].as_str().unwrap_or_default();
            let of_draft = drafted.is_some_and(|from| one["target"] == *from.id);
            if !of_draft && about.module.is_none_or(|module| one["module"] != module) {
                continue;
            }
            let whole = self.api.get(&format!("/v1/approvals/{id}")).await?;
            let is_marked = whole["reason"].as_str().is_some_and(|reason| reason.ends_with(&self.mark(change)));
            if of_draft || is_marked {
                return Ok(Some(self.waits(change, id, &whole["digest"])));
            }
        }
        Ok(None)
    }

    /// A request that waits.
    pub(super) fn waits(&self, change: &Change, id: &str, digest: &Value) -> Waiting {
        Waiting {
            change: change.title(),
            approval_id: id.to_owned(),
            digest: digest.as_str().unwrap_or_default().to_owned(),
            url: self.page(&format!("/app/{}/approvals/{id}", self.environment())),
        }
    }

    /// A page people look at.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.api.url())
    }
}

/// Whether the version that was made is the one after what was looked at. One that waits for others says when it is voted on what it
/// is compared with.
pub(super) fn is_next(from: &Standing, made: &Value) -> bool {
    made["approval_id"].is_string() || made["version"].as_u64() == from.version.map(|version| version + 1)
}

/// What only a signed-in member changes is asked for, never sent.
pub(super) fn members_only<'a>() -> Answered<'a, Value> {
    Box::pin(async { Err(Stop::refused("only a signed-in member changes this")) })
}
