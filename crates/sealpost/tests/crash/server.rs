//! The program under test, as a process.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long anything may take before a test gives up: generous, because a busy machine is no failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where the process dies by itself: see `sealpost_store::failpoint`.
pub(crate) struct Fuse {
    pub(crate) point: &'static str,
    pub(crate) pass: u64,
}

/// A server that runs, or has died.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    /// From the start of the process until it served.
    pub(crate) ready_after: Duration,
}

/// What a start came to.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(crate) enum Started {
    Ready(Server),
    /// It died before it served, at its fuse.
    Died,
}

pub(crate) fn sealpost(folder: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealpost"));
    command.arg("--config").arg(folder.join("sealpost.toml")).arg("--json");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.kill_on_drop(true).stdin(Stdio::null());
    command
}

impl Server {
    /// Starts it and waits until it serves.
    pub(crate) async fn start(folder: &Path, environment: &[(String, String)], fuse: Option<&Fuse>) -> Started {
        let log = std::fs::File::options().create(true).append(true).open(log(folder)).unwrap();
        let mut command = sealpost(folder, environment);
        command.arg("serve").stdout(Stdio::piped()).stderr(log);
        if let Some(fuse) = fuse {
            command.env("SEALPOST_CRASH_AT", format!("{}:{}", fuse.point, fuse.pass));
        }
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("not ready in time").unwrap();
        let ready_after = began.elapsed();
        match line {
            Some(line) => {
                let said: Value = serde_json::from_str(&line).unwrap();
                let listener = |name: &str| said[name].as_str().unwrap().parse().unwrap();
                Started::Ready(Self { child, address: listener("address"), admin: listener("admin"), ready_after })
            }
            None => {
                let status = child.wait().await.unwrap();
                assert!(fuse.is_some() && died_at_fuse(status), "it ended by itself, {status}: {}", tail(folder));
                Started::Died
            }
        }
    }

    /// The same, where nothing should make it die.
    pub(crate) async fn start_safely(folder: &Path, environment: &[(String, String)]) -> Self {
        match Self::start(folder, environment, None).await {
            Started::Ready(server) => server,
            Started::Died => unreachable!("there is no fuse"),
        }
    }

    /// What `/readyz` answers.
    pub(crate) async fn readiness(&self) -> String {
        let mut stream = TcpStream::connect(self.admin).await.unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// From now on no file of the process grows beyond so many bytes, or any does: a disk that fills up, for one process.
    #[cfg(target_os = "linux")]
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let id = Pid::from_raw(self.child.id().unwrap() as i32).unwrap();
        prlimit(Some(id), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    }

    /// `SIGKILL`, and the process is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits for it to die at its fuse; kills it if it doesn't come there. Answers whether it did.
    pub(crate) async fn await_death(mut self, folder: &Path, at_most: Duration) -> bool {
        match tokio::time::timeout(at_most, self.child.wait()).await {
            Ok(status) => {
                let status = status.unwrap();
                assert!(died_at_fuse(status), "it ended otherwise, {status}: {}", tail(folder));
                true
            }
            Err(_) => {
                self.kill().await;
                false
            }
        }
    }

    /// Asks it to end and waits until it has.
    pub(crate) async fn stop(mut self, folder: &Path) {
        let id = rustix::process::Pid::from_raw(self.child.id().unwrap() as i32).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap();
        assert!(status.success(), "{status}: {}", tail(folder));
    }
}

/// `abort`, as a fuse does it.
fn died_at_fuse(status: ExitStatus) -> bool {
    status.signal() == Some(6)
}

fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

fn tail(folder: &Path) -> String {
    let text = std::fs::read_to_string(log(folder)).unwrap_or_default();
    text.lines().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
}
