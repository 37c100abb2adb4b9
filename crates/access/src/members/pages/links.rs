//! Links for members, shown once: `GET` and `POST /app/{env}/people/{id}/renew`, `/sign-in-link`

use sealpost_store::{Keys, MemberId, Recorded, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Code, Endpoint, Failure, Reply, get, not_found, post};
use serde_json::json;

use super::invite::show_once;
use super::words;
use crate::members::api::Api;
use crate::members::codes::{MEMBER_STATE, ONESELF, OUTRANKED, OWNERS_ONLY, ROLE_EXCEEDS};
use crate::members::invite::{self, Invited};
use crate::members::shown::Shown;
use crate::permissions::MEMBERS_MANAGE;

/// A link to be made.
#[derive(Clone, Copy)]
struct Link {
    path: &'static str,
    action: &'static str,
    title: &'static str,
    says: &'static str,
    /// Whether it also goes to their address: not where its reader may be somebody else.
    is_sent: bool,
    how: fn(&mut Tx<'_>, &Keys, MemberId) -> Result<Recorded<Invited>, Failure>,
}

const LINKS: [Link; 2] = [
    Link {
        path: "/app/{env}/people/{id}/renew",
        action: "invitation.renew",
        title: "A new link to come in",
        says: "Good for seven days, once. Links they were given before lead nowhere any more.",
        is_sent: true,
        how: invite::renew,
    },
    Link {
        path: "/app/{env}/people/{id}/sign-in-link",
        action: "sign_in_link.create",
        title: "A link to register a new passkey",
        says: "For somebody who has lost their passkeys: good for an hour, once, and for nothing else. Make sure that it is they who ask.",
        is_sent: false,
        how: invite::recover,
    },
];

const REFUSES: &[&Code] = &[&MEMBER_STATE, &ONESELF, &OUTRANKED, &OWNERS_ONLY, &ROLE_EXCEEDS];

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    LINKS.into_iter().flat_map(|link| [ask(api.clone(), link), route(api.clone(), link)]).collect()
}

fn ask(api: Api, link: Link) -> Endpoint {
    get(link.path).needs(MEMBERS_MANAGE).page().class(Class::Read).summary("Ask whether to make a link").to(
        move |call: Call| {
            let api = api.clone();
            async move { question(&api, &call, link).await?.show(&call) }
        },
    )
}

fn route(api: Api, link: Link) -> Endpoint {
    post(link.path)
        .needs(MEMBERS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts(link.action)
        .summary(link.title)
        .describe("Shown this once.")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(REFUSES)
        .to(move |call| make(api.clone(), call, link))
}

async fn make(api: Api, call: Call<Yes>, link: Link) -> Result<Reply, Failure> {
    let (id, keys): (MemberId, _) = (call.id("id")?, api.members.house().keys().clone());
    let (shown, pages) = (Shown::by(&api.post), call.pages()?);
    let to = api.members.find(&call.ctx, id).await?.filter(|_| link.is_sent).and_then(|member| member.email);
    let with = shown.clone();
    let act = move |tx: &mut Tx<'_>| show_once(&pages, (link.how)(tx, &keys, id)?, &with, link.title, link.says);
    match call.write(api.members.house(), act).await {
        Ok(reply) => {
            shown.send(&call.ctx, to);
            Ok(reply)
        }
        Err(failure) => question(&api, &call, link).await?.again(&call, failure),
    }
}

async fn question<B, Q>(api: &Api, call: &Call<B, Q>, link: Link) -> Result<Ask, Failure> {
    let id: MemberId = call.id("id")?;
    let member = api.members.find(&call.ctx, id).await?.ok_or_else(not_found)?;
    let title = format!("{} for {}?", link.title, words::called(&member));
    Ok(Ask::new(call, title, link.says, &format!("/people/{id}")).sensitive().submit("Make the link"))
}
