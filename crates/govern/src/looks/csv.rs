//! Looks as a table for other programs (RFC 4180), in which no cell is a formula.

use super::past::PastLook;
use crate::downloads::cell_of;

/// The first line.
pub(super) const HEAD: &str =
    "at,seq,environment,actor_kind,actor,action,object,fields,result,denied_for,burst,why,request_id\r\n";

/// The line of a look.
pub(super) fn line(look: &PastLook) -> String {
    let id = |id: &Option<crate::audit::TypedId>| id.as_ref().map(ToString::to_string).unwrap_or_default();
    let environment = look.environment.map(|environment| match environment {
        crate::audit::EnvironmentWord::Test => "test",
        crate::audit::EnvironmentWord::Live => "live",
    });
    let cells = [
        look.at.to_string(),
        look.seq.to_string(),
        environment.unwrap_or_default().to_owned(),
        look.actor_kind.word().to_owned(),
        id(&look.actor),
        look.action.clone(),
        id(&look.object),
        look.fields.join(" "),
        look.result.word().to_owned(),
        look.denied_for.clone().unwrap_or_default(),
        if look.burst { "yes".to_owned() } else { String::new() },
        look.why.clone().unwrap_or_default(),
        look.request_id.to_string(),
    ];
    let cells: Vec<_> = cells.iter().map(|cell| cell_of(cell)).collect();
    format!("{}\r\n", cells.join(","))
}
