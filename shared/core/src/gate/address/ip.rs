//! What is inside, as an address: everything but what is reached over the internet (IANA's registries of special-purpose
//! addresses), and what leads from there to an address inside.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What is wrong with an address; None where it is a public one.
pub(super) fn inside_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [169, 254, 169, 254] => Some("the address of a metadata service"),
        [0, ..] => Some("an unspecified address"),
        [127, ..] => Some("a loopback address"),
        [169, 254, ..] => Some("a link-local address"),
        [100, 64..=127, ..] => Some("a shared address of a provider's network"),
        [198, 18..=19, ..] => Some("a benchmarking address"),
        // Protocols' own, and the anycast address of 6to4.
        [192, 0, 0, _] | [192, 88, 99, _] => Some("a reserved address"),
        [255, 255, 255, 255] => Some("a broadcast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ if address.is_private() => Some("a private address"),
        _ if address.is_documentation() => Some("an address of documentation"),
        _ if address.is_multicast() => Some("a multicast address"),
        _ => None,
    }
}

/// The same for IPv6. What stands for an address of IPv4 is inside where that is.
pub(super) fn inside_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // Mapped, translated (RFC 2765), and by NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        // 6to4.
        | [0x2002, high, low, ..] => inside_v4(v4(high, low)),
        // Compatible ones: long gone.
        [0, 0, 0, 0, 0, 0, high, low] => Some(inside_v4(v4(high, low)).unwrap_or("a reserved address")),
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some("the address of a metadata service"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a private address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("an address of documentation"),
        // Protocols' own: Teredo, which hides an address of IPv4, benchmarking, ORCHID.
        [0x2001, 0..=0x1ff, ..] => Some("a reserved address"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}
