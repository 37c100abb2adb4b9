//! Use cases of downloads.

use std::sync::Arc;

use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_seal::Purpose;
use sealpost_seal::key::sha256;
use sealpost_store::{Change, Ctx, DownloadId, Leaf, OrgKeys, Recorded, Store, StoreError, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Fault, PermissionSet, Refusal, not_found};
use serde_json::{Map, Value, json};

use super::approval::APPROVABLE;
use super::codes::{DOWNLOAD_OVER, DOWNLOAD_SOURCE_REFUSED, DOWNLOAD_TOO_LONG};
use super::lines::plain;
use super::model::{Download, Format, Standing, State, Wanted, Written};
use super::quota::{self, Left};
use super::rules::{self, Because, ROWS_OF_A_DOCUMENT, SAMPLE};
use super::sealing::FileKey;
use super::source::{Exportable, Exportables};
use super::{CHANGED, policy, store};
use crate::approvals;
use crate::reason::Reason;

/// What stands in a sample for what is hidden, as where a mask hides all of it.
const HIDDEN: &str = "xxxxx";

/// The downloads of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Downloads {
    pub(super) house: Store,
    pub(super) all: Exportables,
}

/// Which rows somebody wants.
#[derive(Clone)]
pub struct Wish {
    /// Of which source.
    pub source: String,
    /// Which columns, in their order; all, if none is named.
    pub columns: Vec<String>,
    /// Which of its rows, as its list would be asked.
    pub filter: Value,
    /// As what.
    pub format: Format,
}

/// What a wish would come to.
pub(super) struct Prospect {
    pub(super) source: Arc<dyn Exportable>,
    pub(super) columns: Vec<String>,
    pub(super) filter: Value,
    pub(super) format: Format,
    pub(super) personal: bool,
    /// How many rows there are at most.
    pub(super) rows: u64,
    /// The first of them, everything personal hidden: what others see who decide.
    pub(super) sample: Vec<Map<String, Value>>,
    /// The same as whoever asks would get them.
    pub(super) own: Vec<Map<String, Value>>,
    pub(super) takes: Option<Because>,
    pub(super) left: Left,
}

impl Prepared {
    /// The file's id.
    pub(super) fn id(&self) -> DownloadId {
        self.download.id
    }
}

impl Downloads {
    /// What people call a source.
    pub(super) fn title(&self, source: &str) -> &'static str {
        self.all.find(source).map_or("Rows", |one| one.source().title)
    }

    /// Of these sources.
    pub fn new(house: Store, all: Exportables) -> Self {
        Self { house, all }
    }

    /// What a wish would come to. Nothing is counted, and nobody is asked.
    pub(super) async fn look(&self, ctx: &Ctx, may: PermissionSet, wish: Wish) -> Result<Prospect, Failure> {
        let Wish { source, columns, filter, format } = wish;
        let source = self.all.named(&source)?.clone();
        let about = source.source();
        if !may.contains(about.needs) {
            return Err(Refusal::of(&DOWNLOAD_SOURCE_REFUSED).member("required_permission", about.needs.name()).into());
        }
        let (columns, personal) = columns_of(&*source, columns)?;
        let filter = source.filter(filter).map_err(|refusal| refusal.below("/filter"))?;
        let now = ctx.now();
        let rows = source.count(ctx, &filter, now).await?;
        if format == Format::Pdf && rows > ROWS_OF_A_DOCUMENT {
            return Err(Refusal::of(&DOWNLOAD_TOO_LONG).member("rows_at_most", rows).into());
        }
        // Those who decide may see less than whoever asks: the sample shows nobody anything.
        let blind = Ctx { viewer: ctx.viewer.blinded(), ..ctx.clone() };
        let mut hidden = sample(&*source, &blind, &filter, &columns).await?;
        hide(&*source, &mut hidden);
        let own = match source.shows_beforehand() {
            true => sample(&*source, ctx, &filter, &columns).await?,
            false => hidden.clone(),
        };
        let look = move |tx: &mut Tx<'_>| {
            let Standing { policy, .. } = policy::standing(tx)?;
            Ok::<_, StoreError>((rules::takes(&policy, personal, rows), quota::left(tx, &policy)?))
        };
        let (takes, left) = self.house.read(ctx, look).await?;
        Ok(Prospect { source, columns, filter, format, personal, rows, sample: hidden, own, takes, left })
    }

    /// What an act needs that asks for a file: made before the transaction of [`ask`].
    pub(super) async fn prepare(&self, ctx: &Ctx, prospect: Prospect, reason: Reason) -> Result<Prepared, Failure> {
        let keys = self.house.keys().organisation(ctx.org.id).await?;
        let slot = self.house.keys().mint(ctx.org.id).await?;
        let id = DownloadId::new(&ctx.world);
        let pinned = pinned(id, &prospect);
        let wanted = Wanted { filter: prospect.filter.clone(), reason: reason.text().expose(Purpose::Seal).clone() };
        let sealed = FileKey::new(&slot, ctx.org, id).seal_wanted(ctx, &wanted)?;
        let now = ctx.now();
        let download = Download {
            id,
            source: prospect.source.source().word.to_owned(),
            format: prospect.format,
            columns: prospect.columns,
            personal: prospect.personal,
            estimate: prospect.rows,
            actor: ctx.actor,
            slot: slot.id,
            wanted: Some(sealed),
            digest: digest(&pinned)?,
            approval: None,
            state: State::Queued,
            why: None,
            sight: None,
            run: 0,
            written: Written::default(),
            fetch: None,
            created_at: now,
            updated_at: now,
            expires_at: None,
        };
        Ok(Prepared { download, pinned, filter: prospect.filter, reason, keys })
    }

    /// Which rows, and why; nothing once that is gone with the file.
    pub(super) async fn wanted(&self, ctx: &Ctx, download: &Download) -> Result<Option<Wanted>, StoreError> {
        let Some(sealed) = &download.wanted else { return Ok(None) };
        match FileKey::find(&self.house, ctx.org, download.id, download.slot).await {
            Ok(key) => key.open_wanted(sealed).map(Some),
            Err(StoreError::KeyGone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A download that is in the context's environment.
    pub(super) async fn find(&self, ctx: &Ctx, id: DownloadId) -> Result<Download, Failure> {
        let found = self.house.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        Ok(found.ok_or_else(not_found)?)
    }
}

/// What somebody asks for, ready to be put down.
pub(super) struct Prepared {
    download: Download,
    /// What others see of it.
    pinned: Value,
    filter: Value,
    reason: Reason,
    keys: Arc<OrgKeys>,
}

/// Asks for a file: counts it, and has it written at once or once others have agreed.
pub(super) fn ask(tx: &mut Tx<'_>, prepared: Prepared) -> Result<Recorded<Download>, Failure> {
    let Prepared { mut download, pinned, filter, reason, keys } = prepared;
    quota::count(tx, download.estimate)?;
    let standing = policy::standing(tx)?;
    let takes = rules::takes(&standing.policy, download.personal, download.estimate);
    if takes.is_some() {
        download.state = State::Waiting;
    }
    store::insert(tx, &download)?;
    let details = json!({
        "source": download.source,
        "columns": download.columns,
        "filter": filter,
        "format": download.format,
        "rows_at_most": download.estimate,
        "takes_approval": takes,
        "reason": reason.text().expose(Purpose::Seal),
    });
    let ctx = tx.ctx();
    let leaf = Leaf::of("download.request")
        .on(DownloadId::PREFIX, download.id.bytes())
        .with(keys.seal_audit(ctx, details.to_string().as_bytes()));
    tx.publish(Change::new(CHANGED, ctx.org, download.id.bytes()));
    if takes.is_none() {
        return Ok(tx.record(leaf, download));
    }
    let asked = approvals::ask(tx, &keys, &APPROVABLE, Some(download.id.bytes()), pinned, Some(&reason))?;
    let approval = asked.value().id;
    store::waits_for(tx, download.id, approval)?;
    tx.note(leaf);
    download.approval = Some(approval);
    Ok(asked.map(|_| download))
}

/// Takes back what one asked for: nothing of it is left.
pub(super) fn cancel(tx: &mut Tx<'_>, id: DownloadId) -> Result<Recorded<Download>, Failure> {
    let mut download = own(tx, id)?;
    if !download.state.is_open() || !store::advance(tx, id, (download.state, State::Cancelled), None)? {
        return Err(Refusal::of(&DOWNLOAD_OVER).into());
    }
    download.state = State::Cancelled;
    let org = tx.ctx().org;
    tx.publish(Change::new(CHANGED, org, id.bytes()));
    Ok(tx.record(Leaf::of("download.cancel").on(DownloadId::PREFIX, id.bytes()), download))
}

/// What whoever acts asked for: nobody else's is there.
pub(super) fn own(tx: &mut Tx<'_>, id: DownloadId) -> Result<Download, Failure> {
    let actor = tx.ctx().actor;
    Ok(store::find(tx, id)?.filter(|download| download.actor == actor).ok_or_else(not_found)?)
}

/// What asking and fetching take besides the permissions of the source.
pub(super) const NEEDED: sealpost_web::Permission = DOWNLOADS_REQUEST;

/// What others decide about: the bytes of this are pinned by its digest and by the approval's.
fn pinned(id: DownloadId, of: &Prospect) -> Value {
    let cells =
        |row: &Map<String, Value>| -> Vec<String> { of.columns.iter().map(|column| plain(row.get(column))).collect() };
    json!({
        "download_id": id,
        "source": of.source.source().word,
        "columns": of.columns,
        "personal": of.columns.iter().filter(|name| is_personal(&*of.source, name)).collect::<Vec<_>>(),
        "filter": of.filter,
        "format": of.format,
        "rows_at_most": of.rows,
        "sample": of.sample.iter().map(cells).collect::<Vec<_>>(),
    })
}

pub(super) fn digest(pinned: &Value) -> Result<[u8; 32], Fault> {
    Ok(sha256(&[b"sealpost download v1\n", &serde_json::to_vec(pinned).map_err(Fault::new)?]))
}

fn is_personal(source: &dyn Exportable, name: &str) -> bool {
    source.source().column(name).is_some_and(|column| column.personal)
}

/// The columns that are meant, and whether one of them is personal.
fn columns_of(source: &dyn Exportable, wanted: Vec<String>) -> Result<(Vec<String>, bool), Refusal> {
    let about = source.source();
    let wanted = match wanted.is_empty() {
        true => about.columns.iter().map(|column| column.name.to_owned()).collect(),
        false => wanted,
    };
    for (at, name) in wanted.iter().enumerate() {
        let again = wanted.iter().take(at).any(|other| other == name);
        if about.column(name).is_none() || again {
            let code = if again { "column_twice" } else { "column_unknown" };
            return Err(Refusal::of(&BODY_INVALID).at(format!("/columns/{at}"), code));
        }
    }
    let personal = wanted.iter().any(|name| is_personal(source, name));
    Ok((wanted, personal))
}

/// Hides what of personal columns a list shows to anybody who may read it.
fn hide(source: &dyn Exportable, rows: &mut [Map<String, Value>]) {
    for (name, value) in rows.iter_mut().flat_map(Map::iter_mut) {
        let is_hidden = value.is_null() || value.get("masked").is_some_and(|masked| *masked == json!(true));
        if !is_hidden && is_personal(source, name) {
            *value = json!({ "masked": true, "display": HIDDEN });
        }
    }
}

/// The first rows, with nothing but these columns.
async fn sample(
    source: &dyn Exportable,
    blind: &Ctx,
    filter: &Value,
    columns: &[String],
) -> Result<Vec<Map<String, Value>>, Failure> {
    let (now, mut rows, mut after) = (blind.now(), Vec::new(), None);
    loop {
        let stretch = source.stretch(blind, filter, now, after, SAMPLE).await?;
        rows.extend(stretch.rows);
        after = stretch.next;
        if after.is_none() || rows.len() >= SAMPLE as usize {
            break;
        }
    }
    rows.truncate(SAMPLE as usize);
    for row in &mut rows {
        row.retain(|name, _| columns.contains(name));
    }
    Ok(rows)
}
