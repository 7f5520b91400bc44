//! Adapters of Treble's ports on DynamoDB, SQS and a Taskcluster Queue.
