//! What reaches the API at all.

use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_1_2_fails_and_tls_1_3_works_for_openssl() {
    let house = House::sqlite().await;
    let old = openssl(&house, &["-tls1_2"]).await;
    assert!(old.contains("no peer certificate available") && !old.contains("New, TLSv1.2"), "{old}");
    let new = openssl(&house, &["-tls1_3"]).await;
    assert!(new.contains("New, TLSv1.3") && new.contains("Verify return code: 0 (ok)"), "{new}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hybrid_post_quantum_key_exchange_is_offered_to_openssl() {
    let house = House::sqlite().await;
    let said = openssl(&house, &["-groups", "X25519MLKEM768"]).await;
    if said.contains("unknown group") || said.contains("Call to SSL_CONF_cmd(-groups") {
        eprintln!("SKIPPED, LOUDLY: this OpenSSL (before 3.5) doesn't know X25519MLKEM768");
        return;
    }
    assert!(said.contains("X25519MLKEM768") && said.contains("Verify return code: 0 (ok)"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_is_answered_403_https_required_without_a_redirect() {
    let house = House::sqlite().await;
    let mut tcp = TcpStream::connect(house.address).await.unwrap();
    let request = "GET /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer sk_test_secret\r\n\r\n";
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = tcp.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("https_required") && !answer.to_lowercase().contains("location:"), "{answer}");
}

async fn openssl(house: &House, how: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &house.address.to_string(), "-servername", "localhost", "-CAfile"]);
    command.arg(house.authority()).args(how).stdin(Stdio::null());
    let output = command.output().await.expect("openssl is there");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
