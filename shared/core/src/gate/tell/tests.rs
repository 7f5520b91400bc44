use serde_json::json;

use super::super::tests::{Fault, World, at, integrator, now, set_now};
use super::*;

fn body(work_id: &str) -> Map<String, Value> {
    json!({"cluster_id": "1", "node_ids": ["n"], "work_id": work_id}).as_object().unwrap().clone()
}

#[tokio::test]
async fn each_that_wants_it_is_told_with_its_own_id() {
    let world = World::new([
        integrator("a", [Event::PreAddNode, Event::PostAddNode]),
        integrator("b", [Event::PostAddNode]),
        integrator("c", [Event::PostRemoveNode]),
    ]);
    let own = vec![("a".parse().unwrap(), "of a".to_owned()), ("c".parse().unwrap(), "of c".to_owned())];
    let correlation = Correlation { work_id: "w".into(), event: Event::PreAddNode, created: now(), own };
    world.state().correlations.insert("w".into(), correlation);
    let created = at("27T09:59:00");
    let told = world.gates().tell(Event::PostAddNode, &body("w"), created, None).await.unwrap();
    let deliveries = [world.deliveries("a"), world.deliveries("b"), world.deliveries("c")].concat();
    let ids: Vec<DeliveryId> = deliveries.iter().map(|delivery| delivery.id.clone()).collect();
    assert_eq!(told.deliveries, ids);
    for (delivery, (name, work_id)) in deliveries.iter().zip([("a", "of a"), ("b", "w")]) {
        let expected = Delivery {
            id: delivery.id.clone(),
            integrator: name.parse().unwrap(),
            event: Event::PostAddNode,
            body: Value::Object(body(work_id)),
            created,
            // It is told a minute late.
            retry_until: at("29T10:00:00"),
            status: DeliveryStatus::Waiting,
            attempts: 0,
            last_error: None,
        };
        assert_eq!(*delivery, expected);
    }
    assert_eq!(deliveries.len(), 2);
    let messages = ["a", "b"].map(|name| (now(), name.parse().unwrap()));
    assert_eq!(world.state().messages, messages);
}

#[tokio::test]
async fn an_id_that_nobody_knows_is_passed_on() {
    for (work_id, calls) in [(json!("w"), 4), (json!(""), 3), (json!(null), 3), (json!(7), 3)] {
        let world = World::new([integrator("a", [Event::PostAddNode])]);
        let body = json!({"work_id": work_id});
        world.gates().tell(Event::PostAddNode, body.as_object().unwrap(), now(), None).await.unwrap();
        assert_eq!(world.deliveries("a")[0].body, body);
        assert_eq!(world.state().calls, calls, "{work_id}");
    }
}

#[tokio::test]
async fn nobody_to_be_told_is_one_read() {
    let world = World::new([integrator("a", [Event::PreAddNode])]);
    let told = world.gates().tell(Event::PostAddNode, &body("w"), now(), Some("seed")).await.unwrap();
    assert_eq!((told, world.state().calls), (Told::default(), 1));
}

#[tokio::test]
async fn what_is_told_twice_is_one_delivery_if_it_has_a_seed() {
    for (seeds, deliveries) in [([None, None], 2), ([Some("s"), Some("s")], 1), ([Some("s"), Some("t")], 2)] {
        let world = World::new([
            integrator("a", [Event::PostAddNode, Event::PostFire]),
            integrator("b", [Event::PostFire]),
        ]);
        let created = now();
        for seed in seeds {
            world.gates().tell(Event::PostAddNode, &body("w"), created, seed).await.unwrap();
            set_now(at("27T11:00:00"));
        }
        let own = world.deliveries("a");
        assert_eq!(own.len(), deliveries, "{seeds:?}");
        // As it was told first.
        assert!(deliveries > 1 || own[0].retry_until == at("29T10:00:00"));
        assert_eq!(world.state().messages.len(), 2);
        // Neither another event nor another integrator is the same.
        let told = world.gates().tell(Event::PostFire, &body("w"), created, seeds[0]).await.unwrap();
        assert_eq!(told.deliveries.len(), 2);
        assert!(!own.iter().any(|delivery| told.deliveries.contains(&delivery.id)));
        assert_ne!(told.deliveries[0], told.deliveries[1]);
    }
}

#[tokio::test]
async fn ids_sort_by_when_it_happened() {
    let world = World::new([integrator("a", [Event::PostAddNode])]);
    let mut told = Vec::new();
    for second in 0..20 {
        let created = later(at("27T10:00:00"), Duration::from_secs(second));
        let seed = second.to_string();
        let seed = (second % 2 == 0).then_some(&*seed);
        told.extend(
            world.gates().tell(Event::PostAddNode, &body("w"), created, seed).await.unwrap().deliveries,
        );
    }
    assert!(told.is_sorted());
}

/// The reading of integrators, of the correlation, the writing, the queue: whichever fails, telling once more does.
#[tokio::test]
async fn what_fails_is_told_by_telling_once_more() {
    for step in 0..5 {
        for fault in [Fault::Before, Fault::After] {
            let world = World::new(["a", "b"].map(|name| integrator(name, [Event::PostAddNode])));
            let mut faults = vec![None; step];
            faults.push(Some(fault));
            world.state().faults = faults.into();
            let told = world.gates().tell(Event::PostAddNode, &body("w"), now(), Some("s")).await;
            assert_eq!(matches!(told, Err(TellError::Queue(_))), step > 2, "{step}");
            assert_eq!(matches!(told, Err(TellError::Store(_))), step <= 2, "{step}");
            world.gates().tell(Event::PostAddNode, &body("w"), now(), Some("s")).await.unwrap();
            for name in ["a", "b"] {
                assert_eq!(world.deliveries(name).len(), 1);
                assert!(world.state().messages.iter().any(|message| message.1.as_str() == name));
            }
        }
    }
}
