//! The webhook of a SIEM.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::target::Target;
use sealpost_egress::tls::Trust;
use sealpost_seal::signature::{KeyEncoding, SigningSecret, verify_standard};
use tokio::net::TcpListener;

use super::*;

type Heard = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

both_engines! {
    async fn a_webhook_gets_signed_batches_and_again_what_it_did_not_take(test: TestStore) {
        let ctx = test.organisation().await;
        act(&test, &ctx, 300).await;
        let (heard, url) = receiver(&[204, 500, 204]).await;
        let secret = SigningSecret::generate(&*test.store.world().rng);
        let stream = Stream::new(test.store.clone(), webhook(&url, &secret));
        assert!(stream.look().await.is_err(), "the second batch is refused");
        assert_eq!(test.store.stream_backlog("webhook").await.unwrap(), 300 - 256, "the first one counts all the same");
        assert_eq!(stream.look().await.unwrap(), Looked::Delivered);
        assert_eq!(stream.look().await.unwrap(), Looked::Quiet);
        let heard = heard.lock().unwrap().clone();
        let mut seqs = Vec::new();
        for (headers, body) in &heard {
            let pairs: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
            verify_standard(&pairs, body, &secret, test.store.world().clock.now().unix_seconds(), 300).unwrap();
            let batch: Value = serde_json::from_slice(body).unwrap();
            assert_eq!((&batch["type"], &batch["organisation"]), (&"ledger.leaves".into(), &ctx.org.id.to_string().into()));
            seqs.push(batch["leaves"].as_array().unwrap().iter().map(|leaf| leaf["seq"].as_u64().unwrap()).collect::<Vec<_>>());
        }
        let (first, rest) = ((0..256).collect::<Vec<_>>(), (256..300).collect::<Vec<_>>());
        assert_eq!(seqs, [first, rest.clone(), rest]);
        let id = |at: usize| heard[at].0["webhook-id"].clone();
        assert!(id(1) == id(2) && id(0) != id(1), "what comes again is recognised by its id");
    }
}

fn webhook(url: &str, secret: &SigningSecret) -> Sink {
    let network = Network::system(Policy::strict().with_loopback());
    let target = Target::parse(url, network.policy()).unwrap();
    let client = Client::new(network, &Trust::new([]).unwrap()).unwrap();
    let secret = Box::new(SigningSecret::import(secret.expose(), KeyEncoding::Base64).unwrap());
    Sink::Webhook { client, target, secret }
}

/// Answers with these statuses in turn, and then with the last.
async fn receiver(statuses: &'static [u16]) -> (Heard, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://127.0.0.1:{}/intake", listener.local_addr().unwrap().port());
    let heard = Heard::default();
    let shared = heard.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let heard = shared.clone();
            let hear = service_fn(move |request| hear(heard.clone(), request, statuses));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(tcp), hear));
        }
    });
    (heard, url)
}

async fn hear(
    heard: Heard,
    request: Request<Incoming>,
    statuses: &[u16],
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut heard = heard.lock().unwrap();
    let status = statuses[heard.len().min(statuses.len() - 1)];
    heard.push((parts.headers, body));
    Ok(Response::builder().status(status).body(Empty::new()).unwrap())
}
