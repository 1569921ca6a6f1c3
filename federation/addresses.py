"""Where we go and where we never go: addresses of other servers, checked before and at the moment of connecting."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import quote, urljoin, urlsplit

import idna

from federation.answers import Refused

LONGEST = 2048
HTTPS = 443
DEFAULT_PORTS = {"https": HTTPS, "http": 80}

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
UNCLEAN = re.compile(r"[\x00-\x20\x7f\\]")
BRACKETED = re.compile(r"\[([0-9a-fA-F:.]+)\](:[0-9]*)?")
KEPT = "/:@!$&'()*+,;=~-._%?[]"

# Everything that is not the public internet, and what clouds answer to their own machines.
NEVER_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's wire server, on a public address
        "169.254.0.0/16",  # link-local, and most metadata servers
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and another cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Of IPv6 only global unicast is public. That leaves out ::, ::1, IPv4-mapped and -compatible, NAT64, unique local, link-local, multicast.
ONLY_6 = IPv6Network("2000::/3")
NEVER_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
LOOPBACK_4 = IPv4Network("127.0.0.0/8")
LOOPBACK_6 = IPv6Address("::1")


@dataclass(frozen=True)
class Address:
    """An address in its one normal spelling, without fragment."""

    url: str
    scheme: str
    host: str
    port: int


@lru_cache(maxsize=8192)
def read(url: str, private: bool = False) -> Address:
    """The normal spelling of an address that we may call. `private` (tests, demo) also lets http and other ports pass here;
    the guard on the socket then lets them reach loopback only. Raises Refused."""
    if len(url) > LONGEST or UNCLEAN.search(url):
        raise Refused("This address is too long or holds characters that no address has.", repr(url[:200]))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise Refused("This is not an address.", repr(url[:200])) from cause
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise Refused("We only call https addresses.", url[:200])
    if "@" in parts.netloc:
        raise Refused("An address must not carry a name or a password.", parts.hostname or "")
    default = DEFAULT_PORTS[parts.scheme]
    port = default if port is None else port
    if port != HTTPS and not private:
        raise Refused("We only call port 443.", url[:200])
    if port == HTTPS and parts.scheme == "http":
        raise Refused("Port 443 speaks https.", url[:200])
    host = _host(parts.netloc)
    if _is_literal(host) and not may_connect(host.strip("[]"), port, private):
        raise Refused("We do not call addresses of private networks.", url[:200])
    authority = host if port == default else f"{host}:{port}"
    query = f"?{quote(parts.query, safe=KEPT)}" if parts.query else ""
    return Address(f"{parts.scheme}://{authority}{quote(parts.path or '/', safe=KEPT)}{query}", parts.scheme, host, port)


def follow(address: Address, location: str, private: bool = False) -> Address:
    """Where a redirect leads. Raises Refused."""
    try:
        return read(urljoin(address.url, location), private)
    except ValueError as cause:
        raise Refused("The redirect leads nowhere.", repr(location[:200])) from cause


def is_same(one: str, other: str, private: bool = False) -> bool:
    """Whether two addresses are the same but for spelling and fragment."""
    try:
        return read(one, private).url == read(other, private).url
    except Refused:
        return False


def may_connect(ip: str, port: int, private: bool) -> bool:
    """Whether a socket may be opened to this very address: public ones at port 443; loopback, if `private`."""
    try:
        four: IPv4Address | None = IPv4Address(ip)
    except AddressValueError:
        four = None
    if four is not None:
        if private and four in LOOPBACK_4:
            return True
        return port == HTTPS and not any(four in network for network in NEVER_4)
    try:
        six = IPv6Address(ip)
    except AddressValueError:
        return False
    if private and six == LOOPBACK_6:
        return True
    return port == HTTPS and six.scope_id is None and six in ONLY_6 and not any(six in network for network in NEVER_6)


def _host(netloc: str) -> str:
    """The host in its normal spelling. Raises Refused for a name that is a number in disguise, or no name."""
    if netloc.startswith("["):
        match = BRACKETED.fullmatch(netloc)
        try:
            return f"[{IPv6Address(match[1] if match else '').compressed}]"
        except AddressValueError as cause:
            raise Refused("This is not an IPv6 address.", netloc[:200]) from cause
    name = netloc.partition(":")[0].lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode().lower()
        except idna.IDNAError as cause:
            raise Refused("This is not a host name.", repr(netloc[:200])) from cause
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise Refused("This is not a host name.", repr(netloc[:200]))
    # A resolver reads 2130706433, 0x7f.1 and 0177.0.0.1 all as 127.0.0.1.
    if NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except AddressValueError as cause:
            raise Refused("Write an IPv4 address as four decimal numbers.", netloc[:200]) from cause
    return name


def _is_literal(host: str) -> bool:
    return host.startswith("[") or host.rpartition(".")[2].isdigit()
