//! The other users of the broker.

use futures_util::StreamExt as _;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldArray, FieldTable};
use lapin::{BasicProperties, Channel, Connection, Consumer, ExchangeKind};
use treble_tests::RabbitMq;

/// Somebody who publishes and listens. The channel ends with the connection.
pub(crate) struct User {
    _connection: Connection,
    pub(crate) channel: Channel,
}

impl User {
    pub(crate) async fn of(broker: &RabbitMq) -> User {
        let connection = broker.connect().await;
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        User { _connection: connection, channel }
    }

    pub(crate) async fn declare(&self, exchange: &str) {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        self.channel
            .exchange_declare(exchange.into(), ExchangeKind::Topic, options, FieldTable::default())
            .await
            .unwrap();
    }

    /// Publishes, and waits until the broker has it.
    pub(crate) async fn publish(&self, exchange: &str, key: &str, body: &str) {
        self.publish_with(exchange, key, body, BasicProperties::default()).await;
    }

    pub(crate) async fn publish_with(
        &self,
        exchange: &str,
        key: &str,
        body: &str,
        properties: BasicProperties,
    ) {
        let options = BasicPublishOptions::default();
        let confirm =
            self.channel.basic_publish(exchange.into(), key.into(), options, body.as_bytes(), properties);
        assert!(confirm.await.unwrap().await.unwrap().is_ack());
    }

    /// Listens to all that is published to an exchange.
    pub(crate) async fn listen(&self, exchange: &str) -> Consumer {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = self.channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap();
        let name = queue.name().clone();
        let (options, table) = (QueueBindOptions::default(), FieldTable::default());
        self.channel.queue_bind(name.clone(), exchange.into(), "#".into(), options, table).await.unwrap();
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        self.channel.basic_consume(name, "".into(), options, FieldTable::default()).await.unwrap()
    }
}

/// The next message: its key and body.
pub(crate) async fn next(consumer: &mut Consumer) -> (String, String) {
    let delivery = tokio::time::timeout(super::PATIENCE, consumer.next()).await.unwrap().unwrap().unwrap();
    (delivery.routing_key.as_str().to_owned(), String::from_utf8(delivery.data).unwrap())
}

/// A header `CC`.
pub(crate) fn cc(keys: &[&str]) -> FieldTable {
    let keys: Vec<AMQPValue> = keys.iter().map(|&key| AMQPValue::LongString(key.into())).collect();
    let mut headers = FieldTable::default();
    headers.insert("CC".into(), AMQPValue::FieldArray(FieldArray::from(keys)));
    headers
}
