//! Published Taskcluster clients, unmodified.

use treble_tests::{Server, node, python};

#[tokio::test]
async fn python_client() {
    python(&Server::start().await);
}

#[tokio::test]
async fn javascript_client() {
    node(&Server::start().await);
}
