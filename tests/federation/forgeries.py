"""The table of forgeries: what is false about a request, the request, and the name that it is refused by."""

import hmac
from base64 import b64encode
from collections.abc import Callable
from hashlib import md5
from time import time

from community.errors import Refusal
from federation.signatures import Forged, KeyUnreachable, Stale, Unsigned
from tests.federation.letters import (
    ADA_KEY,
    BODY,
    COMPONENTS,
    COVERED,
    COVERED_GET,
    HOST,
    INBOX,
    Letter,
    cavage,
    content_digest,
    digest,
    digest_512,
    ed25519_of,
    http_date,
    pem,
    rfc9421,
    rsa_of,
)

Forgery = tuple[str, Callable[[], Letter], type[Refusal]]

OTHER_BODY = BODY.replace(b"Follow", b"Delete")
MINUTES, HOURS = 60, 3600
CREATED = ("(request-target)", "host", "digest", "(created)")
EXPIRES = (*CREATED, "(expires)")
NOBODY = "https://silent.example/users/x#main-key"
PARTS = f'keyId="{ADA_KEY}",headers="(request-target) host date digest"'


def moment(seconds_from_now: float = 0) -> str:
    return str(int(time() + seconds_from_now))


def dated(seconds_from_now: float) -> Letter:
    return Letter(headers={"date": http_date(seconds_from_now)})


def digested(value: str) -> Letter:
    """Honestly signed, over this Digest header."""
    return cavage(Letter(headers={"digest": value}))


def get(target: str = "/ap/actors/library") -> Letter:
    return Letter(method="GET", target=target, body=b"")


def swapped(letter: Letter, body: bytes = OTHER_BODY, **headers: str) -> Letter:
    """The same letter with another body, and other headers if need be, after it was signed."""
    letter.body = body
    return rewritten(letter, **headers)


def rewritten(letter: Letter, **headers: str) -> Letter:
    letter.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return letter


def sent_to(letter: Letter, *, target: str = "", host: str = "", method: str = "") -> Letter:
    """The same letter brought elsewhere after it was signed."""
    letter.target, letter.host, letter.method = target or letter.target, host or letter.host, method or letter.method
    return letter


def without(letter: Letter, name: str) -> Letter:
    del letter.headers[name]
    return letter


def doubled(letter: Letter, name: str, value: str = "") -> Letter:
    letter.headers[name] = [letter.value(name), value or letter.value(name)]
    return letter


def two_hosts() -> Letter:
    letter = cavage()
    letter.headers["host"] = "other.example"  # beside the one that every letter has
    return letter


def mac_with_the_public_key() -> Letter:
    """The old confusion of algorithms: HMAC, with what everybody knows for a secret."""
    letter = cavage()
    message = f"(request-target): post {INBOX}\nhost: {HOST}\ndate: {letter.value('date')}\ndigest: {letter.value('digest')}"
    mac = b64encode(hmac.digest(pem(rsa_of("ada")).encode(), message.encode(), "sha256")).decode()
    return rewritten(letter, signature=f'{PARTS},algorithm="hmac-sha256",signature="{mac}"')


def with_created(then: str) -> Letter:
    """Signed honestly at one moment, and told to be of another."""
    made = moment(-2 * HOURS)
    letter = cavage(covered=CREATED, created=made)
    return rewritten(letter, signature=letter.value("signature").replace(made, then))


def in_both_ways() -> Letter:
    """A true old signature beside a new one that is false."""
    old = cavage().headers
    letter = rfc9421(private=rsa_of("cleo"))
    return rewritten(letter, date=str(old["date"]), digest=str(old["digest"])) and doubled(letter, "signature", str(old["signature"]))


def old_signature_only_with_new_input() -> Letter:
    letter = cavage()
    return rewritten(letter, signature_input=rfc9421().value("signature-input"))


UNSIGNED: list[Forgery] = [
    ("no signature at all", lambda: without(cavage(), "signature"), Unsigned),
    ("an empty Signature header", lambda: rewritten(cavage(), signature=""), Unsigned),
    ("an empty signature", lambda: rewritten(cavage(), signature=f'{PARTS},signature=""'), Unsigned),
    ("no keyId", lambda: cavage(key_id=""), Unsigned),
    ("no list of headers", lambda: rewritten(cavage(), signature=f'keyId="{ADA_KEY}",signature="YQ=="'), Unsigned),
    ("the target is not signed", lambda: cavage(covered=("host", "date", "digest")), Unsigned),
    ("the host is not signed", lambda: cavage(covered=("(request-target)", "date", "digest")), Unsigned),
    ("no date is signed", lambda: cavage(covered=("(request-target)", "host", "digest")), Unsigned),
    ("the body is not signed", lambda: cavage(covered=COVERED_GET), Unsigned),
    ("an empty body is not signed", lambda: cavage(Letter(body=b""), covered=COVERED_GET), Unsigned),
    ("a GET with a body that is not signed", lambda: cavage(Letter(method="GET")), Unsigned),
    ("only the date is signed", lambda: cavage(covered=("date",)), Unsigned),
    ("9421: nothing is covered", lambda: rfc9421(components=()), Unsigned),
    ("9421: only the authority is covered", lambda: rfc9421(components=("@authority",)), Unsigned),
    ("9421: the body is not covered", lambda: rfc9421(components=COMPONENTS[:2]), Unsigned),
    ("9421: the method is not covered", lambda: rfc9421(components=COMPONENTS[1:]), Unsigned),
    ("9421: the path without the query", lambda: rfc9421(get("/x?p=1"), components=("@method", "@authority", "@path")), Unsigned),
    ("9421: the path without the host", lambda: rfc9421(get(), components=("@method", "@path")), Unsigned),
    ("9421: it does not say when", lambda: rfc9421(without_created=True), Unsigned),
    ("9421: an input without signature", lambda: without(rfc9421(), "signature"), Unsigned),
]

FORGED: list[Forgery] = [
    ("the body was swapped", lambda: swapped(cavage()), Forged),
    ("body and digest were swapped", lambda: swapped(cavage(), digest=digest(OTHER_BODY)), Forged),
    ("the path was changed", lambda: sent_to(cavage(), target="/ap/actors/ben/inbox"), Forged),
    ("a query was added", lambda: sent_to(cavage(get("/x")), target="/x?p=1"), Forged),
    ("the query was changed", lambda: sent_to(cavage(get("/x?p=1")), target="/x?p=2"), Forged),
    ("the query was dropped", lambda: sent_to(cavage(get("/x?p=1")), target="/x"), Forged),
    ("the method was changed", lambda: sent_to(cavage(), method="PUT"), Forged),
    ("the date was renewed", lambda: rewritten(cavage(dated(-2 * HOURS)), date=http_date()), Forged),
    ("created was renewed", lambda: with_created(moment()), Forged),
    ("created is no number", lambda: with_created("soon"), Forged),
    ("(created) is signed but not said", lambda: rewritten(cavage(), signature=f'{PARTS[:-1]} (created)",signature="YQ=="'), Forged),
    ("signed for another server", lambda: cavage(Letter(host="other.example")), Forged),
    ("signed for another server, readdressed", lambda: sent_to(cavage(Letter(host="other.example")), host=HOST), Forged),
    ("signed for another port", lambda: cavage(Letter(host=f"{HOST}:8443")), Forged),
    ("signed for a name that ends like ours", lambda: cavage(Letter(host=f"evil-{HOST}")), Forged),
    ("two Host headers", two_hosts, Forged),
    ("two Date headers", lambda: doubled(cavage(), "date", http_date(-9)), Forged),
    ("two Digest headers", lambda: doubled(cavage(), "digest", digest(OTHER_BODY)), Forged),
    ("the same Digest header twice", lambda: doubled(cavage(), "digest"), Forged),
    ("two Signature headers", lambda: doubled(cavage(), "signature"), Forged),
    ("a signed header is not there", lambda: without(cavage(), "content-type"), Forged),
    ("Cleo signs with Ada's keyId", lambda: cavage(private=rsa_of("cleo")), Forged),
    ("another kind of key signs with Ada's keyId", lambda: cavage(private=ed25519_of("cleo")), Forged),
    ("HMAC with the public key", mac_with_the_public_key, Forged),
    ("algorithm none", lambda: rewritten(cavage(), signature=f'{PARTS},algorithm="none",signature="YQ=="'), Forged),
    ("keyId is no address", lambda: cavage(key_id="acct:ada@harbour.example"), Forged),
    ("keyId is a file", lambda: cavage(key_id="file:///etc/hostname"), Forged),
    ("the signature is not base64", lambda: rewritten(cavage(), signature=f'{PARTS},signature="***"'), Forged),
    ("keyId comes twice", lambda: rewritten(cavage(), signature=f'keyId="x",{cavage().value("signature")}'), Forged),
    ("a header is named twice", lambda: cavage(covered=(*COVERED, "date")), Forged),
    ("an invented pseudo header", lambda: rewritten(cavage(), signature=f'{PARTS[:-1]} (nonce)",signature="YQ=="'), Forged),
    ("no form of a signature", lambda: rewritten(cavage(), signature="Bearer abc"), Forged),
    ("a signature without end", lambda: rewritten(cavage(), signature=cavage().value("signature") + ",a=" + "b" * 5000), Forged),
    ("a date that is none", lambda: cavage(Letter(headers={"date": "yesterday"})), Forged),
    ("a digest that can be faked", lambda: digested("MD5=" + b64encode(md5(BODY).digest()).decode()), Forged),
    ("two digests, one false", lambda: digested(f"{digest(BODY)},{digest_512(OTHER_BODY)}"), Forged),
    ("one digest twice, one false", lambda: digested(f"{digest(OTHER_BODY)},{digest(BODY)}"), Forged),
    ("a digest cut short", lambda: digested(digest(BODY)[:-10]), Forged),
    ("an empty digest", lambda: digested(""), Forged),
    ("9421: the body was swapped", lambda: swapped(rfc9421()), Forged),
    ("9421: body and digest were swapped", lambda: swapped(rfc9421(), content_digest=content_digest(OTHER_BODY)), Forged),
    ("9421: the path was changed", lambda: sent_to(rfc9421(), target="/ap/actors/ben/inbox"), Forged),
    ("9421: the query was changed", lambda: sent_to(rfc9421(get("/x?p=1")), target="/x?p=2"), Forged),
    ("9421: the method was changed", lambda: sent_to(rfc9421(), method="PUT"), Forged),
    ("9421: signed for another server", lambda: rfc9421(Letter(host="other.example")), Forged),
    ("9421: signed for another server, readdressed", lambda: sent_to(rfc9421(Letter(host="other.example")), host=HOST), Forged),
    ("9421: Cleo signs with Ada's keyid", lambda: rfc9421(private=rsa_of("cleo")), Forged),
    ("9421: an algorithm that is not the key's", lambda: rfc9421(more=';alg="ed25519"'), Forged),
    ("9421: a shared secret", lambda: rfc9421(more=';alg="hmac-sha256"'), Forged),
    ("9421: keyid is no address", lambda: rfc9421(key_id="ada"), Forged),
    ("9421: created was renewed", lambda: rewritten(rfc9421(created=1), signature_input=rfc9421().value("signature-input")), Forged),
    ("9421: two Content-Digest headers", lambda: doubled(rfc9421(), "content-digest"), Forged),
    ("9421: a component twice", lambda: rfc9421(components=(*COMPONENTS, "@method")), Forged),
    ("9421: a label twice", lambda: doubled(rfc9421(), "signature-input"), Forged),
    ("9421: no form of an input", lambda: rewritten(rfc9421(), signature_input="sig1=(((("), Forged),
    ("9421: an input that is no list", lambda: rewritten(rfc9421(), signature_input="sig1=5"), Forged),
    ("9421: a signature that is no bytes", lambda: rewritten(rfc9421(), signature='sig1="text"'), Forged),
    ("9421: a signature under another label", lambda: rewritten(rfc9421(), signature="sig2=:YQ==:"), Forged),
    ("both kinds, the new one false", in_both_ways, Forged),
    ("a true old signature that says it is new", old_signature_only_with_new_input, Forged),
]

STALE: list[Forgery] = [
    ("signed two hours ago", lambda: cavage(dated(-2 * HOURS)), Stale),
    ("signed two hours from now", lambda: cavage(dated(2 * HOURS)), Stale),
    ("signed in 2017", lambda: cavage(Letter(headers={"date": "Tue, 03 Jan 2017 12:00:00 GMT"})), Stale),
    ("created two hours ago, beside a new date", lambda: cavage(covered=CREATED, created=moment(-2 * HOURS)), Stale),
    ("created now, beside an old date", lambda: cavage(dated(-2 * HOURS), covered=(*CREATED, "date"), created=moment()), Stale),
    ("expired", lambda: cavage(covered=EXPIRES, created=moment(-64 * MINUTES), expires=moment(-62 * MINUTES)), Stale),
    ("expired, as nobody signed", lambda: cavage(covered=CREATED, created=moment(-64 * MINUTES), expires=moment(-62 * MINUTES)), Stale),
    ("expires before it was created", lambda: cavage(covered=EXPIRES, created=moment(), expires=moment(-9)), Stale),
    ("lengthened by nobody", lambda: cavage(covered=CREATED, created=moment(-3 * HOURS), expires=moment(HOURS)), Stale),
    ("made to hold for two days", lambda: cavage(covered=EXPIRES, created=moment(-14 * HOURS), expires=moment(34 * HOURS)), Stale),
    ("9421: created in 2017", lambda: rfc9421(created=1483444800), Stale),
    ("9421: created two hours from now", lambda: rfc9421(created=int(time()) + 2 * HOURS), Stale),
    ("9421: expired", lambda: rfc9421(created=int(time()) - 64 * MINUTES, more=f";expires={moment(-62 * MINUTES)}"), Stale),
    ("9421: made to hold for two days", lambda: rfc9421(created=int(time()) - 14 * HOURS, more=f";expires={moment(34 * HOURS)}"), Stale),
]

UNREACHABLE: list[Forgery] = [
    ("the key's server is silent", lambda: cavage(key_id=NOBODY), KeyUnreachable),
    ("9421: the key's server is silent", lambda: rfc9421(key_id=NOBODY), KeyUnreachable),
]

FORGERIES = UNSIGNED + FORGED + STALE + UNREACHABLE
