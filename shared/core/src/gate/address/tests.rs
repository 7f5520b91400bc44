use proptest::prelude::*;

use super::*;

fn public(url: &str) -> Result<(), String> {
    check_url(url, AddressRules::Public).map_err(|error| error.to_string())
}

#[test]
fn urls_of_integrators() {
    for url in [
        "https://hooks.example.com",
        "https://hooks.example.com/",
        "http://hooks.example.com:8080/a/b",
        "HTTPS://Hooks.Example.COM/Path",
        "https://example.com:443/@/x:y",
        "https://8.8.8.8/x",
        "https://[2600::1]:8443/x",
        "https://[2600:0:0:0:0:0:0:1]",
        "https://xn--bcher-kva.example/b%C3%BCcher",
        "https://a_b.example.com",
    ] {
        assert_eq!(public(url), Ok(()), "{url}");
        assert_eq!(check_url(url, AddressRules::Local), Ok(()), "{url}");
    }
}

#[test]
fn what_is_no_url_of_an_integrator() {
    let scheme = "it must begin with https:// or http://";
    let characters = "it has characters that are to be percent-encoded, or written as Punycode in its host";
    let query = "it has a query or a fragment, which can't be before a path";
    let user = "it has a user or a password; requests are signed instead";
    let unusual = "its host is to be written as a name, or as an address like 192.0.2.1 or [2001:db8::1]";
    let cases = [
        ("", scheme),
        ("hooks.example.com", scheme),
        ("//hooks.example.com", scheme),
        ("ftp://hooks.example.com", scheme),
        ("file:///etc/passwd", scheme),
        ("gopher://hooks.example.com", scheme),
        ("https:hooks.example.com", scheme),
        ("https:/hooks.example.com", scheme),
        (" https://hooks.example.com", characters),
        ("https://hooks.example.com\n", characters),
        ("https://hooks.exam\tple.com", characters),
        ("https://bücher.example", characters),
        ("https://a.example\\@b.example/", characters),
        ("https://", "it has no host"),
        ("https:///hooks.example.com", "it has no host"),
        ("https://:443", "it has no host"),
        ("https://hooks.example.com:", "its port is missing after the colon"),
        ("https://hooks.example.com:99999", "it can't be read"),
        ("https://hooks.example.com:a", "it can't be read"),
        ("https://u:p@hooks.example.com", user),
        ("https://@hooks.example.com", user),
        ("https://hooks.example.com?a", query),
        ("https://hooks.example.com/#a", query),
        ("https://[::1", "it can't be read"),
        ("https://[fe80::1%25eth0]", "it can't be read"),
        ("https://1.2.3.4.5", "it can't be read"),
        ("https://a..b%00.example", "it can't be read"),
        ("https://0x08080808", unusual),
        ("https://8.8.2056", unusual),
        ("https://hooks%2eexample.com", unusual),
    ];
    for (url, why) in cases {
        for rules in [AddressRules::Public, AddressRules::Local] {
            let AddressError::Url { why: told, .. } = check_url(url, rules).unwrap_err() else {
                panic!("{url}")
            };
            assert_eq!(told, why, "{url}");
        }
    }
    let long = format!("https://hooks.example.com/{}", "a".repeat(2048));
    assert!(public(&long).unwrap_err().ends_with("it is longer than 2048 bytes"));
    assert_eq!(
        public("https://me:secret@hooks.example.com/a").unwrap_err(),
        format!("\"https://…@hooks.example.com/a\" is no URL of an integrator: {user}")
    );
}

#[test]
fn hosts_that_lead_inside() {
    let (loopback, metadata) = ("a loopback address", "the address of a metadata service");
    let private_name = "a name of a private network";
    let cases = [
        ("localhost", "a loopback name"),
        ("LOCALHOST:8080", "a loopback name"),
        ("localhost.", "a loopback name"),
        ("a.localhost", "a loopback name"),
        ("metadata", "a name without a domain"),
        ("metadata.google.internal", private_name),
        ("db.internal.", private_name),
        ("printer.local", private_name),
        ("router.home.arpa", private_name),
        ("localhost.localdomain", private_name),
        ("127.0.0.1", loopback),
        ("127.0.0.1.", loopback),
        ("127.1", loopback),
        ("2130706433", loopback),
        ("0x7f000001", loopback),
        ("0x7f.1", loopback),
        ("017700000001", loopback),
        ("0177.0.0.01", loopback),
        ("%31%32%37.0.0.1", loopback),
        ("0", "an unspecified address"),
        ("169.254.169.254", metadata),
        ("0xa9fea9fe", metadata),
        ("10.0.0.1:80", "a private address"),
        ("[::1]", loopback),
        ("[0:0:0:0:0:0:0:1]:80", loopback),
        ("[::]", "an unspecified address"),
        ("[::ffff:127.0.0.1]", loopback),
        ("[::ffff:a9fe:a9fe]", metadata),
        ("[fd00:ec2::254]", metadata),
    ];
    for (host, what) in cases {
        let url = format!("http://{host}/x");
        let error = check_url(&url, AddressRules::Public).unwrap_err();
        let AddressError::Forbidden { what: told, .. } = &error else { panic!("{host}: {error}") };
        assert_eq!(*told, what, "{host}");
    }
    for url in [
        "http://localhost:9000",
        "http://127.0.0.1:9000/x",
        "http://[::1]:9000",
        "http://host.docker.internal",
    ] {
        assert_eq!(check_url(url, AddressRules::Local), Ok(()), "{url}");
    }
    for name in ["localhost.example.com", "notlocalhost.com", "internal.example.com", "local.example"] {
        assert_eq!(public(&format!("https://{name}")), Ok(()), "{name}");
    }
}

/// The first and the last address of each range inside, and those beside it that are public.
#[test]
fn addresses_inside() {
    let inside = [
        ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
        ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
        ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
        ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
        ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
        ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
        ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
        ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
        ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
        ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
        ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
        ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
        ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
        ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
        ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, None),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000:ffff::"), Some("2001:200::")),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db7:ffff::"), Some("2001:db9::")),
        ("2002:a00::", "2002:aff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2002:9ff::"), Some("2002:b00::")),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3ffe:ffff::"), Some("3fff:1000::")),
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3fff:ffff::"), None),
        ("64:ff9b::7f00:0", "64:ff9b::7fff:ffff", Some("64:ff9b::7eff:ffff"), Some("64:ff9b::8000:0")),
        ("::ffff:10.0.0.0", "::ffff:10.255.255.255", Some("::ffff:9.255.255.255"), Some("::ffff:11.0.0.0")),
        (
            "::ffff:0:10.0.0.0",
            "::ffff:0:10.255.255.255",
            Some("::ffff:0:9.255.255.255"),
            Some("::ffff:0:11.0.0.0"),
        ),
    ];
    let forbidden = |address: &str| AddressRules::Public.forbidden(address.parse().unwrap());
    for (first, last, before, after) in inside {
        assert!(forbidden(first).is_some() && forbidden(last).is_some(), "{first} to {last}");
        for beside in [before, after].into_iter().flatten() {
            assert_eq!(forbidden(beside), None, "{beside}");
        }
        assert_eq!(AddressRules::Local.forbidden(first.parse().unwrap()), None);
    }
    for (address, what) in [
        ("255.255.255.255", "a broadcast address"),
        ("239.1.1.1", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("fe80::1", "a link-local address"),
        ("fc00::1", "a private address"),
        ("fec0::1", "a private address"),
        ("2002:7f00:1::", "a loopback address"),
        ("64:ff9b::a9fe:a9fe", "the address of a metadata service"),
        ("64:ff9b:1::1", "a reserved address"),
        ("::8.8.8.8", "a reserved address"),
        ("::10.0.0.1", "a private address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "a reserved address"),
    ] {
        assert_eq!(forbidden(address), Some(what), "{address}");
    }
}

proptest! {
    /// However an address of IPv4 is put into one of IPv6, it is not less inside for it.
    #[test]
    fn wrapped_addresses_are_what_they_wrap(bits: u32) {
        let v4 = std::net::Ipv4Addr::from_bits(bits);
        let rules = AddressRules::Public;
        let wrapped = [(0xffff_u128 << 32) | u128::from(bits), (0x64_ff9b_u128 << 96) | u128::from(bits), (0x2002_u128 << 112) | (u128::from(bits) << 80)];
        for wrapped in wrapped {
            let v6 = std::net::Ipv6Addr::from_bits(wrapped);
            prop_assert_eq!(rules.forbidden(v6.into()), rules.forbidden(v4.into()), "{} {}", v6, v4);
        }
    }

    /// Whatever is written where an address is to be: it is that address for everybody, or it is refused.
    #[test]
    fn nothing_is_two_addresses(host in "(0x[0-9a-f]{1,8}|[0-9]{1,10}|0[0-7]{1,11}|([0-9]{1,3}\\.){1,3}[0-9]{1,3}|[0-9a-z.%-]{1,20})") {
        let url = format!("http://{host}/");
        if check_url(&url, AddressRules::Local).is_ok() {
            match Url::parse(&url).unwrap().host().unwrap() {
                Host::Ipv4(address) => prop_assert_eq!(host.parse(), Ok(address)),
                Host::Domain(name) => prop_assert_eq!(name, host),
                Host::Ipv6(_) => prop_assert!(false),
            }
        }
    }

    #[test]
    fn no_text_panics(url in "\\PC{0,60}", tail in "[ -~]{0,40}") {
        for url in [url.clone(), format!("https://{url}{tail}"), tail] {
            let _ = check_url(&url, AddressRules::Public);
        }
    }
}
