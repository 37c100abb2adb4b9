//! PostgreSQL: a thread per connection, statements pipelined, the writes of a batch in bulk.

mod bulk;
mod database;
mod notify;
mod server;
mod session;
mod values;

use crate::bus::Bus;
use crate::db::Db;
use crate::error::StoreError;
use crate::lane::{BATCH, Lane, drive};
use crate::ledger::Appender;
use crate::migrate::Migration;
use crate::room::Room;

pub(crate) use database::standing;
pub(crate) use notify::listen;
pub(crate) use server::Server;
use session::PgSession;

const READERS: usize = 2;

/// Migrates the database and opens its lanes.
pub(crate) async fn open(
    server: Server,
    writers: usize,
    appender: impl Fn() -> Appender,
    bus: Bus,
    node: [u8; 8],
    migrations: &[Migration],
) -> Result<Db, StoreError> {
    database::migrate(&mut server.connect().await?, migrations).await?;
    let (write, jobs) = Lane::new();
    let room = Room::default();
    for _ in 0..writers.max(1) {
        spawn("postgres-writer", server.clone(), node, jobs.clone(), appender(), (bus.clone(), room.clone()), BATCH)?;
    }
    let (read, jobs) = Lane::new();
    for _ in 0..READERS {
        spawn("postgres-reader", server.clone(), node, jobs.clone(), Appender::none(), Default::default(), 1)?;
    }
    Ok(Db { write, read, room, peeks: None })
}

fn spawn(
    name: &str,
    server: Server,
    node: [u8; 8],
    jobs: crossbeam_channel::Receiver<crate::lane::Job>,
    appender: Appender,
    (bus, room): (Bus, Room),
    most: usize,
) -> Result<(), StoreError> {
    let session = PgSession::new(server, node)?;
    let run = move || drive(session, &jobs, appender, (&bus, &room), most);
    std::thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(())
}
