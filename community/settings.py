"""Every knob of one library: read once, frozen, each line documents itself."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from community.errors import Misconfigured

PREFIX = "BOOKMOBILE_"
CONFIG = "BOOKMOBILE_CONFIG"


def knob(help: str, default: Any = MISSING, *, secret: bool = False) -> Any:
    """Declare one setting: what it means, its default, and whether it must never be printed."""
    if default is MISSING:
        return field(repr=not secret, metadata={"help": help, "secret": secret})
    return field(default=default, repr=not secret, metadata={"help": help, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one library has chosen. Build it with `read()`."""

    domain: str = knob("The part after @ in every address; can never change. May carry a port in tests and demos.")
    base_url: str = knob("Scheme and host that addresses begin with; https://DOMAIN when empty.", "")
    name: str = knob("The library's name, as people read it.", "Our Library")
    description: str = knob("One sentence about the library, shown on its pages and in its profile.", "")
    colour: str = knob("The library's one colour, as #rrggbb.", "#1f5f5b")
    address: str = knob("Street address of the library, shown on its pages.", "")
    hours: str = knob("Opening hours, one line.", "")
    contact: str = knob("An e-mail address for people and authorities.", "")
    data_dir: str = knob("Folder for the index, uploads and refused records.", "./data")
    database_url: str = knob("SQLAlchemy address of the database; a SQLite file in DATA_DIR when empty.", "", secret=True)
    search_url: str = knob("Address of a Meilisearch server; the embedded index when empty.", "")
    search_key: str = knob("The key for the Meilisearch server.", "", secret=True)
    media_url: str = knob("Address of a server that passes requests for media on to BASE_URL/media; that itself when empty.", "")
    media_megabytes: int = knob("Room for copies of pictures of other servers; those that nobody looks at go first.", 2000)
    secret_key: str = knob("Signs cookies; at least 32 characters. SECRET_KEY_FILE may name a file instead.", "", secret=True)
    theme: str = knob("Name of the theme, or a folder that holds one.", "default")
    languages: tuple[str, ...] = knob("Languages of the pages, the library's own first.", ("en", "it"))
    timezone: str = knob("IANA name of the library's time zone.", "UTC")
    policies: tuple[str, ...] = knob("Moderation policies, asked in this order.", ("domains", "words", "pace", "newcomers"))
    announce_reviews: bool = knob("Let the library's account boost its readers' public reviews.", True)
    authorized_fetch: bool = knob("Show posts and people only to servers that sign their requests; pages stay open to everybody.", False)
    open_registration: bool = knob("Let anyone with an e-mail address open a reader's account.", True)
    smtp_url: str = knob(
        "smtp://user:password@host:port for mail; mail goes to the log in the demo and is refused when empty.", "", secret=True
    )
    mail_from: str = knob("Sender address of mail.", "")
    actor_type: str = knob("What the library calls itself in the fediverse: Organization, Service or Person.", "Organization")
    allow_private_network: bool = knob("Tests and demo only: talk http to loopback addresses.", False)
    metrics_token: str = knob("Bearer token for /metrics; without one only loopback may read it.", "", secret=True)
    trusted_proxies: tuple[str, ...] = knob("Addresses whose X-Forwarded-For is believed.", ("127.0.0.1", "::1"))
    source_url: str = knob("Where the source code of this server can be had, shown in the footer; the licence asks for it.", "")
    demo: bool = knob("Show the demo's one-click sign-in; never on a public server.", False)

    @property
    def root(self) -> str:
        """Scheme and host of every address that we mint, without a slash at the end."""
        return self.base_url or f"https://{self.domain}"

    @property
    def database(self) -> str:
        """The SQLAlchemy address in use."""
        return self.database_url or f"sqlite+aiosqlite:///{Path(self.data_dir) / 'bookmobile.sqlite'}"

    @property
    def language(self) -> str:
        """The library's own language."""
        return self.languages[0]

    @property
    def media(self) -> str:
        """Where media are served from, without a slash at the end."""
        return (self.media_url or f"{self.root}/media").rstrip("/")


def read(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read settings from `bookmobile.toml` and the environment (which wins).

    Raises Misconfigured, which names the setting, for an unknown, missing or malformed one.
    """
    environ = os.environ if environ is None else environ
    file = file or Path(environ.get(CONFIG) or "bookmobile.toml")
    chosen: dict[str, Any] = {}
    known = {one.name: one for one in fields(Settings)}
    for name, value in _from_file(file, required=CONFIG in environ).items():
        if name.lower() not in known:
            raise Misconfigured(f"Unknown setting {name!r} in {file}. Known ones: {', '.join(sorted(known))}.")
        chosen[name.lower()] = value
    for key, value in environ.items():
        if not key.startswith(PREFIX) or key == CONFIG or key.startswith(PREFIX + "TEST_"):
            continue
        name = key.removeprefix(PREFIX).lower()
        if name not in known and name.endswith("_file") and name.removesuffix("_file") in known:
            name, value = name.removesuffix("_file"), _secret(key, value)
        if name not in known:
            raise Misconfigured(f"Unknown setting {key} in the environment.")
        chosen[name] = value
    if "domain" not in chosen:
        raise Misconfigured("The setting DOMAIN is missing: set BOOKMOBILE_DOMAIN, or run `bookmobile init`.")
    return _checked(Settings(**{name: _convert(name, known[name].type, value) for name, value in chosen.items()}))


def _from_file(file: Path, *, required: bool) -> dict[str, Any]:
    if not file.exists():
        if required:
            raise Misconfigured(f"{CONFIG} names {file}, which does not exist.")
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise Misconfigured(f"{file} is not valid TOML: {cause}") from cause


def _secret(key: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise Misconfigured(f"{key} names {path}, which cannot be read: {cause.strerror}.") from cause


def _convert(name: str, kind: Any, value: Any) -> Any:
    label = name.upper()
    if kind is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in {"1", "true", "yes", "on"}:
            return True
        if str(value).lower() in {"0", "false", "no", "off", ""}:
            return False
        raise Misconfigured(f"{label} must be true or false, not {value!r}.")
    if kind is int:
        if isinstance(value, int) or re.fullmatch(r"\d{1,9}", str(value)):
            return int(value)
        raise Misconfigured(f"{label} must be a whole number, not {value!r}.")
    if kind is str:
        if not isinstance(value, str):
            raise Misconfigured(f"{label} must be text, not {value!r}.")
        return value
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[\s,]+", value) if part)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise Misconfigured(f"{label} must be a list of words, not {value!r}.")


def _checked(settings: Settings) -> Settings:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", settings.domain):
        raise Misconfigured(f"DOMAIN must be a lower-case host name such as library.example.org, not {settings.domain!r}.")
    root = urlsplit(settings.root)
    if root.scheme not in {"http", "https"} or not root.netloc or root.path or root.query:
        raise Misconfigured(f"BASE_URL must look like https://library.example.org, not {settings.base_url!r}.")
    if root.scheme == "http" and not settings.allow_private_network:
        raise Misconfigured("BASE_URL must begin with https:// (http is for tests and the demo, with ALLOW_PRIVATE_NETWORK).")
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", settings.colour):
        raise Misconfigured(f"COLOUR must look like #1f5f5b, not {settings.colour!r}.")
    if settings.actor_type not in {"Organization", "Service", "Person"}:
        raise Misconfigured(f"ACTOR_TYPE must be Organization, Service or Person, not {settings.actor_type!r}.")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise Misconfigured("SECRET_KEY must have at least 32 characters.")
    if not settings.languages:
        raise Misconfigured("LANGUAGES must name at least one language.")
    return settings
