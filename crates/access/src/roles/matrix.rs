//! Which role may call which route: made from the routes themselves, so that it can't say anything else than what is done.

use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use sealpost_web::RouteInfo;
use sealpost_web::route::{Access, Callers};
use serde::Serialize;

use super::model::Role;

/// The routes of this server; filled once all of them are known.
#[derive(Clone, Default)]
pub struct RoleMatrix(Arc<OnceLock<Vec<Line>>>);

/// A route, as far as it matters who may call it.
#[derive(Clone, Debug)]
pub(super) struct Line {
    method: String,
    path: &'static str,
    summary: &'static str,
    access: Access,
    callers: Callers,
    steps_up: bool,
}

/// Which role may call which route.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RoleMatrix")]
pub(super) struct MatrixView {
    /// The roles there are: ours, and the organisation's own.
    roles: Vec<String>,
    /// Every route that is not open to all.
    routes: Vec<LineView>,
}

/// A route, and who may call it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RoleMatrixRoute")]
pub(super) struct LineView {
    method: String,
    path: &'static str,
    /// What it does.
    summary: &'static str,
    /// The permission it needs; none, if everybody who is signed in may call it.
    permission: Option<&'static str>,
    /// Whether only signed-in members may call it, and no key.
    session_only: bool,
    /// Whether only directories may call it, with a token of theirs, and no member.
    directory_only: bool,
    /// Whether a member has to prove freshly that it is them.
    steps_up: bool,
    /// The roles whose members may call it.
    roles: Vec<String>,
}

impl RoleMatrix {
    /// Takes down the routes, once.
    pub fn fill(&self, routes: &[RouteInfo]) {
        let lines = routes.iter().filter(|route| !route.is_open()).map(|route| Line {
            method: route.method.to_string(),
            path: route.path,
            summary: route.summary,
            access: route.access,
            callers: route.callers,
            steps_up: route.steps_up,
        });
        // Whoever fills it twice has built two servers around one.
        let _ = self.0.set(lines.collect());
    }

    pub(super) fn view(&self, roles: &[Role]) -> MatrixView {
        let lines = self.0.get().map(Vec::as_slice).unwrap_or_default();
        MatrixView {
            roles: roles.iter().map(name).collect(),
            routes: lines.iter().map(|line| line.view(roles)).collect(),
        }
    }
}

impl Line {
    fn view(&self, roles: &[Role]) -> LineView {
        LineView {
            method: self.method.clone(),
            path: self.path,
            summary: self.summary,
            permission: match self.access {
                Access::Needs(permission) => Some(permission.name()),
                Access::SignedIn(_) | Access::Directories(_) | Access::OpenToAll(_) => None,
            },
            session_only: self.callers == Callers::Session,
            directory_only: self.callers == Callers::Directory,
            steps_up: self.steps_up,
            roles: roles.iter().filter(|role| self.admits(role)).map(name).collect(),
        }
    }

    fn admits(&self, role: &Role) -> bool {
        match self.access {
            Access::Needs(permission) => role.permissions.contains(permission),
            Access::SignedIn(_) | Access::OpenToAll(_) => true,
            Access::Directories(_) => false,
        }
    }
}

fn name(role: &Role) -> String {
    role.reference.to_string()
}

impl MatrixView {
    /// The same for people: a table.
    pub(super) fn table(&self, names: &[String]) -> String {
        let mut out = String::from("<table><thead><tr><th scope=\"col\">Route</th><th scope=\"col\">Permission</th>");
        for name in names {
            out.push_str(&format!("<th scope=\"col\">{name}</th>"));
        }
        out.push_str("</tr></thead><tbody>");
        for line in &self.routes {
            out.push_str(&format!(
                "<tr><th scope=\"row\"><code>{} {}</code></th><td>{}</td>",
                line.method,
                line.path,
                match line.permission {
                    Some(name) => format!("<code>{name}</code>"),
                    None if line.directory_only => "directories".to_owned(),
                    None => "signed in".to_owned(),
                }
            ));
            for role in &self.roles {
                out.push_str(if line.roles.contains(role) { "<td>yes</td>" } else { "<td>–</td>" });
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
        out
    }
}
