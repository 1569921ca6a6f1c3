"""Passwords, kept so that nobody can read them back."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 10
_hasher = PasswordHasher()
_two_at_once = asyncio.Semaphore(2)  # each takes much memory and time, on purpose
_nobody = _hasher.hash("the password of nobody")


async def digest(password: str) -> str:
    """What to keep of a password."""
    async with _two_at_once:
        return await asyncio.to_thread(_hasher.hash, password)


async def fits(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long for an account that has none, or that is not there."""
    async with _two_at_once:
        return await asyncio.to_thread(_fits, kept or _nobody, password) and kept is not None


def _fits(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False
