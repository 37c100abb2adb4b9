//! What signing in by SAML promises, on both engines: through the routes, like a browser.

mod arriving;
mod hostile;
mod house;
mod setting_up;
