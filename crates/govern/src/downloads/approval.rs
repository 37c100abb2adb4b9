//! Files of many rows as something that takes an approval: others see what leaves, of how much, in which form, and why.

use sealpost_store::{Change, DownloadId, OrgKeys, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde::Deserialize;
use serde_json::Value;

use super::codes::DOWNLOAD_OVER;
use super::model::{Format, State};
use super::{CHANGED, service, store};
use crate::approvals::{Apply, Approvable, Line, Module, Prepared};
use crate::reason::Reason;
use crate::security::typed;

/// A file of many rows.
pub(crate) const APPROVABLE: Approvable = Approvable {
    module: Module::Download,
    says: "A file of many rows, once, for whoever asked, as they see them.",
    wide: false,
    of: Some(DownloadId::PREFIX),
    prepare,
    apply: Apply::Here(write),
};

/// What is pinned, as far as people read it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pinned {
    download_id: DownloadId,
    source: String,
    columns: Vec<String>,
    personal: Vec<String>,
    filter: Value,
    format: Format,
    rows_at_most: u64,
    sample: Vec<Vec<String>>,
}

/// Only what was asked for when it was asked for: whoever wants other rows asks for another file.
fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let pinned: Pinned = typed(value.clone())?;
    let id = DownloadId::from_bytes(target.ok_or_else(not_found)?);
    let download = store::find(tx, id)?.ok_or_else(not_found)?;
    if pinned.download_id != id || download.digest != service::digest(&value)? {
        return Err(Refusal::of(&DOWNLOAD_OVER).into());
    }
    Ok(Prepared { wanted: value, lines: lines(&pinned), version: 0, tied: vec![] })
}

fn lines(of: &Pinned) -> Vec<Line> {
    let line = |what: &str, says: String| Line::new(what, None, says);
    let personal = if of.personal.is_empty() { "none".to_owned() } else { of.personal.join(", ") };
    let mut lines = vec![
        line("Rows of", of.source.clone()),
        line("Which", which(&of.filter)),
        line("At most", format!("{} rows", of.rows_at_most)),
        line("Columns", of.columns.join(", ")),
        line("Of them personal", personal),
        line("Written as", of.format.word().to_owned()),
    ];
    // Whoever decides may see less than whoever asked: here everything personal is hidden.
    lines.extend(of.sample.iter().enumerate().map(|(at, row)| {
        let cells = of.columns.iter().zip(row).map(|(column, cell)| format!("{column}: {cell}"));
        line(&format!("Row {}, personal data hidden", at + 1), cells.collect::<Vec<_>>().join("; "))
    }));
    lines
}

/// A filter for people.
pub(super) fn which(filter: &Value) -> String {
    let Some(members) = filter.as_object().filter(|members| !members.is_empty()) else { return "All".to_owned() };
    let part = |(name, value): (&String, &Value)| format!("{name}: {}", super::lines::plain(Some(value)));
    members.iter().map(part).collect::<Vec<_>>().join("; ")
}

fn write(tx: &mut Tx<'_>, _: &OrgKeys, wanted: Value, _: Option<&Reason>) -> Result<(), Failure> {
    let id = typed::<Pinned>(wanted)?.download_id;
    if !store::advance(tx, id, (State::Waiting, State::Queued), None)? {
        return Err(Refusal::of(&DOWNLOAD_OVER).into());
    }
    let org = tx.ctx().org;
    tx.publish(Change::new(CHANGED, org, id.bytes()));
    Ok(())
}
