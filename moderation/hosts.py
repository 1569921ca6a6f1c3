"""Names of servers: one way to write each, and which rule speaks of them."""

import ipaddress
import re

from sqlalchemy import ColumnElement, or_

from community.errors import Unprocessable
from community.people.actors import Actor

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*(:\d{1,5})?")


def plain(domain: str) -> str:
    """A server's name as we keep it: lower-case, in ASCII, no dot at the end. Raises Unprocessable if it cannot be one.

    >>> plain("Bücher.Example.")
    'xn--bcher-kva.example'
    """
    name = domain.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/").rstrip(".")
    try:
        name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError as cause:
        raise Unprocessable("This is not the name of a server.", private=f"{domain!r}: {cause}") from cause
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise Unprocessable("This is not the name of a server.", private=repr(domain)[:200])
    return name


def candidates(host: str) -> list[str]:
    """The names under which a rule may speak of this server, the most exact first.

    >>> candidates("social.harbour.example:8443")
    ['social.harbour.example:8443', 'social.harbour.example', 'harbour.example', 'example']
    """
    name = host.strip().lower().rstrip(".")
    bare = name.rpartition(":")[0] if re.search(r":\d{1,5}$", name) else name
    bare = bare.rstrip(".")
    try:
        ipaddress.ip_address(bare.strip("[]"))
        parents = [bare]
    except ValueError:
        labels = bare.split(".")[-20:]  # nobody has more; a name of thousands of dots is not worth the work
        parents = [".".join(labels[start:]) for start in range(len(labels))]
        if parents[0] != bare:
            parents.insert(0, bare)
    return [name, *parents] if name != bare else parents


def covers(domain: str) -> ColumnElement[bool]:
    """Which actors a rule for this server speaks of: those on it and on its subdomains."""
    escaped = domain.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    names = [Actor.domain == domain, Actor.domain.like(f"%.{escaped}", escape="\\")]
    if ":" not in domain:
        names += [Actor.domain.like(f"{escaped}:%", escape="\\"), Actor.domain.like(f"%.{escaped}:%", escape="\\")]
    return or_(*names)
