//! The dialect of CDS: a server that is registered at a CDS, and what both see of it.

mod accepting;
mod authentication;
mod executions;
mod maintenance;
mod outages;
mod payloads;
mod rabbitmq;
mod schedules;
mod synchronization;
mod taskcluster;
mod tasks;
