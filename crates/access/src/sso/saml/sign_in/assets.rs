//! What people see on the way.

use sealpost_saml::PostForm;
use sealpost_store::SsoConnectionId;
use sealpost_web::{Code, Reply};

use crate::sign_in::{POLICY, frame};

/// Like that of other pages where one signs in, but the form leads to a provider. Which one is not said here: browsers hold the
/// policy against redirects, too, and nobody but the provider knows where it leads next.
const TO_PROVIDER: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action https:; \
                           base-uri 'none'; frame-ancestors 'none'";

/// A form that goes to the provider by itself.
pub(super) fn leave(form: &PostForm) -> Reply {
    // An `https` URL of a connection may have an ampersand in it, and nothing else that means something in HTML.
    let action = form.action.replace('&', "&amp;").replace('\'', "&#39;");
    let main = include_str!("../assets/send.html")
        .replace("{{title}}", "To your organisation’s sign-in")
        .replace("{{action}}", &action)
        .replace("{{field}}", "SAMLRequest")
        .replace("{{value}}", &form.saml_request)
        .replace("{{state}}", form.relay_state.as_deref().unwrap_or_default());
    frame("Sign in", &main, "", TO_PROVIDER)
}

/// A form that goes to our own next hop by itself. `response` is base64 and `state` base64url.
pub(super) fn hand_on(action: &str, response: &str, state: &str) -> Reply {
    let main = include_str!("../assets/send.html")
        .replace("{{title}}", "Signing in")
        .replace("{{action}}", action)
        .replace("{{field}}", "SAMLResponse")
        .replace("{{value}}", response)
        .replace("{{state}}", state);
    frame("Sign in", &main, "", POLICY)
}

/// Why it doesn't go on, and where it begins.
pub(super) fn astray(code: &Code, says: &str, connection: SsoConnectionId) -> Reply {
    let main = include_str!("../assets/astray.html")
        .replace("{{title}}", code.title)
        .replace("{{code}}", code.code)
        .replace("{{says}}", says)
        .replace("{{begin}}", &format!("/sign-in/with/{connection}"));
    frame(code.title, &main, "", POLICY).with_status(code.status)
}
