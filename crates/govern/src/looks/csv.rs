//! Looks as a table for other programs (RFC 4180), in which no cell is a formula.

use super::past::PastLook;

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

/// A cell: quoted where it has to be, and with a `'` in front of what a spreadsheet would take for a formula.
fn cell_of(text: &str) -> String {
    let is_formula =
        text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
            || text.starts_with(['\t', '\r', '\n']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n', ';', '\t', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_out() {
        for (text, cell) in [
            ("ticket 7", "ticket 7"),
            ("", ""),
            ("=HYPERLINK(\"https://x\",\"y\")", "\"'=HYPERLINK(\"\"https://x\"\",\"\"y\"\")\""),
            ("+4791234567", "\"'+4791234567\""),
            (" -1", "\"' -1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("＝1", "\"'＝1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ] {
            assert_eq!(cell_of(text), cell, "{text:?}");
        }
    }
}
