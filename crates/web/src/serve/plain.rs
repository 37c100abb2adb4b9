//! What plain HTTP hears on a TLS port: no, and why. No redirect: it would be followed, credential and all, by whoever sits
//! between.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BODY: &str = concat!(
    r#"{"type":"/docs/errors#https_required","title":"HTTPS is required","status":403,"code":"https_required","#,
    r#""detail":"If a credential was sent in clear text, revoke it."}"#
);
/// As much of the request as is read before the connection is closed, so that the answer isn't lost to a reset.
const LINGER: u64 = 64 * 1024;

pub(super) async fn refuse(mut stream: TcpStream) {
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    if stream.write_all(head.as_bytes()).await.is_err() || stream.shutdown().await.is_err() {
        return;
    }
    let rest = async {
        let mut limited = stream.take(LINGER);
        let mut sink = [0; 4096];
        while limited.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    };
    // Whoever goes on sending is cut off.
    let _ = tokio::time::timeout(Duration::from_secs(1), rest).await;
}
