//! The page of networks, before anybody decided anything and while a change waits.

use sealpost_web::Cidrs;
use sealpost_web::shell::testing::{NOW, keep};

use super::show::page;
use crate::networks::{Lists, Pending, Standing};

#[test]
fn networks_are_shown_with_what_waits() {
    let at = |path: &str| format!("/app/test{path}");
    keep("networks-none", "Networks", "/networks", &page(&Standing::default(), true, NOW, at));
    let lists = Lists { dashboard: Cidrs::from_text("192.0.2.0/24 2001:db8::/32").unwrap(), ..Lists::default() };
    let pending = Some(Pending { lists, until: NOW.plus_ms(9 * 60_000) });
    let standing = Standing { version: 3, pending, since: Some(NOW), ..Standing::default() };
    keep("networks-pending", "Networks", "/networks", &page(&standing, true, NOW, at));
}
