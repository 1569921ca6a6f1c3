"""What programs of others sign, we verify; what we sign, they verify. Over real sockets where they bring their own client."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from bovine.clients.signed_http import SignedHttpClient, legacy_digest_method_uppercase
from bovine.crypto import build_validate_http_signature_raw
from bovine.crypto.helper import content_digest_sha256_rfc_9530
from bovine.crypto.types import CryptographicIdentifier
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures.algorithms import ED25519, RSA_V1_5_SHA256

from community.clock import now
from federation.recently import Fetches
from federation.signatures import Received, sign_cavage, sign_rfc9421, verify
from federation.signers import PrivateKey
from tests.federation.letters import ADA, ADA_KEY, BODY, HOST, ROOT, ed25519_of, key_of, pem, rsa_of
from tests.federation.shelf import Shelf

KINDS = [pytest.param(rsa_of, RSA_V1_5_SHA256, id="RSA"), pytest.param(ed25519_of, ED25519, id="Ed25519")]
URL = f"{ROOT}/ap/inbox?a=1"

Judge = Callable[[web.Request, bytes], Awaitable[bool]]


@asynccontextmanager
async def listening(judge: Judge) -> AsyncIterator[str]:
    """A server on loopback that says 202 to what the judge lets in, and 401 to the rest."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=202 if await judge(request, await request.read()) else 401)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def received(request: web.Request, body: bytes) -> Received:
    headers = [(name.lower(), value) for name, value in request.raw_headers]
    return Received(request.method, request.raw_path, request.headers["Host"], headers, body)


def private_pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("digest_method", [legacy_digest_method_uppercase, None, content_digest_sha256_rfc_9530])
async def test_bovine_posts_and_we_let_it_in(digest_method: Any) -> None:
    # With RSA: its Ed25519 signatures are in multibase, which the draft does not know.
    key = rsa_of("ada")
    seen: list[str] = []

    async def ours(request: web.Request, body: bytes) -> bool:
        shelf = Shelf(key_of("ada", ADA_KEY, private=key))
        seen.append((await verify(received(request, body), shelf, f"http://{request.host}", fetches=Fetches())).owner)
        return True

    async with listening(ours) as root, aiohttp.ClientSession() as session:
        client = SignedHttpClient(session, ADA_KEY, private_pem(key), digest_method)
        response = await client.post(f"{root}/ap/inbox", BODY.decode())
        assert response.status == 202
        response = await client.get(f"{root}/ap/actors/library?page=1")
        assert response.status == 202

    assert seen == [ADA, ADA]


@pytest.mark.parametrize("kind", [rsa_of, ed25519_of])
async def test_we_sign_and_bovine_lets_us_in(kind: Callable[[str], PrivateKey]) -> None:
    key = kind("ada")

    async def retrieve(key_id: str) -> CryptographicIdentifier:
        assert key_id == ADA_KEY
        return CryptographicIdentifier.from_pem(pem(key), ADA)

    check = build_validate_http_signature_raw(retrieve)

    async def body() -> bytes:
        return BODY

    post = lower(sign_cavage("POST", f"{ROOT}/ap/inbox", BODY, ADA_KEY, key, now()))
    get = lower(sign_cavage("GET", f"{ROOT}/ap/actors/library", None, ADA_KEY, key, now()))

    assert await check("POST", f"{ROOT}/ap/inbox", post, body) == ADA
    assert await check("GET", f"{ROOT}/ap/actors/library", get, None) == ADA
    assert await check("POST", f"{ROOT}/ap/other", post, body) is None


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Sheet:
    """A request as http_message_signatures reads it."""

    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers


@pytest.mark.parametrize(("kind", "algorithm"), KINDS)
@pytest.mark.parametrize("body", [BODY, None], ids=["POST", "GET"])
async def test_we_sign_by_rfc_9421_and_the_library_lets_us_in(
    kind: Callable[[str], PrivateKey], algorithm: Any, body: bytes | None
) -> None:
    key = kind("ada")
    method = "POST" if body else "GET"
    headers = sign_rfc9421(method, URL, body, ADA_KEY, key, now())
    resolver = MappingKeyResolver(public_keys={ADA_KEY: key.public_key()}, private_keys={})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver)

    (result,) = verifier.verify(
        Sheet(method, URL, headers), max_age=timedelta(minutes=5), require_components=("@method", "@target-uri"), body=body
    )

    assert result.parameters["keyid"] == ADA_KEY


@pytest.mark.parametrize(("kind", "algorithm"), KINDS)
async def test_the_library_signs_by_rfc_9421_and_we_let_it_in(kind: Callable[[str], PrivateKey], algorithm: Any) -> None:
    key = kind("ada")
    sheet = Sheet("POST", URL, {"Host": HOST, "Content-Type": "application/activity+json"})
    signer = HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=MappingKeyResolver(public_keys={}, private_keys={ADA_KEY: key}))
    signer.sign(sheet, key_id=ADA_KEY, covered_component_ids=("@method", "@authority", "@target-uri", "content-type"), body=BODY)
    raw = [(name.lower().encode(), value.encode()) for name, value in sheet.headers.items()]

    found = await verify(
        Received("POST", "/ap/inbox?a=1", HOST, raw, BODY), Shelf(key_of("ada", ADA_KEY, private=key)), ROOT, fetches=Fetches()
    )

    assert found.owner == ADA


@pytest.mark.parametrize("kind", [rsa_of, ed25519_of])
@pytest.mark.parametrize("sign", [sign_cavage, sign_rfc9421])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_we_sign_gets_in_at_our_own_door(kind: Callable[[str], PrivateKey], sign: Any, method: str) -> None:
    key = kind("ada")
    body = BODY if method == "POST" else None
    headers = sign(method, URL, body, ADA_KEY, key, now())
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    found = await verify(
        Received(method, "/ap/inbox?a=1", headers["Host"], raw, body or b""),
        Shelf(key_of("ada", ADA_KEY, private=key)),
        ROOT,
        fetches=Fetches(),
    )

    assert found.owner == ADA
