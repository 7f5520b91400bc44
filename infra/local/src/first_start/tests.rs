use treble_aws::dynamodb::{DynamoHooks, TableNames, create_tables};
use treble_core::ports::Credentials as _;
use treble_core::secret::MasterKey;
use treble_core::trigger_schema::TriggerSchema;
use treble_embedded::Embedded;

use super::*;

const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_800_000_000, 0);

struct Place {
    dir: DataDir,
    auth: DynamoAuth,
    hooks: DynamoHooks,
    _parent: tempfile::TempDir,
}

impl Place {
    async fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::create(parent.path()).unwrap();
        let client = Embedded::memory().unwrap().sdk_client();
        let names = TableNames::with_prefix("test");
        create_tables(&client, &names).await.unwrap();
        let auth = DynamoAuth::new(client.clone(), &names.auth, &MasterKey::new([7; 32]));
        Self { dir, auth, hooks: DynamoHooks::new(client, &names.hooks), _parent: parent }
    }

    async fn start(&self) -> Result<bool, Failure> {
        run(&self.dir, &self.auth, &self.hooks, NOW).await
    }

    async fn good(&self) -> Result<RootClient, String> {
        RootClient::good(&self.dir, &self.auth, NOW).await.unwrap()
    }
}

#[tokio::test]
async fn it_is_done_once() {
    let place = Place::new().await;
    assert!(place.start().await.unwrap());
    let root = place.good().await.unwrap();
    let stored = place.auth.client("root").await.unwrap().unwrap();
    assert_eq!((stored.access_token.reveal(), &*stored.scopes), (&*root.access_token, &["*".to_owned()][..]));
    let sample = sample_hook(&place.hooks).await.unwrap().unwrap();

    assert!(place.hooks.remove(&sample).await.unwrap());
    assert!(place.auth.delete_client("root").await.unwrap());
    assert!(!place.start().await.unwrap());
    assert!(sample_hook(&place.hooks).await.unwrap().is_none());
    assert_eq!(place.good().await.err().unwrap(), "The client root of the first start was deleted.");
}

#[tokio::test]
async fn an_interrupted_one_is_finished() {
    let place = Place::new().await;
    let unfinished = root_client::begin(&place.dir).unwrap().unwrap();
    root_client::create(&unfinished, &place.dir, &place.auth, NOW).await.unwrap();
    drop(unfinished);
    assert!(place.start().await.unwrap());
    place.good().await.unwrap();
}

#[tokio::test]
async fn anothers_root_client_is_left_alone() {
    let (place, other) = (Place::new().await, Place::new().await);
    place.start().await.unwrap();
    let second = Place { dir: other.dir, _parent: other._parent, ..place };
    let error = second.start().await.unwrap_err();
    assert!(error.to_string().contains("made with another data directory"), "{error}");
}

#[tokio::test]
async fn a_new_access_token_is_kept_and_another_noticed() {
    let place = Place::new().await;
    place.start().await.unwrap();
    let token = treble_core::ports::AccessToken::new("new");
    place.auth.reset_access_token("root", &token).await.unwrap();
    assert!(place.good().await.err().unwrap().contains("another access token"));
    note_token(&place.dir, "somebody", "else").unwrap();
    note_token(&place.dir, "root", "new").unwrap();
    assert_eq!(place.good().await.unwrap().access_token, "new");
    place.auth.set_client_disabled("root", true).await.unwrap();
    assert!(place.good().await.err().unwrap().contains("disabled"));
}

#[test]
fn the_sample_takes_a_payload() {
    let (name, hook) = sample().unwrap();
    assert_eq!(name.to_string(), "examples/hello");
    let schema = TriggerSchema::compile(&hook.trigger_schema).unwrap();
    assert!(schema.apply(serde_json::json!({"name": "Ada"})).is_ok());
    assert!(schema.apply(serde_json::json!({"name": 1})).is_err());
}
