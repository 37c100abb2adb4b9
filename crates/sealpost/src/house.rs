//! The composition root: everything, built once from the configuration, without globals.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use sealpost_access::Credentials;
use sealpost_access::api_keys::{self, KeyAuthenticator};
use sealpost_access::encryption;
use sealpost_access::mail::Post;
use sealpost_access::members::{self, MemberFaces, Members};
use sealpost_access::networks;
use sealpost_access::own;
use sealpost_access::passkeys::{self, Passkeys};
use sealpost_access::roles::{self, RoleMatrix, RolePreviews};
use sealpost_access::scim::{self, ScimAuthenticator};
use sealpost_access::secrets;
use sealpost_access::sessions::{self, SessionAuthenticator};
use sealpost_access::sign_in::{self, SignIn};
use sealpost_access::sso::{self, Sso};
use sealpost_access::teams;
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::smtp::Mailer;
use sealpost_egress::text::NameServers;
use sealpost_egress::tls::Trust;
use sealpost_govern::approvals::{self, Approvables};
use sealpost_govern::checkpoints::{Signer, WitnessFolder};
use sealpost_govern::downloads::{self, Downloads, Exportables};
use sealpost_govern::evidence::{self as govern_evidence, Evidence, Installation, Source};
use sealpost_govern::leaks::LeakAlarm;
use sealpost_govern::members::GATE as MEMBER_GATE;
use sealpost_govern::networks::GATE as NETWORK_GATE;
use sealpost_govern::revisions::{self, Revisables};
use sealpost_govern::roles::gate as role_gate;
use sealpost_govern::security::{self, Switches};
use sealpost_govern::support::{self, GrantBanners, SupportSessions};
use sealpost_govern::{activity, audit, looks, masking, siem};
use sealpost_messaging::{Messaging, MessagingConfig, storage};
use sealpost_store::{Database, Keys, Store, StoreConfig, World};
use sealpost_web::shell::Dashboard;
use sealpost_web::{App, Feature, Registry, SecurityTxt, WebConfig};

use crate::config::{
    Config, EgressConfig, Environment, PostgresConfig, PublicUrl, SecretSource, SecurityTxtConfig, StorageConfig,
};
use crate::evidence::Installed;
use crate::root_key;
use crate::telemetry::Telemetry;
use crate::trust;

/// Where whoever has signed in is led to.
const HOME: &str = "/app";

/// Everything, ready to be served.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) app: App,
    pub(crate) messaging: Messaging,
    pub(crate) downloads: Downloads,
    pub(crate) keys: Arc<KeyAuthenticator>,
    /// By whom members are written to.
    pub(crate) post: Post,
    pub(crate) signer: Arc<Signer>,
    /// Where the ledger is streamed to.
    pub(crate) streams: Vec<siem::Stream>,
    /// Where traces and metrics are exported to.
    pub(crate) telemetry: Option<Telemetry>,
}

impl House {
    /// Opens the store and builds every feature. `Err` says what is missing or wrong.
    pub(crate) async fn open(config: &Config, environment: &Environment, world: World) -> Result<Self> {
        let store = open_store(config, environment, world).await?;
        encryption::note_opening(&store).await.context("that the root key was opened can't be put on record")?;
        let trust = trust_of(config)?;
        let keys = KeyAuthenticator::new(store.clone());
        let sessions = SessionAuthenticator::new(store.clone());
        let messaging = messaging(store.clone(), config)?;
        let mut features = vec![api_keys::feature(store.clone(), keys.clone()), audit::feature(store.clone())];
        features.push(activity::feature(store.clone()));
        features.push(masking::feature(&store));
        features.push(security::feature(&store, Switches::standard().with(storage::SWITCH)));
        let url = &config.server.public_url;
        let passkeys = Passkeys::new(store.clone(), url.host(), url.as_str());
        features.push(approvals::feature(&store, Approvables::with(Messaging::APPROVABLES)?, passkeys));
        features.push(revisions::feature(&store, Revisables::with(Messaging::REVISABLES)?));
        features.push(looks::feature(&store));
        let sources = Exportables::with_ledger(&store, messaging.exportables())?;
        let downloads = Downloads::new(store.clone(), sources);
        features.push(downloads::feature(&downloads));
        features.push(networks::feature(&store, NETWORK_GATE));
        features.push(encryption::feature(&store));
        let post = post(&messaging, &config.server.public_url);
        features.push(secrets::feature(&store, Messaging::SECRET_USERS, post.clone()));
        let (members, matrix) = (Members::new(store.clone()), RoleMatrix::default());
        let faces = MemberFaces::new(members.clone());
        features.push(support::feature(&store, post.clone()));
        let staff = members.clone();
        features.push(sso::feature(&Sso::new(
            members.clone(),
            (client(&config.egress, &trust)?, Arc::new(name_servers(&config.egress)?)),
            sessions.clone(),
            config.server.public_url.as_str(),
            HOME,
        )));
        features.extend(people(&store, members, &sessions, &post, &matrix, &config.server.public_url));
        features.extend(messaging.features());
        features.extend(messaging.doors(&config.doors.open()));
        features.push(govern_evidence::feature(&evidence(store.clone(), config, &messaging)));
        let entries = Messaging::navigation()
            .into_iter()
            .chain([
                api_keys::NAV,
                audit::NAV,
                members::NAV,
                roles::NAV,
                sso::NAV,
                networks::NAV,
                scim::NAV,
                own::NAV,
                secrets::NAV,
                govern_evidence::NAV,
                security::NAV,
                approvals::NAV,
                revisions::NAV,
                looks::NAV,
                downloads::NAV,
                support::NAV,
            ])
            .collect();
        let banners = Arc::new(GrantBanners::new(store.clone()));
        let dashboard = Dashboard { entries, faces: Arc::new(faces), banners, search: Messaging::SEARCH };
        let credentials = Credentials::new(keys.clone(), sessions.clone(), ScimAuthenticator::new(store.clone()));
        let registry = Registry::new(
            features,
            SupportSessions::new(credentials, store.clone(), staff, sessions.clone()),
            store.clone(),
            WebConfig {
                alarm: Some(LeakAlarm::new(store.clone())),
                previews: Some(RolePreviews::new(store.clone(), sessions)),
                ..web(config, dashboard)
            },
        )?;
        matrix.fill(registry.routes());
        let signer = Arc::new(Signer::new(store.clone(), witness(config)?).await?);
        let streams = crate::siem::streams(&store, config, environment, &trust)?;
        let telemetry = Telemetry::new(config, environment, &trust)?;
        Ok(Self { app: registry.app(), store, messaging, downloads, keys, post, signer, streams, telemetry })
    }
}

/// What members, their roles and their ways in add to the API. `matrix` is filled once all routes are known.
fn people(
    store: &Store,
    members: Members,
    authenticator: &Arc<SessionAuthenticator>,
    post: &Post,
    matrix: &RoleMatrix,
    url: &PublicUrl,
) -> Vec<Feature> {
    let passkeys = Passkeys::new(store.clone(), url.host(), url.as_str());
    let sessions = || authenticator.clone();
    vec![
        sessions::feature(store.clone(), sessions()),
        passkeys::feature(passkeys.clone(), members.clone(), sessions()),
        members::feature(members.clone(), sessions(), post.clone(), MEMBER_GATE),
        roles::feature(store.clone(), sessions(), matrix, role_gate),
        teams::feature(store.clone(), sessions()),
        scim::feature(members.clone(), sessions(), url.as_str()),
        own::feature(members, passkeys.clone(), sessions()),
        sign_in::feature(&SignIn::new(passkeys, post.clone(), sessions(), HOME)),
    ]
}

/// Who writes to members.
fn post(messaging: &Messaging, url: &PublicUrl) -> Post {
    Post::new(Some(Arc::new(messaging.letters())), url.as_str())
}

/// Everything that is sent, by this configuration.
pub(crate) fn messaging(store: Store, config: &Config) -> Result<Messaging> {
    let trust = trust_of(config)?;
    Ok(Messaging::new(MessagingConfig {
        store,
        client: client(&config.egress, &trust)?,
        names: Arc::new(name_servers(&config.egress)?),
        mailer: mailer(&config.egress, &trust)?,
        public_url: config.server.public_url.as_str().to_owned(),
    }))
}

pub(crate) fn trust_of(config: &Config) -> Result<Trust> {
    trust::of_files(config.egress.authorities.iter().map(|path| path.relative())).context("egress.authorities")
}

/// The evidence of this installation.
pub(crate) fn evidence(store: Store, config: &Config, messaging: &Messaging) -> Evidence {
    let installed = Installed::new(config, store.keys().custody());
    let sources: [Arc<dyn Source>; 2] = [Arc::new(messaging.clone()), Arc::new(installed)];
    Evidence::new(store, Installation { version: env!("CARGO_PKG_VERSION"), sources: Arc::new(sources) })
}

/// What this installation is called in its ledger, and to whoever keeps its root key.
pub(crate) fn origin(config: &Config) -> String {
    match &config.ledger.origin {
        Some(origin) => origin.clone(),
        None => format!("{}/ledger", config.server.public_url.authority()),
    }
}

/// Opens the store alone, for commands that need no server.
pub(crate) async fn open_store(config: &Config, environment: &Environment, world: World) -> Result<Store> {
    let root = root_key::open(config, environment).await?;
    let origin = origin(config);
    let database = database(&config.storage, environment)?;
    let place = match &database {
        Database::Sqlite { folder } => folder.display().to_string(),
        Database::Postgres { .. } => "storage.postgres".to_owned(),
    };
    Store::open(StoreConfig { database, root, world, origin }).await.context(place)
}

/// Opens the key store alone, beside whatever else uses it.
pub(crate) async fn open_keys(config: &Config, environment: &Environment) -> Result<Keys> {
    let root = root_key::open(config, environment).await?;
    let database = database(&config.storage, environment)?;
    Ok(Keys::open_alone(database, root, World::real()).await?)
}

/// Where the data and the keys are, with secrets read.
pub(crate) fn database(config: &StorageConfig, environment: &Environment) -> Result<Database> {
    let Some(postgres) = &config.postgres else {
        let folder = config.folder.relative();
        crate::files::private_folder(&folder).with_context(|| folder.display().to_string())?;
        return Ok(Database::Sqlite { folder });
    };
    let PostgresConfig { data, keys, writers, authorities } = postgres;
    let url = |source: &SecretSource| source.read(environment).map(|text| text.expose().to_owned());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in trust::certificates(authorities.iter().map(|path| path.relative()))? {
        roots.add(certificate).context("storage.postgres.authorities")?;
    }
    Ok(Database::Postgres {
        data: url(data).context("storage.postgres.data")?,
        keys: url(keys).context("storage.postgres.keys")?,
        writers: *writers,
        roots: Arc::new(roots),
    })
}

fn client(config: &EgressConfig, trust: &Trust) -> Result<Client> {
    Ok(Client::new(receivers(config)?, trust)?)
}

/// Who is asked for what the API names: addresses of receivers, relays and identity providers, and records of domains.
fn name_servers(config: &EgressConfig) -> Result<NameServers> {
    let servers = match config.name_servers.as_slice() {
        [] => NameServers::of_the_system(),
        these => NameServers::these(these),
    };
    servers.context("egress.name_servers")
}

fn mailer(config: &EgressConfig, trust: &Trust) -> Result<Mailer> {
    Ok(Mailer::new(Network::new(opened(Policy::strict_mail(), config), name_servers(config)?), trust)?)
}

/// The network in which endpoints and identity providers are.
pub(crate) fn receivers(config: &EgressConfig) -> Result<Network> {
    let policy = config.ports.iter().fold(Policy::strict(), |policy, port| policy.with_port(*port));
    Ok(Network::new(opened(policy, config), name_servers(config)?))
}

/// The policy with what the configuration opens and closes.
pub(crate) fn opened(policy: Policy, config: &EgressConfig) -> Policy {
    let policy = config.allow.iter().fold(policy, |policy, block| policy.with_allowed(block.cidr()));
    let policy = config.refuse.iter().fold(policy, |policy, block| policy.with_refused(block.cidr()));
    let policy = config.nat64.iter().fold(policy, |policy, block| policy.with_translated(block.cidr()));
    if config.loopback { policy.with_loopback() } else { policy }
}

fn web(config: &Config, dashboard: Dashboard) -> WebConfig {
    WebConfig {
        dashboard: Some(dashboard),
        limits: config.limits,
        security_txt: security_txt(&config.security_txt),
        version: env!("CARGO_PKG_VERSION"),
        origin: config.server.public_url.as_str().to_owned(),
        // The local authority's certificates are for localhost.
        strict_transport: config.tls.certificate.is_some(),
        proxies: config.server.proxies(),
        hosts: config.doors.hosts(),
        ..WebConfig::default()
    }
}

fn security_txt(config: &SecurityTxtConfig) -> Option<SecurityTxt> {
    let expires = config.expires.clone()?;
    Some(SecurityTxt { contact: config.contact.clone(), expires, policy: config.policy.clone() })
}

fn witness(config: &Config) -> Result<Option<WitnessFolder>> {
    let folder: Option<PathBuf> = config.ledger.witness.as_ref().map(|path| path.relative());
    folder.map(|folder| WitnessFolder::open(&folder).with_context(|| folder.display().to_string())).transpose()
}
