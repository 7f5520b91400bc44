//! From names to addresses, none of them inside.

use std::fmt;
use std::net::IpAddr;

use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use treble_core::gate::AddressError;

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

/// A resolver, and what is forbidden about its answers. What it says is what is connected to: nobody asks once more in between.
pub(super) struct Checked<R, F> {
    resolver: R,
    forbidden: F,
}

impl<R, F: Fn(IpAddr) -> Option<&'static str>> Checked<R, F> {
    pub(super) fn new(resolver: R, forbidden: F) -> Self {
        Self { resolver, forbidden }
    }

    /// One forbidden address among others is enough: a name that leads inside now and then is none of a third party.
    fn check(&self, name: &str, addresses: &[IpAddr]) -> Result<(), AddressError> {
        match addresses.iter().find_map(|&address| (self.forbidden)(address)) {
            Some(what) => Err(AddressError::Forbidden { host: name.to_owned(), what }),
            None => Ok(()),
        }
    }
}

impl<R: ResolveDns, F: Fn(IpAddr) -> Option<&'static str> + Send + Sync> ResolveDns for Checked<R, F> {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = self.resolver.resolve_dns(name).await?;
            self.check(name, &addresses).map_err(ResolveDnsError::new)?;
            Ok(addresses)
        })
    }
}

/// The rest is a function.
impl<R: fmt::Debug, F> fmt::Debug for Checked<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("resolver", &self.resolver).finish_non_exhaustive()
    }
}
