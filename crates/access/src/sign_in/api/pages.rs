//! `GET /sign-in`, `GET /sign-in/passkey`, and what these pages load.

use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::{HTML, SignIn};
use crate::sign_in::assets;
use crate::sso;

pub(super) fn start(sign_in: &SignIn) -> Endpoint {
    let house = sign_in.house.clone();
    get("/sign-in")
        .open_to_all("whoever signs in has no session yet")
        .summary("Show how to sign in")
        .answers_with(200, HTML)
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let services = sso::shown(&house).await?;
                Ok::<_, Failure>(call.keep_visit(assets::start(call.csrf_token(), &services)?))
            }
        })
}

pub(super) fn enrol(sign_in: &SignIn) -> Endpoint {
    let home = sign_in.home;
    get("/sign-in/passkey")
        .signed_in("it is about nobody but the member")
        .page()
        .class(Class::Read)
        .summary("Show how to register a passkey")
        .to(move |call: Call| async move { Ok(assets::enrol(call.csrf_token(), home)) })
}

pub(super) fn style() -> Endpoint {
    get("/sign-in/sign-in.css")
        .open_to_all("a style sheet holds no data")
        .summary("The style sheet of the sign-in pages")
        .answers_with(200, "text/css")
        .to(|_: Call| async { Ok(Reply::bytes("text/css", assets::STYLE.as_bytes())) })
}

pub(super) fn script() -> Endpoint {
    get("/sign-in/sign-in.js")
        .open_to_all("a script holds no data")
        .summary("The script of the sign-in pages: passkeys can't be used without one")
        .answers_with(200, "text/javascript")
        .to(|_: Call| async { Ok(Reply::bytes("text/javascript", assets::SCRIPT.as_bytes())) })
}
