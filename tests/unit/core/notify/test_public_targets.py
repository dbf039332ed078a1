"""What a team may have us call: names of the public internet, and of their addresses none that leads inside."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.notify.public_targets import check_addresses, is_public, read_target

# The registries of the IANA for special-purpose addresses (RFC 6890 and what came after), one address of each block,
# and addresses that lead to such a one from behind a wrapper.
INNER_4 = [
    "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
    "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8",
    "192.0.0.170", "192.0.0.171", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
INNER_6 = [
    "::", "::1", "::10.0.0.1", "::8.8.8.8", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
    "100:0:0:1::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:4:112::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1",
    "fe80::1", "fe80::1%1", "2606:4700::1111%1", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "1::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
    "191.255.255.255", "223.255.255.254", "2606:4700:4700::1111", "2a00:1450:4001:813::200e", "2620:fe::fe",
]  # fmt: skip


@pytest.mark.parametrize("address", [*INNER_4, *INNER_6])
def test_what_is_not_public_unicast_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", INNER_4)
def test_it_is_refused_behind_every_wrapper_too(address: str) -> None:
    inner = int(ipaddress.IPv4Address(address))
    wrapped = {
        "mapped": (0xFFFF << 32) | inner,
        "compatible": inner,
        "NAT64": (0x64FF9B << 96) | inner,
        "6to4": (0x2002 << 112) | (inner << 80) | 1,
        "Teredo": (0x20010000 << 96) | (0x41424344 << 64) | (inner ^ 0xFFFFFFFF),
    }
    for how, value in wrapped.items():
        assert not is_public(str(ipaddress.IPv6Address(value))), how


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_let_through(address: str) -> None:
    assert is_public(address)
    assert check_addresses([address]) == [address]


def test_a_mapped_address_is_what_it_maps() -> None:
    assert is_public("::ffff:8.8.8.8")


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_nothing_is_let_through_that_python_calls_inner(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)):
        known = getattr(address, "ipv4_mapped", None) or address
        assert known.is_global
        assert not known.is_multicast
        assert not known.is_reserved


@pytest.mark.parametrize("given", [[], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::1"], ["no address"]])
def test_one_inner_address_among_public_ones_is_enough(given: list[str]) -> None:
    with pytest.raises(ValueError, match="address"):
        check_addresses(given)


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://Example.COM:443/a/b?c=d%20e&f", "https://example.com/a/b?c=d%20e&f"),
        ("https://a-b.xn--bcher-kva.example.com/", "https://a-b.xn--bcher-kva.example.com/"),
    ],
)
def test_an_address_is_put_together_again_from_its_parts(url: str, called: str) -> None:
    assert read_target(url).url == called


@pytest.mark.parametrize(
    "url",
    [
        "", "HTTPS://example.com/", "example.com", "http://example.com/", "ftp://example.com/", "javascript://example.com",
        "https://",
        "https://example.com:80/", "https://example.com:8443/", "https://example.com:/", "https://example.com:0443/",
        "https://ada@example.com/", "https://ada:@example.com/", "https://example.com@evil.example/",
        "https://example.com\\@evil.example/", "https://example.com/#part", "https://example.com/a b",
        "https://example.com/\r\nHost: evil", "https://example.com/\n", "https://exa\tmple.com/", "https://bücher.example/",
        "https://example.com/é", "https://example.com/\\", "https://localhost/", "https://house/", "https://example/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
        "https://0177.0.0.1/", "https://8.8.8.8/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://127.0.0.1./",
        "https://metadata.google.internal/", "https://a.local/", "https://a.localhost/", "https://a.cluster.local/",
        "https://a.svc.cluster.local/", "https://a.test/", "https://a.onion/", "https://1.0.0.127.in-addr.arpa/",
        "https://-a.example.com/", "https://a-.example.com/", "https://a_b.example.com/", "https://example.com./",
        "https://.example.com/", "https://a..example.com/", f"https://{'a' * 64}.example.com/",
        f"https://{'a.' * 130}example.com/", f"https://example.com/{'a' * 2048}", " https://example.com/",
        "https://example.com/ ", "http://127.0.0.1:8080/", "http://localhost/",
    ],
)  # fmt: skip
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        read_target(url)


def test_this_machine_is_called_where_an_operator_lets_it_be() -> None:
    for url in ("http://127.0.0.1:8080/a", "http://localhost:3000/", "http://[::1]:80/"):
        assert read_target(url, loopback=True).url == url
    assert read_target("https://example.com/", loopback=True).url == "https://example.com/"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/", "http://0.0.0.0/", "http://169.254.169.254/", "http://10.0.0.1/", "http://example.com/",
        "http://localhost.example.com/", "http://127.0.0.1.example.com/", "http://ada@localhost/", "https://localhost/",
        "http://localhost:65536/", "http://localhost:0/", "http://[::2]/", "http://127.0.0.1:80@example.com/",
    ],
)  # fmt: skip
def test_and_nothing_beside_it(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        read_target(url, loopback=True)
