//! What people see while they sign in.

use askama::Template;
use sealpost_seal::SecretText;
use sealpost_store::SsoConnectionId;
use sealpost_web::{Fault, Reply};

use crate::sso::Connection;

const PAGE: &str = include_str!("assets/page.html");
/// The style sheet of these pages.
pub(super) const STYLE: &str = include_str!("assets/sign-in.css");
/// Their script.
pub(super) const SCRIPT: &str = include_str!("assets/sign-in.js");
/// What these pages may load, and where their forms may lead: here. No script in a page, none from elsewhere.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The organisation's services, by which one may sign in as well.
#[derive(Template)]
#[template(path = "sign_in/assets/services.html")]
struct Services<'a> {
    services: Vec<(String, &'a str)>,
    csrf: &'a str,
}

/// Where one starts, with the services that are shown to everybody.
pub(super) fn start(csrf: &str, services: &[Connection]) -> Result<Reply, Fault> {
    Ok(Reply::page(start_page(csrf, services)?, POLICY))
}

pub(crate) fn start_page(csrf: &str, services: &[Connection]) -> Result<String, Fault> {
    let services = services.iter().map(|one| (way(one.id), one.name.as_str())).collect();
    let services = Services { services, csrf }.render().map_err(Fault::new)?;
    // Last, so that whatever a service is called is text and nothing else.
    Ok(text("Sign in", include_str!("assets/start.html"), csrf).replace("{{services}}", &services))
}

/// No service is known for an address.
pub(crate) fn no_service() -> Reply {
    page("No service for this address", include_str!("assets/no-service.html"), "").with_status(404)
}

/// Where the service for an address is. A link, since a form may not lead elsewhere.
pub(crate) fn service(id: SsoConnectionId) -> Reply {
    page("Your organisation’s service", &include_str!("assets/service.html").replace("{{href}}", &way(id)), "")
}

/// Where one leaves for a service.
fn way(id: SsoConnectionId) -> String {
    format!("/sign-in/with/{id}")
}

/// Where a member registers a passkey; from there they go on to `home`.
pub(super) fn enrol(csrf: &str, home: &str) -> Reply {
    page("Create a passkey", &include_str!("assets/enrol.html").replace("{{home}}", home), csrf)
}

/// The page behind a link: one button.
pub fn link(csrf: &str) -> Reply {
    page("Sign in", include_str!("assets/link.html"), csrf)
}

/// The page behind a link that leads nowhere any more.
pub fn spent() -> Reply {
    page("Link used up", include_str!("assets/spent.html"), "").with_status(410)
}

/// Where one writes a recovery code, for the first time or again.
pub(super) fn recovery(csrf: &str, again: bool) -> Reply {
    let said = if again { "<p role=\"alert\">That code was not accepted. Each works once.</p>" } else { "" };
    let reply = page("Lost your passkey?", &include_str!("assets/recovery.html").replace("{{said}}", said), csrf);
    if again { reply.with_status(403) } else { reply }
}

/// A link is on its way, or isn't.
pub(super) fn sent() -> Reply {
    page("Look into your mail", include_str!("assets/sent.html"), "")
}

/// Where one asks for new recovery codes, after a proof unless there was one lately.
pub(super) fn offer_codes(csrf: &str, proved: bool) -> Reply {
    let main =
        include_str!("assets/offer-codes.html").replace("{{step-up}}", if proved { "" } else { " data-step-up" });
    page("Recovery codes", &main, csrf)
}

/// The codes, this once.
pub(super) fn codes(codes: &[SecretText], home: &str) -> Reply {
    let lines: String = codes.iter().map(|code| format!("<li><code>{}</code></li>", code.expose())).collect();
    let main = include_str!("assets/codes.html").replace("{{codes}}", &lines).replace("{{home}}", home);
    page("Recovery codes", &main, "")
}

fn page(title: &str, main: &str, csrf: &str) -> Reply {
    frame(title, main, csrf, POLICY)
}

/// A page like these, under this policy. `csrf` is base64url, codes are letters and digits, paths are ours: nothing in them means
/// anything in HTML.
pub(crate) fn frame(title: &str, main: &str, csrf: &str, policy: &'static str) -> Reply {
    Reply::page(text(title, main, csrf), policy)
}

fn text(title: &str, main: &str, csrf: &str) -> String {
    PAGE.replace("{{title}}", title).replace("{{main}}", main).replace("{{csrf}}", csrf)
}
