//! What plain HTTP hears on a TLS port: no, and why. No redirect: it would be followed, credential and all, by whoever sits
//! between.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::linger;

const BODY: &str = concat!(
    r#"{"type":"/docs/errors#https_required","title":"HTTPS is required","status":403,"code":"https_required","#,
    r#""detail":"If a credential was sent in clear text, revoke it."}"#
);
pub(super) async fn refuse(mut stream: TcpStream) {
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    if stream.write_all(head.as_bytes()).await.is_ok() {
        linger::close(stream).await;
    }
}
