"""The list of words: put one on it, see what it would have caught, take it off."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.errors import Conflict, Unprocessable
from community.posts.post import Post
from moderation import folding, log, reports
from moderation.policies.words import LONGEST, Listed
from moderation.tables import DomainAnswer, ListedWord


async def add(session: AsyncSession, phrase: str, answer: DomainAnswer, reason: str, *, who: str) -> ListedWord:
    """Put a word or phrase on the list, folded; `allow` makes an exception, such as a title. Raises Conflict when it is there."""
    folded = " ".join(checked(phrase))
    if await session.scalar(select(ListedWord.id).where(ListedWord.phrase == folded)) is not None:
        raise Conflict("This is on the list already.")
    word = ListedWord(phrase=folded, answer=answer, reason=reports.clean(reason))
    session.add(word)
    log.write(session, who, "list", folded, reason=word.reason)
    await session.flush()
    return word


async def take_off(session: AsyncSession, word: ListedWord, *, who: str) -> None:
    """Take a word off the list."""
    log.write(session, who, "unlist", word.phrase, reason=word.reason)
    await session.delete(word)
    await session.flush()


def checked(phrase: str) -> tuple[str, ...]:
    """A phrase as it is compared. Raises Unprocessable for one that says nothing, almost everything, or too much."""
    words = folding.tokens(phrase)
    if not words:
        raise Unprocessable("There is no word in this.")
    if len(words) > LONGEST or len(" ".join(words)) > 200:
        raise Unprocessable("This is too long for a phrase.")
    if len(words) == 1 and len(words[0]) == 1 and words[0].isascii():
        raise Unprocessable("A single letter would stop almost everything.")
    return words


async def would_catch(session: AsyncSession, phrase: str, last: int = 5_000) -> tuple[int, int]:
    """How many of the last posts a phrase would have stopped, and how many were looked at; with the code that judges."""
    listed = Listed.of({checked(phrase): DomainAnswer.hold})
    query = select(Post.title, Post.warning, Post.html).order_by(Post.id.desc()).limit(last)
    posts = (await session.execute(query)).all()
    said = ("\n".join(part for part in (title, warning, text.plain(html)) if part) for title, warning, html in posts)
    return sum(listed.find(words) is not None for words in said), len(posts)
