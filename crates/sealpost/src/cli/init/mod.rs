//! `sealpost init`: a production installation, and the recovery kit, once.

mod ask;
mod plan;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sealpost_access::links;
use sealpost_access::organisations::{self, OrganisationName};
use sealpost_seal::rng::SystemRng;
use sealpost_seal::{RootKey, SecretText};
use sealpost_store::{Environment, Org, Standing, StoreError, World};
use serde_json::json;

use super::{Outcome, Shell, Stop};
use crate::config::{Environment as Surroundings, Flags, load};
use crate::house;
use crate::{files, hardening, kit};

use plan::Plan;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the configuration and the root key go
    #[arg(long, value_name = "DIR", default_value = "/etc/sealpost")]
    dir: PathBuf,
    /// Where the data goes
    #[arg(long, value_name = "DIR", default_value = "/var/lib/sealpost")]
    data: PathBuf,
    /// PostgreSQL instead of SQLite: the file that holds the postgres:// URL of the data
    #[arg(long, value_name = "FILE", requires = "keys_url")]
    data_url: Option<PathBuf>,
    /// The file that holds the postgres:// URL of the keys: a database of their own, so that no backup of the data holds them
    #[arg(long, value_name = "FILE", requires = "data_url")]
    keys_url: Option<PathBuf>,
    /// A certificate authority of the databases in PEM; may be repeated
    #[arg(long = "database-authority", value_name = "FILE", requires = "data_url")]
    database_authorities: Vec<PathBuf>,
    /// What the organisation is called; asked for if it isn't given
    #[arg(long)]
    organisation: Option<String>,
    /// What the outside calls this server, such as sealpost.example.com; asked for if it isn't given
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Where to listen, such as 0.0.0.0:443; asked for if it isn't given
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// The certificate chain in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    print: bool,
    /// Use the root key of a recovery kit, read from this file or, with `-`, from standard input, instead of making one
    #[arg(long, value_name = "FILE|-")]
    root_from: Option<PathBuf>,
}

pub(super) fn run(shell: &Shell, args: Args) -> Outcome {
    hardening::apply();
    let plan = plan(shell, &args)?;
    if args.print {
        let files: Vec<_> = plan
            .files()
            .map(|(path, mode, what)| json!({ "path": path, "mode": format!("{mode:04o}"), "what": what }))
            .collect();
        shell.out.result(&json!({ "would_write": files, "config": plan.config_text() }), || show(shell, &plan));
        return Ok(());
    }
    refuse_to_overwrite(&plan)?;
    super::block_on(refuse_if_occupied(&plan, args.root_from.is_some()))?;
    let root = match &args.root_from {
        Some(path) => read_kit(path)?,
        None => RootKey::generate(&SystemRng),
    };
    write(&plan, &root)?;
    super::block_on(first_organisation(shell, &plan, &root))
}

/// Opens the store with what was written, which proves that it is right, and makes the organisation.
async fn first_organisation(shell: &Shell, plan: &Plan, root: &RootKey) -> Outcome {
    let config = load(Some(&plan.config), &the_servers(), &Flags::default())?.config;
    let store = house::open_store(&config, &the_servers(), World::real()).await?;
    let name = OrganisationName::parse(&plan.organisation).map_err(anyhow::Error::from)?;
    let known = organisations::list(&store).await.map_err(anyhow::Error::from)?;
    let id = match known.iter().find(|one| one.name == plan.organisation) {
        // The data folder of a recovered installation.
        Some(one) => one.id,
        None => organisations::create(&store, name).await.map_err(anyhow::Error::from)?,
    };
    let ctx = organisations::operator(&store, Org { id, environment: Environment::Live });
    let owner = links::create_for_owner(&store, &ctx).await.map_err(anyhow::Error::from)?;
    let owner = owner.url(config.server.public_url.as_str());
    let key = store.verifier_key().map_err(anyhow::Error::from)?.to_string();
    let value = json!({ "organisation": id, "config": plan.config, "data": plan.data, "root_key_file": plan.root,
        "verifier_key": key, "sign_in": owner, "recovery_kit": { "id": kit::id(root), "groups": &**kit::groups(root) } });
    let out = shell.out;
    out.result(&value, || {
        out.say(format_args!(
            "\nRECOVERY KIT — write it down, keep it away from this machine; it is shown this once\n"
        ));
        for line in kit::groups(root).lines() {
            out.say(format_args!("    {line}"));
        }
        out.say(format_args!("\n    id of this root key   {}", kit::id(root)));
        out.say(format_args!("    it lives in           {} (0600)", plan.root.display()));
        out.say(format_args!("    it opens              {}", plan.opens()));
        out.say(format_args!("    to use the kit        sealpost init --root-from - --dir … --data …"));
        out.say("    without it, backups of the data are noise; with it and the data, everything can be read\n");
        out.say(format_args!("verifier key of the ledger, for your auditor:\n    {key}\n"));
        out.say(format_args!("organisation  {id}  {}", plan.organisation));
        out.say(format_args!("sign in       {owner}"));
        out.say("              as the owner, once, within 15 minutes, when the server runs");
        out.say(format_args!("next          sealpost --config {} config check", plan.config.display()));
        out.say(format_args!(
            "              sealpost --config {} keys create --local --name admin --scope all --save admin.key",
            plan.config.display()
        ));
        out.say(format_args!("              sealpost --config {} serve", plan.config.display()));
    });
    Ok(())
}

fn plan(shell: &Shell, args: &Args) -> Outcome<Plan> {
    let organisation = ask::or_ask(shell, args.organisation.clone(), "organisation", "what is it called?", None)?;
    OrganisationName::parse(&organisation).map_err(|error| Stop::usage(error.to_string()))?;
    let host =
        ask::or_ask(shell, args.host.clone(), "host", "what does the outside call this server?", Some("localhost"))?;
    let bind = ask::or_ask(shell, args.bind.clone(), "bind", "where to listen?", Some("127.0.0.1:7700"))?;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    Plan::new(plan::Wishes {
        dir: absolute(&args.dir),
        data: absolute(&args.data),
        postgres: args.data_url.as_deref().zip(args.keys_url.as_deref()).map(|(data, keys)| plan::Postgres {
            data_url: absolute(data),
            keys_url: absolute(keys),
            authorities: args.database_authorities.iter().map(|path| absolute(path)).collect(),
        }),
        organisation,
        host,
        bind,
        certificate: args
            .certificate
            .as_deref()
            .zip(args.key.as_deref())
            .map(|(one, other)| (absolute(one), absolute(other))),
    })
    .map_err(Stop::usage)
}

fn show(shell: &Shell, plan: &Plan) {
    let out = shell.out;
    for (path, mode, what) in plan.files() {
        out.say(format_args!("{mode:04o}  {}  {what}", path.display()));
    }
    out.say(format_args!("\n# {}\n{}", plan.config.display(), plan.config_text()));
}

fn refuse_to_overwrite(plan: &Plan) -> Outcome {
    for path in [&plan.config, &plan.root] {
        if path.exists() {
            return Err(Stop::refused(format!("{} is there already, and init never overwrites", path.display()))
                .fix("use another --dir; if this installation is to go, move its files away by hand"));
        }
    }
    Ok(())
}

/// Refuses a place that holds something already, before anything is written. The place of a recovered installation must.
async fn refuse_if_occupied(plan: &Plan, recovering: bool) -> Outcome {
    let database = house::database(&plan.storage(), &the_servers())?;
    let standing = database.standing().await.map_err(|error| match error {
        StoreError::Unsuitable(_) => Stop::refused(error.to_string()),
        error => anyhow::Error::from(error).into(),
    })?;
    match standing {
        Standing::Empty => Ok(()),
        Standing::Sealpost if recovering => Ok(()),
        Standing::Sealpost => Err(Stop::refused(format!("an installation is there already: {}", plan.opens()))
            .fix("to bring it back under a new configuration, give its recovery kit with --root-from")),
        Standing::Foreign => Err(Stop::refused(format!("not empty, and not Sealpost's: {}", plan.opens()))
            .fix("give Sealpost two databases of its own")),
    }
}

/// What the environment says is for the server, which is not running yet.
fn the_servers() -> Surroundings {
    Surroundings::default()
}

fn write(plan: &Plan, root: &RootKey) -> anyhow::Result<()> {
    for folder in [&plan.dir, &plan.data] {
        files::private_folder(folder).with_context(|| folder.display().to_string())?;
    }
    files::write_new(&plan.root, root.to_file_text().as_bytes(), 0o600)
        .with_context(|| plan.root.display().to_string())?;
    files::write_new(&plan.config, plan.config_text().as_bytes(), 0o600)
        .with_context(|| plan.config.display().to_string())?;
    Ok(())
}

fn read_kit(path: &Path) -> Outcome<RootKey> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().take(4096).read_to_string(&mut text)?;
        SecretText::new(text)
    } else {
        crate::config::read_secret_file(path).map_err(|error| Stop::usage(error.to_string()))?
    };
    kit::read(text.expose()).ok_or_else(|| {
        Stop::usage("that is no recovery kit").fix("type the sixteen groups of four digits, nothing else")
    })
}
