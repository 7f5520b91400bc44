//! The bridge and a broker with TLS.

use treble_pulse_bridge::Broker;

use super::broker::User;
use super::eventually;
use super::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_with_tls_is_trusted_if_its_certificate_is() {
    let mut world = World::new().await;
    let user = User::of(&world.broker).await;
    user.declare("e").await;
    world.set("g/h", &[("e", "#")]).await;
    let broker = Broker::new(&world.broker.tls_url()).unwrap();
    world.bridge_to(broker.clone());
    eventually("it is refused", async || {
        let (well, report) = world.health.report();
        let reason = report["reason"].as_str().unwrap_or_default().to_lowercase();
        (!well && reason.contains("certificate")).then_some(())
    })
    .await;
    world.stop().await;

    let certificate = world.broker.certificate().to_owned();
    world.bridge_to(broker.with_authorities(certificate));
    world.bound_to(&[("e", "#")]).await;
    user.publish("e", "a", "{}").await;
    assert_eq!(world.take_keys(1).await, ["a"]);
}
