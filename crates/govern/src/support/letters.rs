//! What is written about support access. What stands behind signing in is not in it.

use sealpost_access::mail::Letter;
use sealpost_store::Time;

use super::model::{Ended, Grant};

/// To whoever is let in.
pub(super) fn link(url: &str, until: Time) -> Letter {
    let text = format!(
        "You were let in to help with Sealpost.\n\n{url}\n\n\
         The link is yours alone and works once. What it begins ends at {until}, or when somebody ends it. Everything you look at is on \
         record, and everybody there sees that you are. If you don’t know what this is about, do nothing.\n"
    );
    Letter { subject: "Your support access to Sealpost", text }
}

/// To owners, once it is over.
pub(super) fn ended(grant: &Grant, by: Ended, public_url: &str) -> Letter {
    let summary = grant.summary.clone().unwrap_or_default();
    let page = format!("{public_url}/app/{}/support/{}", grant.environment, grant.id);
    if by == Ended::BrokenGlass {
        let text = format!(
            "Somebody with a shell on the host of Sealpost read what your organisation holds, without support access that somebody had \
             agreed to. The command and what they said is why are here:\n\n{page}\n\nAsk whoever runs the host if you don’t expect this.\n"
        );
        return Letter { subject: "The glass was broken", text };
    }
    let how = match by {
        Ended::Stopped => "Somebody of yours ended it.",
        Ended::Left => "Whoever was let in left.",
        Ended::Expired | Ended::BrokenGlass => "Its time was over.",
    };
    let text = format!(
        "Support access to Sealpost is over. {how}\n\n{} looks, {} acts, {} refused.\n\nWhat they were: {page}\n",
        summary.looks(),
        summary.acts(),
        summary.refused()
    );
    Letter { subject: "Support access is over", text }
}
