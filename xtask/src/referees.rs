//! Referees: programs of other people that judge ours. A referee is a script in `xtask/referees`, `*.py` or `*.mjs`; names that
//! begin with `_` are helpers. It finds the binary in `SEALPOST_BIN` and an empty folder of its own in `SEALPOST_DIR`, prints a
//! line `ok …` for each thing that held and `not ok …` for each that didn't, and exits 0 if all held. `xtask/referees/README.md`
//! says how to write one.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::log::Log;
use crate::postgres::{Postgres, VARIABLE};
use crate::test::Counts;
use crate::tools;
use crate::workspace::{Workspace, files};

/// Seconds after which a referee has lost its way.
const PATIENCE: &str = "600";

/// What every script that drives a browser begins with.
const BROWSER: &str = "_browser.mjs";

/// The scripts there are, but those that drive a browser: they are a step of their own.
pub(crate) fn scripts(workspace: &Workspace) -> Vec<PathBuf> {
    all(workspace).into_iter().filter(|script| !drives_browser(script)).collect()
}

/// The scripts that drive a browser.
pub(crate) fn of_browser(workspace: &Workspace) -> Vec<PathBuf> {
    all(workspace).into_iter().filter(|script| drives_browser(script)).collect()
}

fn all(workspace: &Workspace) -> Vec<PathBuf> {
    let mut scripts = files(&workspace.root.join("xtask/referees"), &["py", "mjs"]);
    scripts.retain(|script| !stem(script).starts_with('_'));
    scripts
}

fn drives_browser(script: &Path) -> bool {
    std::fs::read_to_string(script).is_ok_and(|text| text.contains(BROWSER))
}

/// What a referee needs besides the libraries that all share.
struct Need {
    referee: &'static str,
    /// Programs, and the Debian packages that have them.
    programs: &'static [(&'static str, &'static str)],
    /// An example of ours, and the variable that says where it is.
    example: Option<(&'static str, &'static str)>,
}

const XMLSEC: &[(&str, &str)] = &[("xmlsec1", "xmlsec1")];
const JUDGE: Option<(&str, &str)> = Some(("judge", "SEALPOST_SAML_JUDGE"));

const NEEDS: &[Need] = &[
    Need { referee: "encryption", programs: &[("openssl", "openssl")], example: None },
    Need {
        referee: "egress",
        programs: &[("ip", "iproute2"), ("unshare", "util-linux"), ("nsenter", "util-linux")],
        example: None,
    },
    Need { referee: "saml", programs: XMLSEC, example: JUDGE },
    Need { referee: "saml_sign_in", programs: XMLSEC, example: JUDGE },
    Need {
        referee: "kits",
        programs: &[("php", "php-cli"), ("ruby", "ruby"), ("go", "golang-go"), ("javac", "default-jdk-headless")],
        example: None,
    },
];

/// Installs and builds what this referee needs; answers the variable and what it says.
fn provide(workspace: &Workspace, referee: &str, log: &mut Log) -> Result<Option<(&'static str, PathBuf)>> {
    let Some(need) = NEEDS.iter().find(|need| need.referee == referee) else { return Ok(None) };
    let missing = need.programs.iter().filter(|(program, _)| Workspace::on_path(program).is_none());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        tools::debian(workspace, &missing, log)?;
    }
    let Some((example, variable)) = need.example else { return Ok(None) };
    log.run(&mut workspace.cargo(["build", "--locked", "--workspace", "--example", example]))?;
    Ok(Some((variable, workspace.target.join("debug/examples").join(example))))
}

/// Runs these, one after the other. One that fails is run once more: it drives programs of other people, and a second
/// failure tells a fault from a hiccup. That it needed a second try is said ([`Log::again`]).
pub(crate) fn run(
    workspace: &Workspace,
    scripts: Vec<PathBuf>,
    postgres: Option<&Postgres>,
    log: &mut Log,
) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut failed = Vec::new();
    for script in scripts {
        let name = stem(&script);
        let mut seen = judge(workspace, &script, postgres, log)?;
        if seen.failed > 0 {
            seen = judge(workspace, &script, postgres, log)?;
            match seen.failed {
                0 => log.again(&name)?,
                _ => failed.push(name),
            }
        }
        counts = counts.plus(seen);
    }
    if !failed.is_empty() {
        bail!(counts.failing(format_args!("not satisfied, or silent: {}", failed.join(", "))));
    }
    Ok(counts)
}

/// One run of one script, in an empty folder.
fn judge(workspace: &Workspace, script: &Path, postgres: Option<&Postgres>, log: &mut Log) -> Result<Counts> {
    let name = stem(script);
    let before = Counts::of_lines(&log.text());
    let folder = workspace.target.join("referees").join(&name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    log.say(format_args!("--- {name}"))?;
    let provided = provide(workspace, &name, log)?;
    let mut command = workspace.command("timeout");
    command.args(["--kill-after=10", PATIENCE]);
    if script.extension().is_some_and(|e| e == "py") {
        command.arg(tools::python(workspace, log)?.join("bin/python")).arg("-u").arg(script);
    } else {
        if drives_browser(script) {
            command.env("CHROMIUM", tools::chromium(workspace, log)?);
        }
        command.arg("node").arg(beside_its_modules(&tools::node(workspace, log)?, script)?);
    }
    command
        // It leaves parts of a script out, for whoever writes one.
        .env_remove("SEALPOST_ONLY")
        .env("SEALPOST_BIN", workspace.binary())
        .env("SEALPOST_DIR", &folder)
        .env("SEALPOST_ROOT", &workspace.root);
    if let Some((variable, path)) = provided {
        command.env(variable, path);
    }
    if let Some(postgres) = postgres {
        command.env(VARIABLE, &postgres.url);
    }
    let outcome = log.run(&mut command);
    let seen = Counts::of_lines(&log.text()).since(before);
    let lost = seen.failed.max(u32::from(outcome.is_err() || seen.passed == 0));
    Ok(Counts { passed: seen.passed, failed: lost })
}

/// Node resolves a module from where the script lies: a copy next to `node_modules`.
fn beside_its_modules(modules: &Path, script: &Path) -> Result<PathBuf> {
    for other in files(script.parent().unwrap_or(script), &["mjs"]) {
        std::fs::copy(&other, modules.join(other.file_name().unwrap_or_default()))?;
    }
    Ok(modules.join(script.file_name().unwrap_or_default()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
