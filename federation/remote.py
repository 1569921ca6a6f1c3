"""The one client that calls other servers: nobody else of us does."""

import asyncio
import contextlib
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as MimeHeader
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import version

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from community.clock import now
from community.settings import Settings
from federation import addresses, cavage, counters, rfc9421
from federation.addresses import Address
from federation.answers import Answer, Document, GoneThere, Refused, Unreachable
from federation.signers import Signer
from federation.wire import MAX_BYTES, Malformed, Wire, read_json

__all__ = ["Answer", "Document", "GoneThere", "Refused", "Remote", "Signer", "Unreachable"]

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0  # of one request
ABSOLUTE_SECONDS = 30.0  # of one question, with its redirects
MOST_REDIRECTS = 3
MOST_OF_AN_ANSWER = 4096  # bytes of what an inbox says that we read
MOST_OF_A_REASON = 200
CONNECTIONS = 512
CONNECTIONS_PER_HOST = 3
KEPT_OPEN_SECONDS = 30.0
NAME_THREADS = 24
NAMES_HOLD_SECONDS = 300
LONGEST_WAIT = 7 * 86400

ACTIVITY = "application/activity+json"
LINKED_DATA = "application/ld+json"
PROFILE = "https://www.w3.org/ns/activitystreams"
ACCEPT_ACTIVITY = f'{ACTIVITY}, {LINKED_DATA}; profile="{PROFILE}"'
ACCEPT_JSON = "application/jrd+json, application/json"
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
ACCEPT_PICTURE = ", ".join(sorted(PICTURES))
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BAD_SIGNATURE = frozenset({400, 401})
PASSING = frozenset({408, 425, 429})

SIGN = {"cavage": cavage.sign, "rfc9421": rfc9421.sign}
OTHER_SCHEME = {"cavage": "rfc9421", "rfc9421": "cavage"}

IsType = Callable[[str], bool]


class ForbiddenAddress(OSError):
    """A name led to an address that we never connect to."""


@dataclass(frozen=True)
class Page:
    """The body that came from an address after all redirects."""

    url: str
    body: bytes


class Names(AbstractResolver):
    """Host names to addresses in threads of their own: names that hang hold up nobody else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="names")

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=str(sockaddr[0]), port=port, family=kind, proto=proto, flags=numeric)
            for kind, _, proto, _, sockaddr in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Remote:
    """Calls other servers: https and port 443 only, public addresses only, little at a time and never for long."""

    def __init__(self, settings: Settings, signer: Signer | None = None, *, resolver: AbstractResolver | None = None) -> None:
        """`signer` signs what nobody else is named for; `resolver` stands in for the system's names."""
        self._private = settings.allow_private_network
        self._signer = signer
        self._names = resolver or Names()
        self._agent = f"Bookmobile/{version('bookmobile')} (+{settings.root}/)"
        self._session: aiohttp.ClientSession | None = None

    @counters.of_fetches("document")
    async def get_document(self, url: str, *, sign_as: Signer | None = None) -> Document:
        """The ActivityPub document at this address, which is where its id says it lives. Raises Refused, Unreachable or GoneThere."""
        async with _patience():
            document = await self._document(url, sign_as)
            if self._is_at_home(document):
                return document
            # It may be a copy, or planted: ask the address that it claims, once.
            home = document.json.get("id")
            if isinstance(home, str):
                document = await self._document(home, sign_as)
                if self._is_at_home(document):
                    return document
        raise Refused("This document says that it lives elsewhere.", f"{url[:300]} claims {str(home)[:300]}")

    @counters.of_fetches("json")
    async def get_json(self, url: str, accept: str = ACCEPT_JSON, max_bytes: int = 100_000, *, sign_as: Signer | None = None) -> Wire:
        """Any JSON object (WebFinger, NodeInfo), unsigned unless told. Raises Refused, Unreachable or GoneThere."""
        kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")}
        async with _patience():
            page = await self._get(url, accept, lambda kind: kind.partition(";")[0].strip().lower() in kinds, max_bytes, sign_as)
        return _read(page).json

    @counters.of_fetches("picture")
    async def get_picture(self, url: str, max_bytes: int) -> bytes:
        """A picture as it is, unsigned; who looks inside must be careful. Raises Refused, Unreachable or GoneThere."""
        async with _patience():
            page = await self._get(url, ACCEPT_PICTURE, lambda kind: kind.partition(";")[0].strip().lower() in PICTURES, max_bytes, None)
        return page.body

    async def post(self, url: str, body: bytes, *, sign_as: Signer, scheme: str = "cavage") -> Answer:
        """Bring an activity to an inbox, and say how that went; nothing is raised.

        Follows no redirects. Whoever does not like the signature gets one more knock with the other kind.
        """
        try:
            address = addresses.read(url, self._private)
        except Refused as refusal:
            return Answer(0, scheme, f"{refusal.public} ({refusal.private})", forbidden=True)
        answer = await self._post(address, body, sign_as, scheme)
        if answer.status in BAD_SIGNATURE:
            second = await self._post(address, body, sign_as, OTHER_SCHEME[scheme])
            if second.ok:
                return second
        return answer

    async def close(self) -> None:
        """Hang up everywhere."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._names.close()

    async def _document(self, url: str, sign_as: Signer | None) -> Document:
        return _read(await self._get(url, ACCEPT_ACTIVITY, _is_activity, MAX_BYTES, sign_as or self._signer))

    def _is_at_home(self, document: Document) -> bool:
        claimed = document.json.get("id")
        return isinstance(claimed, str) and addresses.is_same(claimed, document.url, self._private)

    async def _get(self, url: str, accept: str, is_type: IsType, most: int, signer: Signer | None) -> Page:
        address = addresses.read(url, self._private)
        for _ in range(MOST_REDIRECTS + 1):
            found = await self._get_once(address, accept, is_type, most, signer, "cavage")
            if found is None and signer is not None:
                found = await self._get_once(address, accept, is_type, most, signer, "rfc9421")
            if isinstance(found, Page):
                return found
            if found is None:
                raise Refused("The other server does not show this to us.", address.url)
            address = found
        raise Refused("The other server sent us around in circles.", url[:300])

    async def _get_once(
        self, address: Address, accept: str, is_type: IsType, most: int, signer: Signer | None, scheme: str
    ) -> Page | Address | None:
        """The page there, or where to go on, or None if the signature was not liked."""
        headers = SIGN[scheme]("GET", address.url, None, signer.key_id, signer.key, now()) if signer else {}
        headers |= {"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": self._agent}
        try:
            response = await self._open().request("GET", _yarl(address.url), headers=headers, allow_redirects=False)
            try:
                if response.status in REDIRECTS:
                    return addresses.follow(address, response.headers.get("Location", ""), self._private)
                if response.status == 401:
                    return None
                _check_status(response, address)
                if not is_type(response.headers.get("Content-Type", "")):
                    raise Refused(
                        "This is not a document that we read.", f"{address.url}: {response.headers.get('Content-Type', '')[:100]!r}"
                    )
                return Page(address.url, await _body(response, most))
            finally:
                response.release()
        except (aiohttp.ClientError, OSError) as cause:
            raise _named(cause, address) from cause

    async def _post(self, address: Address, body: bytes, signer: Signer, scheme: str) -> Answer:
        for is_last in (False, True):
            headers = SIGN[scheme]("POST", address.url, body, signer.key_id, signer.key, now())
            headers |= {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": self._agent}
            try:
                response = await self._open().request("POST", _yarl(address.url), data=body, headers=headers, allow_redirects=False)
                try:
                    return await _answer(response, scheme)
                finally:
                    response.release()
            except (aiohttp.ClientError, OSError) as cause:
                # A line that was kept open too long is dead. An activity has an id, so a second knock does no harm.
                if not is_last and _hung_up(cause):
                    continue
                refusal = _named(cause, address)
                return Answer(0, scheme, refusal.private, forbidden=isinstance(refusal, Refused))
        raise AssertionError("the second knock always answers")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_HOST,
                keepalive_timeout=KEPT_OPEN_SECONDS,
                ttl_dns_cache=NAMES_HOLD_SECONDS,
                resolver=self._names,
                socket_factory=self._guarded_socket,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _guarded_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket, if the address that it is really about to connect to is one we call. No name can change its mind after this."""
        family, kind, protocol, _, where = info
        if not addresses.may_connect(str(where[0]), int(where[1]), self._private):
            raise ForbiddenAddress("the name leads to an address that we never call")
        return socket.socket(family, kind, protocol)


@contextlib.asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """However many redirects and copies there are, this is how long one question may take."""
    try:
        async with asyncio.timeout(ABSOLUTE_SECONDS):
            yield
    except TimeoutError as cause:
        raise Unreachable("The other server took too long.") from cause


@lru_cache(maxsize=8192)
def _yarl(url: str) -> URL:
    # Already in its normal spelling: what we signed is what we send.
    return URL(url, encoded=True)


def _read(page: Page) -> Document:
    try:
        return Document(page.url, read_json(page.body))
    except Malformed as cause:
        raise Refused("The other server sent something that we cannot read.", f"{page.url}: {cause.private or cause.public}") from cause


def _is_activity(content_type: str) -> bool:
    """Whether this type says ActivityPub. Nothing else does: an uploaded file must never pass for a document."""
    header = MimeHeader()
    header["Content-Type"] = content_type
    kind = header.get_content_type()
    if kind == LINKED_DATA:
        return PROFILE in str(header.get_param("profile", "")).split()
    return kind == ACTIVITY


def _check_status(response: aiohttp.ClientResponse, address: Address) -> None:
    status = response.status
    if status == 200:
        return
    if status in (404, 410):
        raise GoneThere("The other server has no such thing.", f"{status} from {address.url}", for_good=status == 410)
    if status in PASSING or status >= 500:
        raise Unreachable("The other server has troubles of its own.", f"{status} from {address.url}", retry_after=_retry_after(response))
    raise Refused("The other server does not show this to us.", f"{status} from {address.url}")


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """All of the body, unpacked, if it is not longer than we take. Raises Refused."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Refused("The other server packs its answers in a way that we did not ask for.", encoding[:100])
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if encoding.endswith("gzip") else None
    body = bytearray()
    too_long = Refused("What the other server sent is too long.", str(response.url)[:300])
    if (response.content_length or 0) > most:
        raise too_long
    async for chunk in response.content.iter_any():
        try:
            body += unpack.decompress(chunk, most + 1 - len(body)) if unpack else chunk
        except zlib.error as cause:
            raise Refused("What the other server sent cannot be unpacked.", str(cause)) from cause
        if len(body) > most:
            raise too_long
    if unpack and not unpack.eof:
        raise Refused("What the other server sent is cut short.", str(response.url)[:300])
    return bytes(body)


async def _answer(response: aiohttp.ClientResponse, scheme: str) -> Answer:
    said = bytearray()
    # Read to its end, so that the line can be used again; but not for ever.
    while not response.content.at_eof() and len(said) < MOST_OF_AN_ANSWER:
        said += await response.content.readany()
    if 200 <= response.status < 300:
        return Answer(response.status, scheme)
    # Without U+0000, which PostgreSQL cannot keep: one such answer would undo what we write down of everyone's.
    words = " ".join(bytes(said[:MOST_OF_A_REASON]).decode(errors="replace").replace("\0", " ").split())
    return Answer(response.status, scheme, f"HTTP {response.status} {words}".strip(), _retry_after(response))


def _retry_after(response: aiohttp.ClientResponse) -> int | None:
    """Seconds until the other server wants to hear from us again, if it says so."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(int(wait), 0), LONGEST_WAIT)


def _hung_up(cause: Exception) -> bool:
    if isinstance(cause, aiohttp.ClientConnectorError):
        return False
    return isinstance(cause, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)


def _named(cause: Exception, address: Address) -> Refused | Unreachable:
    """What went wrong, by name: did we not go there, or did nobody answer?"""
    inner = getattr(cause, "os_error", cause)
    if isinstance(inner, ForbiddenAddress):
        return Refused("We do not call addresses of private networks.", f"{address.url}: {inner}")
    return Unreachable("The other server did not answer.", f"{address.url}: {type(cause).__name__} {cause}"[:500])
