//! What people see while they sign in.

use sealpost_web::Reply;

const PAGE: &str = include_str!("assets/page.html");
const LINK: &str = include_str!("assets/link.html");
const SPENT: &str = include_str!("assets/spent.html");
const START: &str = include_str!("assets/start.html");
/// The style sheet of these pages.
pub(super) const STYLE: &str = include_str!("assets/sign-in.css");
/// What these pages may load, and where their forms may lead: here. No script in a page, none from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where one starts.
pub(super) fn start() -> Reply {
    page("Sign in", START, "")
}

/// The page behind a link: one button.
pub(super) fn link(csrf: &str) -> Reply {
    page("Sign in", LINK, csrf)
}

/// The page behind a link that leads nowhere any more.
pub(super) fn spent() -> Reply {
    page("Link used up", SPENT, "").with_status(410)
}

/// `csrf` is base64url: nothing in it means anything in HTML.
fn page(title: &str, main: &str, csrf: &str) -> Reply {
    let page = PAGE.replace("{{title}}", title).replace("{{main}}", main).replace("{{csrf}}", csrf);
    Reply::page(page, POLICY)
}
