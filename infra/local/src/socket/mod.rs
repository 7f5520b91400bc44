//! The socket by which other commands reach the database of a running server: DynamoDB's own protocol, over
//! a Unix socket that only this user may open.

mod client;
mod server;

pub(crate) use client::connect;
pub(crate) use server::{bind, serve};

/// What names the operation of a request.
const TARGET: &str = "x-amz-target";

/// The largest request that DynamoDB takes, in bytes.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use treble_aws::dynamodb::{TableNames, create_tables};
    use treble_embedded::Embedded;

    use super::*;

    #[tokio::test]
    async fn the_sdk_works_through_it_and_writes_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("treble.sock");
        assert!(connect(&path).await.is_none());

        let database = Embedded::memory().unwrap();
        let names = TableNames::with_prefix("test");
        create_tables(&database.sdk_client(), &names).await.unwrap();
        let writes = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&writes);
        let listener = bind(&path).unwrap();
        tokio::spawn(serve(listener, database, move || {
            told.fetch_add(1, Ordering::Relaxed);
        }));

        let client = connect(&path).await.unwrap();
        let tables = client.list_tables().send().await.unwrap();
        assert_eq!(tables.table_names().len(), 4);
        assert_eq!(writes.load(Ordering::Relaxed), 0);
        let error = client.delete_table().table_name("none").send().await.unwrap_err();
        assert!(error.as_service_error().unwrap().is_resource_not_found_exception());
        assert_eq!(writes.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("treble.sock");
        drop(bind(&path).unwrap());
        assert!(path.exists() && connect(&path).await.is_none());
        let _listener = bind(&path).unwrap();
        assert!(connect(&path).await.is_some());
    }
}
