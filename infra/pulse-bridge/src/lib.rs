//! Between an AMQP broker and the queues.
