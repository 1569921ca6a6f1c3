"""What becomes of each document of other programs when it is told to a library that it concerns."""

# Types of interop.md that matter to us: its parser checklist (8.1) and the sections on reviews, events and groups.
MATTER: set[str] = {
    "Accept", "Announce", "Announce Create", "Block", "Create Article", "Create Event", "Create Note", "Create Page", "Create Question",
    "Delete", "Delete Person", "EmojiReact", "Flag", "Follow", "Join", "Like", "Move", "QuoteRequest", "Reject", "Undo Block",
    "Undo Follow", "Undo Like", "Update Application", "Update Group", "Update Organization", "Update Person",
}  # fmt: skip

# How the outcome begins, and the documents that it is the outcome of.
OUTCOMES: dict[str, str] = {
    "changed a profile": """
        bridgyfed/plm-actor discourse/object-group discourse/object-person friendica/object-person_1
        funkwhale/plm-funkwhale_channel gancio/mbz-gancio-actor guppe/plm-guppe-actor hubzilla/plm-kaniini@hubzilla.example.org
        lemmy/object-group lemmy/object-instance lemmy/object-person lotide/object-group mastodon/object-person
        mastodon/spec-activitypub-actor mbin/object-instance mobilizon/object-group
        mobilizon/object-person mobilizon/plm-mobilizon.org-user nodebb/object-group nodebb/object-person peertube/object-person
        piefed/doc-communities-1-group piefed/doc-users-1-person pleroma/plm-relay wordpress/object-group wordpress/object-person
        wordpress/plm-wedistribute-user
    """,
    "deleted a comment": """
        bovine/bov-munching_cow_delete_1 friendica/activity-delete gotosocial/delete-1 lemmy/activity-delete_page
        lotide/activity-delete_note mastodon/activity-delete mastodon/bov-mastodon_flow_2_delete_note
    """,
    "ended a follow": """
        mastodon/activity-undo_follow
    """,
    "granted a follow": """
        lemmy/activity-follow mastodon/activity-follow mastodon/bov-mastodon_follow_1 mitra/bov-mitra_follow
        osada/plm-osada-follow-activity
    """,
    "granted a quotation": """
        fep/fep-044f-5-quoterequest
    """,
    "kept a boost": """
        kroeg/plm-kroeg-announce-with-inline-actor mastodon/bov-mastodon_announce_1 mastodon/plm-mastodon-announce-private
        peertube/activity-announce_video
    """,
    "kept a like": """
        lemmy/activity-like_note pleroma/plm-emoji-reaction
    """,
    "kept as comment": """
        bovine/bov-buffalo_create_note_1 fep/fep-044f-1-note friendica/activity-create_note friendica/object-page_1
        gotosocial/note-1 lemmy/object-comment lemmy/object-page lotide/activity-create_note_reply mastodon/activity-create_note
        mastodon/bov-mastodon_flow_1_create_note mastodon/plm-mastodon-post-activity-contentmap
        mastodon/plm-mastodon-question-activity mitra/activity-create_post piefed/doc-posts-2-page pleroma/activity-create_note
        pleroma/plm-spoofed-object plume/plm-baptiste.gelex.xyz-article smithereen/activity-create_note wordpress/object-note
    """,
    "kept as review": """
        neodb/note-mark-status-comment-rating
    """,
    "left: it is not a remark": """
        gotosocial/doc-posts-2-create-list mastodon/doc-activitypub-create-note-1
    """,
    "left: it was not said to everyone, and nobody here reads private posts": """
        discourse/object-page fep/fep-1b12-1-page fep/fep-1b12-2-note fep/fep-8b32-2-create-note mastodon/doc-activitypub-note-1
    """,
    "left: nobody says that they wrote it": """
        mastodon/doc-activitypub-question-1
    """,
    "left: somebody else wrote that": """
        friendica/object-note_1 mastodon/object-note_1 nodebb/object-page
    """,
    "left: we did not ask for that": """
        fep/fep-044f-6-accept-quoterequest gotosocial/accept-likerequest-1
    """,
    "left: we do not handle Dislike": """
        friendica/activity-dislike_page
    """,
    "left: we do not have that post": """
        lemmy/activity-announce_create_page piefed/feed_add wordpress/activity-announce
    """,
    "left: we do not have what it changes": """
        piefed/feed_json
    """,
    "left: we do not keep ChatMessage": """
        pleroma/plm-create-chat-message
    """,
    "left: we do not keep Collection": """
        lemmy/collection-group_followers
    """,
    "left: we do not keep Event": """
        fep/fep-8a8e-1-event fep/fep-8a8e-2-event fep/fep-8a8e-3-event gancio/event-v1.22 gancio/mbz-gancio-event-activity
        mobilizon/mbz-mobilizon-post-activity-group mobilizon/object-event
    """,
    "left: we do not keep LikeAuthorization": """
        gotosocial/likeauthorization-1
    """,
    "left: we do not keep None": """
        fep/fep-d556-1-webfinger friendica/mbz-friendica-webfinger gancio/mbz-gancio-webfinger lemmy/wpap-lemmy-ml-u-pfefferle
        mastodon/doc-webfinger-webfinger-1 mastodon/spec-activitypub-webfinger neodb/nodeinfo nodeinfo/mbz-both_versions
        nodeinfo/mbz-regular nodeinfo/mbz-wp-event-federation peertube/mbz-peertube-webfinger pleroma/mbz-pleroma-webfinger
        wordpress/wpap-notiz-blog-author-matthias-pfefferle wordpress/wpap-notiz-blog-well-known-webfinger
    """,
    "left: we do not keep OrderedCollection": """
        fep/fep-1b12-3-orderedcollection gotosocial/orderedcollection-1 lemmy/collection-group_outbox mastodon/collection-featured
        mastodon/plm-masto_closed_followers
    """,
    "left: we do not keep OrderedCollectionPage": """
        gotosocial/orderedcollectionpage-1
    """,
    "left: we do not keep Tombstone": """
        lemmy/object-tombstone lotide/object-tombstone
    """,
    "moved, and 0 of ours follow the new account": """
        gotosocial/doc-actors-9-move mastodon/doc-activitypub-move-1
    """,
    "noted a block": """
        mastodon/doc-activitypub-block-1
    """,
    "noted a guest: coming": """
        mobilizon/mbz-mobilizon-join-activity
    """,
    "opened 1 reports": """
        gotosocial/flag-list-1 mbin/activity-flag
    """,
    "our follow was granted": """
        gotosocial/accept-1 mbin/activity-accept pleroma/plm-accept-follow
    """,
    "our follow was refused": """
        mastodon/mbz-mastodon-reject-activity
    """,
    "refused at the door: 401": """
        lemmy/activity-update_community neodb/item-movie peertube/bov-peertube_create_video_1 peertube/object-video
    """,
    # Neither has a name: the one leaves it out, the other has a placeholder for it.
    "refused: http": """
        mastodon/plm-application_actor
        fep/fep-521a-1-person
    """,
    "said farewell to an actor and 1 posts": """
        lemmy/activity-delete_user mastodon/bov-mastodon_delete_actor_1 mastodon/mbz-mastodon-delete-user
    """,
    "took back a block": """
        mastodon/plm-mastodon-unblock-activity
    """,
    "took back a like": """
        lemmy/activity-undo_like_note mastodon/bov-mastodon_like_1_undo mastodon/plm-mastodon-undo-like-compact-object
    """,
}
