use treble_aws::dynamodb::{NewClient, Restore, Restored};
use treble_core::ports::{AccessToken, Credentials};
use treble_core::secret::MasterKey;

use super::auth;
use crate::support::{Stores, all, at};

#[tokio::test]
async fn a_client_comes_back_sealed_and_under_its_key_only() {
    let (old, new) = (Stores::new().await, Stores::new().await);
    let client = NewClient {
        client_id: "ci/build".into(),
        description: "builds".into(),
        access_token: AccessToken::new("s3cret-s3cret-s3cret"),
        scopes: vec!["hooks:*".into()],
        expires: at(1_000_000_000),
        created: at(0),
    };
    let (from, to) = (auth(&old), auth(&new));
    from.create_client(&client).await.unwrap();
    from.set_client_disabled("ci/build", true).await.unwrap();
    let sealed = from.list_sealed_clients(&all()).await.unwrap().items.remove(0);
    assert_eq!(to.restore_client(&sealed, Restore::DryRun).await.unwrap(), Restored::New);
    assert_eq!(to.client("ci/build").await.unwrap(), None);
    assert_eq!(to.restore_client(&sealed, Restore::Keep).await.unwrap(), Restored::New);
    assert_eq!(to.restore_client(&sealed, Restore::Keep).await.unwrap(), Restored::Same);
    assert_eq!(to.client("ci/build").await.unwrap(), from.client("ci/build").await.unwrap());

    to.set_client_disabled("ci/build", false).await.unwrap();
    assert_eq!(to.restore_client(&sealed, Restore::Keep).await.unwrap(), Restored::Different);
    assert!(!to.client("ci/build").await.unwrap().unwrap().disabled);
    assert_eq!(to.restore_client(&sealed, Restore::Replace).await.unwrap(), Restored::Replaced);
    assert!(to.client("ci/build").await.unwrap().unwrap().disabled);

    let other_key =
        treble_aws::dynamodb::DynamoAuth::new(new.client.clone(), &new.names.auth, &MasterKey::new([99; 32]));
    let refused = other_key.restore_client(&sealed, Restore::Replace).await.unwrap_err().to_string();
    assert!(refused.contains("under another master key"), "{refused}");
}
