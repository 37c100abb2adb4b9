//! A house being served: listeners, dispatcher, tasks, and a calm end for all of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sealpost_access::api_keys::KeyUse;
use sealpost_govern::checkpoints::Signer;
use sealpost_store::{Store, Time};
use sealpost_web::admin::Admin;
use sealpost_web::metrics::Metric;
use sealpost_web::serve::{Drained, ServeConfig, Wire, serve};
use sealpost_web::tls::{self, Certificates, LocalAuthority, local_authority};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::config::Config;
use crate::house::House;
use crate::numbers::Numbers;
use crate::tasks;

/// Sockets that are open already, so that their ports are known before anything is built.
pub(crate) struct Listeners {
    public: TcpListener,
    refuse_http: Option<TcpListener>,
    admin: Option<TcpListener>,
}

/// Certificates, and the local authority they come from if it is one.
pub(crate) struct Tls {
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) authority: Option<LocalAuthority>,
}

/// A house that serves. Dropping it ends everything at once; [`Running::stop`] ends it calmly.
pub(crate) struct Running {
    /// Where the API is.
    pub(crate) public: SocketAddr,
    /// Where operators look.
    pub(crate) admin: Option<SocketAddr>,
    page: Admin,
    stop: watch::Sender<bool>,
    listeners: JoinSet<Drained>,
    admin_listener: Option<JoinHandle<Drained>>,
    dispatcher: JoinHandle<()>,
    tasks: JoinSet<()>,
    drain: Duration,
    store: Store,
    uses: Arc<KeyUse>,
    signer: Arc<Signer>,
}

/// How the end went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Every request that had begun was answered.
    pub(crate) requests_drained: bool,
    /// Every delivery under way came to its end; what didn't is found again at the next start.
    pub(crate) deliveries_drained: bool,
}

impl Listeners {
    /// Opens the sockets.
    pub(crate) async fn bind(config: &Config) -> Result<Self> {
        let server = &config.server;
        Ok(Self {
            public: bind("server.bind", server.bind).await?,
            refuse_http: maybe_bind("server.refuse_http", server.refuse_http).await?,
            admin: maybe_bind("server.admin", server.admin).await?,
        })
    }

    /// Where the API will be.
    pub(crate) fn public(&self) -> Result<SocketAddr> {
        Ok(self.public.local_addr()?)
    }
}

impl Tls {
    /// The configured certificates, or those of the local authority in the data folder.
    pub(crate) fn load(config: &Config, now: Time) -> Result<Self> {
        let (certificate, key, authority) = match (&config.tls.certificate, &config.tls.key) {
            (Some(certificate), Some(key)) => (certificate.relative(), key.relative(), None),
            _ => {
                let folder = config.storage.folder.relative();
                crate::files::private_folder(&folder).with_context(|| folder.display().to_string())?;
                let authority = local_authority(&folder.join("tls"), now)?;
                (authority.certificate.clone(), authority.key.clone(), Some(authority))
            }
        };
        Ok(Self { certificates: Certificates::load(certificate, key)?, authority })
    }
}

impl Running {
    /// Starts serving.
    pub(crate) fn start(
        mut house: House,
        listeners: Listeners,
        certificates: &Arc<Certificates>,
        config: &Config,
    ) -> Result<Self> {
        let drain = Duration::from_secs(config.server.drain_seconds);
        let caps = ServeConfig {
            max_connections: config.server.max_connections,
            drain_timeout: drain,
            ..ServeConfig::default()
        };
        let wire = Wire::Tls(tls::server_config(certificates.clone())?);
        let (stop, stopped) = watch::channel(false);
        let public = listeners.public()?;
        let admin = listeners.admin.as_ref().map(TcpListener::local_addr).transpose()?;
        let mut serving = JoinSet::new();
        for listener in std::iter::once(listeners.public).chain(listeners.refuse_http) {
            let (wire, app, stopped) = (wire.clone(), house.app.clone(), until(&stopped));
            serving
                .spawn(async move { serve(listener, wire, app, caps, stopped).await.unwrap_or(Drained::Interrupted) });
        }
        let dispatcher = house.messaging.dispatcher();
        let streams = house.streams.iter().map(|stream| (stream.name(), stream.health())).collect();
        let numbers = Numbers::new(&house.store, &dispatcher.kinds(), streams);
        let dispatcher = tokio::spawn(dispatcher.run(stopped));
        let page = admin_page(&house, numbers.clone(), dispatcher.abort_handle());
        let admin_listener = listeners.admin.map(|listener| {
            // Goes on while requests drain, so that whoever watches sees it.
            tokio::spawn(page.clone().serve(listener, std::future::pending()))
        });
        let mut tasks = tasks::start(&house, certificates, &config.ledger);
        for stream in std::mem::take(&mut house.streams) {
            tasks.spawn(stream.run());
        }
        if let Some(telemetry) = house.telemetry.take() {
            let page =
                vec![house.app.metrics(), house.messaging.metrics(), Arc::new(numbers.clone()) as Arc<dyn Metric>];
            telemetry.start(page, &mut tasks);
        }
        tasks.spawn(numbers.count_forever());
        Ok(Self {
            public,
            admin,
            page,
            stop,
            listeners: serving,
            admin_listener,
            dispatcher,
            tasks,
            drain,
            uses: house.keys.uses(),
            signer: house.signer,
            store: house.store,
        })
    }

    /// Where the data is.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Accepts nothing more, finishes what has begun, writes down what is only in memory, signs the last checkpoint.
    pub(crate) async fn stop(mut self) -> Ended {
        self.page.drain();
        let _ = self.stop.send(true);
        let mut requests_drained = true;
        while let Some(ended) = self.listeners.join_next().await {
            requests_drained &= matches!(ended, Ok(Drained::Completely));
        }
        let deliveries_drained = tokio::time::timeout(self.drain, &mut self.dispatcher).await.is_ok();
        self.tasks.shutdown().await;
        if let Err(error) = self.uses.flush().await {
            tracing::error!(error = %error, "key_use.flush_failed");
        }
        if let Err(error) = self.signer.round().await {
            tracing::error!(error = %error, "checkpoint.sign_failed");
        }
        Ended { requests_drained, deliveries_drained }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(listener) = &self.admin_listener {
            listener.abort();
        }
    }
}

fn admin_page(house: &House, numbers: Numbers, dispatcher: AbortHandle) -> Admin {
    let (store, keys) = (house.store.clone(), house.store.keys().clone());
    let data = move || {
        let store = store.clone();
        async move { store.data_can_be_written().await }
    };
    let key_store = move || {
        let keys = keys.clone();
        async move { keys.can_be_written().await }
    };
    let page = Admin::builder()
        .check("storage", data)
        .check("keys", key_store)
        .check("dispatcher", move || std::future::ready(!dispatcher.is_finished()))
        .metric(house.app.metrics())
        .metric(house.messaging.metrics())
        .metric(numbers);
    match &house.telemetry {
        Some(telemetry) => page.metric(telemetry.dropped()).build(),
        None => page.build(),
    }
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{key}: can't listen on {address}"))
}

async fn maybe_bind(key: &str, address: Option<SocketAddr>) -> Result<Option<TcpListener>> {
    match address {
        Some(address) => bind(key, address).await.map(Some),
        None => Ok(None),
    }
}

fn until(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stopped.clone();
    async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}
