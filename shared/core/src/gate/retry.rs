//! When an endpoint that failed is tried again.
