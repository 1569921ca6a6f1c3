"""What an author is told about a decision: which rule, why, and what they can do."""

from community.messages import gettext
from moderation.tables import Action


def _subjects(language: str) -> dict[Action, str]:
    return {
        Action.warn: gettext(language, "A word about what you wrote"),
        Action.hide: gettext(language, "Your words were hidden"),
        Action.remove: gettext(language, "Your words were removed"),
        Action.limit: gettext(language, "Your posts are seen by fewer people"),
        Action.suspend: gettext(language, "Your account was suspended"),
    }


def _facts(language: str) -> dict[Action, str]:
    return {
        Action.warn: gettext(language, "A moderator asks you to change what you wrote. Nothing was hidden."),
        Action.hide: gettext(language, "A moderator hid what you wrote. Only you and the moderators can see it; it can come back."),
        Action.remove: gettext(language, "A moderator removed what you wrote. Other servers were asked to delete their copies."),
        Action.limit: gettext(language, "A moderator decided that what you write is seen by your followers, but not on our public pages."),
        Action.suspend: gettext(language, "A moderator suspended your account. You cannot write here, and what you wrote is not shown."),
    }


def notice(language: str, action: Action, rule: str, reason: str, words: str) -> tuple[str, str]:
    """Subject and text of what the author reads. `rule` is its title, empty when none was named; `words` are theirs, shortened."""
    parts = [_facts(language)[action]]
    if rule:
        parts.append(gettext(language, "The rule: %(rule)s", rule=rule))
    parts.append(gettext(language, "The reason: %(reason)s", reason=reason))
    if words:
        parts.append(gettext(language, "What you wrote: %(words)s", words=words))
    parts.append(gettext(language, "A person decided this, not a program. If you think it is wrong, answer this message and tell us why."))
    return _subjects(language)[action], "\n\n".join(parts)


def taken_back(language: str, reason: str) -> tuple[str, str]:
    """Subject and text when a decision was undone."""
    text = gettext(language, "A moderator took back an earlier decision about what you wrote.")
    return gettext(language, "A decision was taken back"), f"{text}\n\n{gettext(language, 'The reason: %(reason)s', reason=reason)}"
