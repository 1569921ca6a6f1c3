"""The words we speak: our @context and the names of types (interop D)."""

from typing import Any

from community.uris import PUBLIC

AS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
MEDIA_TYPE = "application/activity+json"

# The literal address of ActivityStreams stands first, our terms stand inline: some peers treat an unknown context as empty.
CONTEXT: list[Any] = [
    AS,
    SECURITY,
    {
        "sec": "https://w3id.org/security#",
        "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
        "Multikey": "sec:Multikey",
        "controller": {"@id": "sec:controller", "@type": "@id"},
        "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
        "toot": "http://joinmastodon.org/ns#",
        "schema": "http://schema.org#",
        "as": "https://www.w3.org/ns/activitystreams#",
        "gts": "https://gotosocial.org/ns#",
        "mz": "https://joinmobilizon.org/ns#",
        "ical": "http://www.w3.org/2002/12/cal/ical#",
        "lemmy": "https://join-lemmy.org/ns#",
        "moderators": {"@id": "lemmy:moderators", "@type": "@id"},
        "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
        "fep8a8e": "https://w3id.org/fep/8a8e/",
        "Hashtag": "as:Hashtag",
        "sensitive": "as:sensitive",
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "suspended": "toot:suspended",
        "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "PostalAddress": "schema:PostalAddress",
        "address": {"@id": "schema:address", "@type": "@id"},
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "joinMode": "mz:joinMode",
        "maximumAttendeeCapacity": "schema:maximumAttendeeCapacity",
        "remainingAttendeeCapacity": "schema:remainingAttendeeCapacity",
        "streetAddress": "schema:streetAddress",
        "inLanguage": "schema:inLanguage",
        "category": "schema:category",
        "commentsEnabled": "pt:commentsEnabled",
        "pt": "https://joinpeertube.org/ns#",
        "repliesModerationOption": "mz:repliesModerationOption",
        "externalParticipationUrl": "mz:externalParticipationUrl",
        "participantCount": "mz:participantCount",
        "timezone": "mz:timezone",
        "isOnline": "mz:isOnline",
        "eventStatus": "fep8a8e:eventStatus",
        "displayEndTime": "fep8a8e:displayEndTime",
    },
]

# Catalogue items travel with bare words, as BookWyrm and NeoDB send them.
ITEM_CONTEXT: list[Any] = [AS, {"Hashtag": "as:Hashtag"}]

ACTOR_TYPES = frozenset({"Application", "Group", "Organization", "Person", "Service"})
ITEM_TYPES = frozenset(
    {
        "Edition",
        "Work",
        "Book",
        "Movie",
        "TVShow",
        "TVSeason",
        "TVEpisode",
        "Album",
        "Game",
        "Podcast",
        "Performance",
        "PerformanceProduction",
    }
)
# What an object may be called when we read it as something that a person wrote.
POST_TYPES = frozenset({"Note", "Article", "Page", "Question", "Review", "Rating", "Comment", "Quotation"})

ANYONE_MAY_QUOTE = {"canQuote": {"automaticApproval": [PUBLIC]}}
