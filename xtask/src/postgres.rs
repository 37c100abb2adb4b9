//! A PostgreSQL server for one run: a private port on loopback, a data folder that goes with it, a role as Sealpost wants it.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::log::Log;
use crate::tools;
use crate::workspace::Workspace;

/// The variable by which tests find the server.
pub(crate) const VARIABLE: &str = "SEALPOST_TEST_POSTGRES";

/// The tablespace on a disk of its own, for tests of what happens when that is full.
const CRAMPED: &str = "cramped";

const START: Duration = Duration::from_secs(60);

/// A server, stopped and removed when this is dropped.
pub(crate) struct Postgres {
    /// What [`VARIABLE`] is to say.
    pub(crate) url: String,
    ours: Option<Server>,
}

struct Server {
    process: Child,
    folder: PathBuf,
}

impl Postgres {
    /// Takes the server that [`VARIABLE`] names, or starts one, installing PostgreSQL where that is possible.
    pub(crate) fn start(workspace: &Workspace, log: &mut Log) -> Result<Self> {
        if let Ok(url) = std::env::var(VARIABLE) {
            log.say(format_args!("{VARIABLE} is set: using that server"))?;
            return Ok(Self { url, ours: None });
        }
        let programs = match programs() {
            Some(programs) => programs,
            None => {
                tools::debian(workspace, &["postgresql"], log)?;
                programs().context("PostgreSQL's initdb is still not to be found")?
            }
        };
        let folder = std::env::temp_dir().join(format!("sealpost-postgres-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        let as_user = AsUser::new(&folder)?;
        let data = folder.join("data");
        let initdb = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--pgdata"];
        log.run(as_user.command(workspace, &programs.join("initdb")).args(initdb).arg(&data))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let mut server = as_user.command(workspace, &programs.join("postgres"));
        server.arg("-D").arg(&data).args(["-p", &port, "-k"]).arg(&folder);
        for setting in ["listen_addresses=127.0.0.1", "max_connections=300", "fsync=on", "synchronous_commit=on"] {
            server.args(["-c", setting]);
        }
        let process = server.stdout(log.sink()?).stderr(log.sink()?).spawn().context("postgres can't be started")?;
        // From here on a failure stops the server again.
        let url = format!("postgres://sealpost@127.0.0.1:{port}/postgres?sslmode=disable");
        let started = Self { url, ours: Some(Server { process, folder: folder.clone() }) };
        let connect = |program: &str| {
            let mut client = workspace.command(programs.join(program));
            client.arg("-h").arg(&folder).args(["-p", &port, "-U", "postgres", "-d", "postgres", "-q"]);
            client
        };
        let until = Instant::now() + START;
        while !connect("pg_isready").status().is_ok_and(|status| status.success()) {
            if Instant::now() > until {
                bail!("PostgreSQL did not come up in {} s", START.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // No superuser and no bypass: row-level security has to hold for the role that Sealpost runs as.
        let role = "create role sealpost login createdb nosuperuser nobypassrls nocreaterole";
        log.run(connect("psql").args(["-v", "ON_ERROR_STOP=1", "-c", role]))?;
        if let Some(place) = as_user.cramped(workspace, &folder, log)? {
            let space = format!("create tablespace {CRAMPED} owner sealpost location '{}'", place.display());
            log.run(connect("psql").args(["-v", "ON_ERROR_STOP=1", "-c", &space]))?;
        }
        Ok(started)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's "fast shutdown"; what doesn't heed it in time is killed.
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let until = Instant::now() + Duration::from_secs(10);
        while matches!(self.process.try_wait(), Ok(None)) {
            if Instant::now() > until {
                let _ = self.process.kill();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        remove(&self.folder);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.ours.take());
    }
}

/// Who runs the server: PostgreSQL refuses root, so root takes the `postgres` account.
enum AsUser {
    Ourselves,
    Account(&'static str),
}

impl AsUser {
    fn new(folder: &Path) -> Result<Self> {
        if !tools::is_root() {
            return Ok(Self::Ourselves);
        }
        let account = ["postgres", "nobody"].into_iter().find_map(|name| Some((name, ids(name)?)));
        let (name, (user, group)) = account.context("no unprivileged account to run PostgreSQL as")?;
        chown(folder, Some(user), Some(group))?;
        Ok(Self::Account(name))
    }

    /// A folder on a small disk made of memory, for a tablespace; nothing where none can be mounted.
    fn cramped(&self, workspace: &Workspace, folder: &Path, log: &mut Log) -> Result<Option<PathBuf>> {
        let (Self::Account(name), disk) = (self, folder.join(CRAMPED)) else { return Ok(None) };
        std::fs::create_dir(&disk)?;
        let mount = ["-t", "tmpfs", "-o", "size=96m,mode=0755", "sealpost-cramped"];
        if log.run(workspace.command("mount").args(mount).arg(&disk)).is_err() {
            log.say("no small disk can be mounted: the full disk under PostgreSQL will not be tested")?;
            return Ok(None);
        }
        let place = disk.join("tables");
        std::fs::create_dir(&place)?;
        let (user, group) = ids(name).context("no such account")?;
        chown(&place, Some(user), Some(group))?;
        Ok(Some(place))
    }

    /// A program run as that user. It hears of our death however we die, so that not even SIGKILL leaves a server behind;
    /// Ctrl-C reaches it by itself.
    fn command(&self, workspace: &Workspace, program: &Path) -> Command {
        let Some(setpriv) = Workspace::on_path("setpriv") else {
            return workspace.command(program);
        };
        let mut command = workspace.command(setpriv);
        command.current_dir("/").args(["--pdeathsig", "INT"]);
        if let Self::Account(name) = self {
            command.args([&format!("--reuid={name}"), &format!("--regid={name}"), "--init-groups"]);
        }
        command.arg("--").arg(program);
        command
    }
}

fn ids(account: &str) -> Option<(u32, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd.lines().find(|line| line.split(':').next() == Some(account))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The folder with `initdb` and `postgres`: on `PATH`, or the newest that Debian installed beside it.
fn programs() -> Option<PathBuf> {
    // Where a link leads: beside the link there may be only some of the programs.
    let initdb = Workspace::on_path("initdb").and_then(|path| path.canonicalize().ok());
    let on_path = initdb.and_then(|path| path.parent().map(Path::to_owned));
    on_path.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let folders = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
        folders.max_by_key(|bin| std::fs::metadata(bin).map_or(0, |meta| meta.mtime()))
    })
}

/// Removes what runs that were killed left behind.
pub(crate) fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let gone = |id: &str| !Path::new("/proc").join(id).exists();
        if Path::new("/proc/self").exists() && name.strip_prefix("sealpost-postgres-").is_some_and(gone) {
            remove(&entry.path());
        }
    }
}

/// Removes a server's folder, and the disk that may be mounted in it.
fn remove(folder: &Path) {
    let disk = folder.join(CRAMPED);
    if disk.is_dir() {
        let _ = Command::new("umount").arg("--lazy").arg(disk).stderr(std::process::Stdio::null()).status();
    }
    let _ = std::fs::remove_dir_all(folder);
}
