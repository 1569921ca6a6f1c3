"""Every table of the house, so that one import makes the metadata whole."""

import community.catalog.tables
import community.people.accounts
import community.people.actors
import community.people.blocks
import community.people.follows
import community.posts.attendances
import community.posts.clubs
import community.posts.kinds
import community.posts.pictures
import community.posts.post
import community.posts.quotes
import community.posts.topics  # noqa: F401
import federation.tables  # noqa: F401
import moderation.tables  # noqa: F401
import search.tables  # noqa: F401
import server.letters  # noqa: F401
from community.database import Base

METADATA = Base.metadata
