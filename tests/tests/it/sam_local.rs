//! What `make sam-local` makes of template.yaml, in the eyes of SAM itself. Its containers need Docker, and are not tried.

use std::collections::BTreeMap;

use treble_api::taskcluster::ALL_ROUTES;
use treble_api::{ccx, cds};
use treble_tests::sam_local_routes;

#[test]
fn sam_finds_every_route() {
    let mut found = sam_local_routes();
    // SAM makes a route for each method of what is for any.
    let others: BTreeMap<_, _> = found.extract_if(.., |route, _| route.ends_with(" $default")).collect();
    assert!(others.len() >= 7 && others.values().all(|binary| binary == "default"), "{others:?}");
    let mut expected: BTreeMap<String, String> = ALL_ROUTES
        .iter()
        .map(|route| (format!("{} {}", route.method, route.path_template()), route.function()))
        .collect();
    for route in cds::ROUTES {
        let keys = route.methods.iter().map(|method| format!("{method} {}", route.path));
        expected.extend(keys.map(|key| (key, route.function())));
    }
    expected.insert(format!("POST {}{{method}}", ccx::MOUNT), "ccx".to_owned());
    assert_eq!(found, expected);
}
