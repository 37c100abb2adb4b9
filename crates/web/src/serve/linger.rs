//! The end of a connection. Closing a socket under what its peer still sends resets it, and a reset takes the answer along
//! that the peer hasn't read yet (RFC 9112 §9.6).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// As much as is read before the connection is closed.
const MOST: u64 = 256 * 1024;
/// How long the peer may take to see the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Says that this was all, reads until the peer has seen it, and closes. Whoever goes on sending is cut off.
pub(super) async fn close(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let end = async {
        stream.shutdown().await?;
        let mut limited = stream.take(MOST);
        let mut sink = [0; 4096];
        while limited.read(&mut sink).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(PATIENCE, end).await;
}
