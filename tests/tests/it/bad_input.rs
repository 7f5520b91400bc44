//! Bad input through the public door: the tables in `tests/cases/bad`, each row with the status, the code and the message
//! that it is answered with. None is answered with a 5xx, and none late.

use serde_json::Value;
use treble_tests::{Server, table};

macro_rules! tables {
    ($($name:ident)*) => {
        const TABLES: &[&str] = &[$(include_str!(concat!("../../cases/bad/", stringify!($name), ".json"))),*];

        $(
            #[tokio::test]
            async fn $name() {
                let rows = include_str!(concat!("../../cases/bad/", stringify!($name), ".json"));
                table::run(&Server::start().await, rows).await;
            }
        )*
    };
}

tables! {
    bewits certificates definitions encodings hawk headers http json paths payloads queries schedules schemas sizes
    templates
}

/// Every refusal in the tables is told in full: the code, and the message or at least parts of it.
#[test]
fn refusals_are_told_in_full() {
    let rows = TABLES.iter().flat_map(|rows| serde_json::from_str::<Vec<Value>>(rows).unwrap());
    let refused: Vec<Value> = rows.filter(|row| row["status"].as_u64() >= Some(400)).collect();
    assert!(refused.len() >= 150, "{}", refused.len());
    for row in refused {
        let told = row["code"].is_string() && (row["says"].is_string() || row["mentions"].is_array());
        assert!(told || row["bare"] == true, "{row}");
    }
}
