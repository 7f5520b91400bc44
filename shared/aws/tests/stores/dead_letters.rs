//! What could not be done is kept until somebody looks.

use treble_aws::dynamodb::DynamoDeadLetters;
use treble_core::ports::{DeadLetter, DeadLetters};

use crate::support::{Stores, all, at};

#[tokio::test]
async fn dead_letters_are_kept_oldest_first_and_removed_once() {
    let stores = Stores::new().await;
    let letters = DynamoDeadLetters::new(stores.client.clone(), &stores.names.fires);
    let letter = |id: &str, second, hook: Option<&str>| DeadLetter {
        id: id.into(),
        hook: hook.map(|hook| hook.parse().unwrap()),
        died: at(second),
        reason: "no answer".into(),
        message: "größe".into(),
    };
    let (first, second) = (letter("b", 1, Some("g/a/b")), letter("a", 2, None));
    for letter in [&second, &first, &first] {
        letters.add(letter).await.unwrap();
    }
    assert_eq!(letters.list(&all()).await.unwrap().items, [first.clone(), second.clone()]);
    assert!(letters.remove(&first).await.unwrap());
    assert!(!letters.remove(&first).await.unwrap());
    assert_eq!(letters.list(&all()).await.unwrap().items, [second]);
}
