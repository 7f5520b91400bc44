//! Where integrators may be.

use serde_json::json;
use treble_tests::GateWorld;

#[tokio::test]
async fn nothing_inside_is_called_where_only_public_addresses_are() {
    let world = GateWorld::with(&["--integrator-addresses", "public"]).await;
    let set = |url: &str| {
        let body = json!({"url": url, "events": ["pre-add-node"]});
        GateWorld::admin("PUT /integrators/one").json(&body)
    };
    for (url, said) in [
        ("http://127.0.0.1:8081", "127.0.0.1 is a loopback address, where integrators can't be"),
        ("http://[::1]/", "loopback"),
        ("http://10.0.0.1/hooks", "10.0.0.1"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://[::ffff:192.168.0.1]/", "private"),
    ] {
        let reply = world.send(&set(url)).await;
        let (code, message) = reply.error();
        assert_eq!((reply.status, &*code), (400, "InputError"), "{url}: {message}");
        assert!(message.contains(said), "{url}: {message}");
    }
    // A name is looked up when it is called.
    let name = format!("http://localhost:{}", world.receiver.url().rsplit_once(':').unwrap().1);
    let reply = world.send(&set(&name)).await;
    if reply.status == 200 {
        let answer = world.ask("PreAddNode", &json!({"clusterId": "1"})).await;
        assert!(answer["reason"].as_str().unwrap().contains("loopback"), "{answer}");
    }
    assert!(world.receiver.received().is_empty());
}

#[tokio::test]
async fn a_local_server_may_be_anywhere_unless_it_is_said() {
    let world = GateWorld::start().await;
    world.set("one", &["pre-add-node"]).await;
    assert_eq!(world.ask("PreAddNode", &json!({"clusterId": "1"})).await["workId"], "own-1");
}
