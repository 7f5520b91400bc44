//! From names to addresses, none of them inside.

use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use treble_core::gate::{AddressError, AddressRules};

/// The system's resolver.
#[derive(Debug, Clone, Copy)]
pub(super) struct System;

impl ResolveDns for System {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A resolver, and which of its answers are good. What it says is what is connected to: nobody asks once more in between.
#[derive(Debug)]
pub(super) struct Checked<R> {
    resolver: R,
    rules: AddressRules,
}

impl<R> Checked<R> {
    pub(super) fn new(resolver: R, rules: AddressRules) -> Self {
        Self { resolver, rules }
    }

    /// One forbidden address among others is enough: a name that leads inside now and then is none of a third party.
    fn check(&self, name: &str, addresses: &[IpAddr]) -> Result<(), AddressError> {
        match addresses.iter().find_map(|&address| self.rules.forbidden(address)) {
            Some(what) => Err(AddressError::Forbidden { host: name.to_owned(), what }),
            None => Ok(()),
        }
    }
}

impl<R: ResolveDns> ResolveDns for Checked<R> {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = self.resolver.resolve_dns(name).await?;
            self.check(name, &addresses).map_err(ResolveDnsError::new)?;
            Ok(addresses)
        })
    }
}
