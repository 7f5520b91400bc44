//! What others do to a lane between two requests of one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use treble_aws::dynamodb::DynamoGates;
use treble_core::gate::ports::{LaneState, LaneStore, Taken};
use treble_core::secret::MasterKey;
use treble_embedded::Embedded;

use super::{name, now, seconds};
use crate::support::Stores;

/// What others do.
type Deed = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Does that before the second request.
#[derive(Clone)]
struct Between {
    database: Embedded,
    requests: Arc<AtomicUsize>,
    deed: Deed,
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Between").finish_non_exhaustive()
    }
}

impl HttpClient for Between {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Between {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { database, requests, deed } = self.clone();
        HttpConnectorFuture::new(async move {
            if requests.fetch_add(1, Ordering::SeqCst) == 1 {
                deed().await;
            }
            let target = request.headers().get("x-amz-target").unwrap();
            let (status, reply) = database.dispatch(target, request.body().bytes().unwrap());
            let status = StatusCode::try_from(status).unwrap();
            Ok(HttpResponse::new(status, SdkBody::from(reply)))
        })
    }
}

fn gates(stores: &Stores) -> DynamoGates {
    DynamoGates::new(stores.client.clone(), &stores.names.gates, &MasterKey::new([7; 32]))
}

/// The same, in whose requests others come between.
fn interrupted<F>(stores: &Stores, deed: impl Fn(DynamoGates) -> F + Send + Sync + 'static) -> DynamoGates
where
    F: Future<Output = ()> + Send + 'static,
{
    let others = gates(stores);
    let deed: Deed = Arc::new(move || Box::pin(deed(others.clone())));
    let between = Between { database: stores.database.clone(), requests: Arc::default(), deed };
    let config = stores.client.config().to_builder().http_client(between).build();
    DynamoGates::new(Client::from_conf(config), &stores.names.gates, &MasterKey::new([7; 32]))
}

#[tokio::test]
async fn who_meets_a_lane_as_it_is_left_gets_it() {
    let stores = Stores::new().await;
    let (acme, until) = (name("acme"), now() + seconds(30));
    gates(&stores).take(&acme, "one", now(), until).await.unwrap();
    let late = interrupted(&stores, |others| async move {
        assert!(others.leave(&name("acme"), "one", &LaneState::default()).await.unwrap(), "nobody came yet");
    });
    let taken = late.take(&acme, "two", now(), until).await.unwrap();
    assert_eq!(taken, Taken::Yes(LaneState::default()), "a note would be for nobody");
}

#[tokio::test]
async fn who_meets_a_lane_as_another_gets_it_leaves_the_note_for_that_one() {
    let stores = Stores::new().await;
    let (acme, until) = (name("acme"), now() + seconds(30));
    gates(&stores).take(&acme, "one", now(), until).await.unwrap();
    let late = interrupted(&stores, move |others| async move {
        assert!(others.leave(&name("acme"), "one", &LaneState::default()).await.unwrap());
        others.take(&name("acme"), "three", now(), until).await.unwrap();
    });
    assert_eq!(late.take(&acme, "two", now(), until).await.unwrap(), Taken::Busy);
    assert!(!gates(&stores).leave(&acme, "three", &LaneState::default()).await.unwrap());
}

#[tokio::test]
async fn who_loses_a_lane_as_they_heed_a_note_has_left_it() {
    let stores = Stores::new().await;
    let (acme, until) = (name("acme"), now() + seconds(30));
    let slow = interrupted(&stores, move |others| async move {
        let (acme, later) = (name("acme"), until + seconds(30));
        assert!(matches!(others.take(&acme, "three", until, later).await.unwrap(), Taken::Yes(_)));
        assert_eq!(others.take(&acme, "four", until, later).await.unwrap(), Taken::Busy);
    });
    let others = gates(&stores);
    others.take(&acme, "one", now(), until).await.unwrap();
    assert_eq!(others.take(&acme, "two", now(), until).await.unwrap(), Taken::Busy);
    assert!(slow.leave(&acme, "one", &LaneState::default()).await.unwrap(), "it is somebody else's");
    assert!(!others.leave(&acme, "three", &LaneState::default()).await.unwrap(), "whose note stays");
}
