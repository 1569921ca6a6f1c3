"""Addresses that somebody may name to us so that we knock at a door inside. None of them is reached."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from community.settings import Settings
from federation import addresses
from federation.remote import Refused, Remote, Signer, Unreachable
from tests.federation.letters import ADA_KEY, rsa_of
from tests.federation.listener import Listener, listening

ADA = Signer(ADA_KEY, rsa_of("ada"))
OUTSIDE = Settings(domain="library.example")
DEMO = Settings(domain="library.example", allow_private_network=True)

HOSTS = [
    "127.0.0.1",
    "127.1.2.3",
    "localhost",
    "LOCALHOST.",
    "localhost.localdomain",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "１２７。0。0。1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "0.0.0.0",
    "0",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]

# Written so that one reader sees another host than the next.
DISGUISES = [
    "https://harbour.example@127.0.0.1/",
    "https://ada:secret@127.0.0.1/",
    "https://ada@harbour.example/",
    "https://127.0.0.1\\@harbour.example/",
    "https://harbour.example\\@127.0.0.1/",
    "https://127.0.0.1\t/",
    "https://127.0.0.1\n/",
    " https://127.0.0.1/",
    "https://[::1]harbour.example/",
    "https://[::1/",
    "https:///etc/passwd",
    "https://",
    "https://harbour.example:https/",
    "https://harbour.example:443:443/",
    "https://harbour.example:70000/",
    "https://harbour..example/",
    "https://-harbour.example/",
    "https://har bour.example/",
    "https://harbour.example%00.evil.example/",
    "https://xn--\u2044.example/",
    f"https://{'a' * 64}.example/",
    f"https://harbour.example/{'a' * 3000}",
    "//127.0.0.1/",
    "127.0.0.1",
    "",
]

OTHER_SCHEMES = [
    "http://harbour.example/",
    "ftp://harbour.example/",
    "file:///etc/passwd",
    "gopher://harbour.example/",
    "unix:///run/x",
    "data:,x",
]
OTHER_PORTS = ["https://harbour.example:22/", "https://harbour.example:8443/", "https://harbour.example:80/", "https://harbour.example:0/"]


class Liar(AbstractResolver):
    """Names that lead where their owner likes, and tomorrow elsewhere."""

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for ip in self.answers
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
async def inside(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Listener]:
    """Somebody who listens on loopback, at the port that we call."""
    async with listening() as listener:
        listener.says("/", b"{}")
        # So that a connection would be seen if it came, the one port that we call is this listener's and not 443.
        monkeypatch.setattr(addresses, "HTTPS", listener.port)
        addresses.read.cache_clear()
        yield listener
        addresses.read.cache_clear()


async def is_not_reached(remote: Remote, url: str, inside: Listener) -> None:
    with pytest.raises((Refused, Unreachable)):
        async with asyncio.timeout(8):
            await remote.get_document(url, sign_as=ADA)
    answer = await remote.post(url, b"{}", sign_as=ADA)
    assert not answer.ok
    assert answer.status == 0
    assert inside.connections == 0


@pytest.mark.parametrize("host", HOSTS)
async def test_no_name_of_a_private_place_is_reached(host: str, inside: Listener) -> None:
    remote = Remote(OUTSIDE)
    try:
        await is_not_reached(remote, f"https://{host}:{inside.port}/", inside)
        await is_not_reached(remote, f"http://{host}:{inside.port}/", inside)
    finally:
        await remote.close()


@pytest.mark.parametrize("url", DISGUISES + OTHER_SCHEMES + OTHER_PORTS)
async def test_no_disguise_other_scheme_or_other_port_is_called(url: str) -> None:
    remote = Remote(OUTSIDE, resolver=(names := Liar("127.0.0.1")))
    try:
        with pytest.raises(Refused):
            await remote.get_document(url, sign_as=ADA)
        assert (await remote.post(url, b"{}", sign_as=ADA)).forbidden
        assert names.asked == 0
    finally:
        await remote.close()


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::", "0.0.0.0", "10.0.0.1", "169.254.169.254", "64:ff9b::7f00:1", "fe80::1"]
)
async def test_a_name_that_leads_inside_is_not_followed(ip: str, inside: Listener) -> None:
    remote = Remote(OUTSIDE, resolver=(names := Liar(ip)))
    try:
        with pytest.raises(Refused, match="never call"):
            await remote.get_document(f"https://harbour.example:{inside.port}/")
        answer = await remote.post(f"https://harbour.example:{inside.port}/", b"{}", sign_as=ADA)
        assert (answer.forbidden, answer.permanent) == (True, True)
        assert names.asked > 0
        assert inside.connections == 0
    finally:
        await remote.close()


async def test_a_name_with_only_private_addresses_of_several_kinds_is_refused(inside: Listener) -> None:
    remote = Remote(OUTSIDE, resolver=Liar("127.0.0.1", "::1", "10.0.0.1"))
    try:
        with pytest.raises(Refused):
            await remote.get_document(f"https://harbour.example:{inside.port}/")
        assert inside.connections == 0
    finally:
        await remote.close()


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::ffff:127.0.0.1]/",
        "//10.0.0.1/",
        "file:///etc/passwd",
        "https://ada@harbour.example/",
        "http://harbour.example/",
        "https://[/",
        "",
    ],
)
async def test_a_redirect_leads_nowhere_that_an_address_would_not(location: str) -> None:
    """The demo's client may call loopback, so it can be redirected for real; from there on nothing private but loopback is open."""
    async with listening() as inside, listening() as harbour:
        harbour.redirects("/", location.replace("127.0.0.1/", f"127.0.0.1:{inside.port}/"))
        remote = Remote(DEMO, resolver=Liar("10.0.0.1"))
        try:
            with pytest.raises((Refused, Unreachable)):
                async with asyncio.timeout(8):
                    await remote.get_document(f"{harbour.root}/")
            # https to a listener that speaks http: a connection may be tried there, but nothing is ever asked.
            assert inside.asked == []
        finally:
            await remote.close()


async def test_the_demo_reaches_loopback_and_nothing_else_private() -> None:
    async with listening() as harbour:
        harbour.says("/1", f'{{"id": "{harbour.root}/1"}}')
        remote = Remote(DEMO)
        assert await remote.get_document(f"{harbour.root}/1")
        await remote.close()

    for ip in ("10.0.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::", "::ffff:10.0.0.1", "fe80::1", "93.184.216.34"):
        remote = Remote(DEMO, resolver=Liar(ip))
        with pytest.raises(Refused):
            await remote.get_document("http://harbour.example:8080/")
        with pytest.raises(Refused):
            await remote.get_document("http://harbour.example/")
        await remote.close()


def test_public_addresses_are_called_at_443_only() -> None:
    for ip in ("93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::5"):
        assert addresses.may_connect(ip, 443, private=False)
        assert addresses.may_connect(ip, 443, private=True)
        for port in (22, 80, 8443):
            assert not addresses.may_connect(ip, port, private=False)
            assert not addresses.may_connect(ip, port, private=True)
    assert not addresses.may_connect("no address", 443, private=False)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://Harbour.Example", "https://harbour.example/"),
        ("HTTPS://harbour.example.:443/a?b=c#d", "https://harbour.example/a?b=c"),
        ("https://bücher.example/ä?ö=ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC"),
        ("https://harbour.example/%7Eada/%2F?x=%20", "https://harbour.example/%7Eada/%2F?x=%20"),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://harbour.example/a/../b", "https://harbour.example/a/../b"),
        ("https://my_server.example/", "https://my_server.example/"),
    ],
)
def test_an_address_has_one_normal_spelling(written: str, normal: str) -> None:
    assert addresses.read(written).url == normal
    assert addresses.read(normal).url == normal
    assert addresses.is_same(written, normal)


def test_the_list_is_long_enough() -> None:
    assert len(HOSTS) >= 20
