"""The shapes of engagement on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef
from feed.engagement.beacons import MOST, Verdict
from feed.models import Hidden, Share
from feed.models.comments import COMMENT_LENGTH
from feed.serializers import PostShape
from socialvideo.lib.wire import StrictSerializer

DAY_MS = 24 * 3600 * 1000
CHANNELS, HIDDEN = Share.Channel.values, Hidden.Kind.values


class ShareRequest(StrictSerializer):
    """Where a post's address is taken to."""

    channel = serializers.ChoiceField(choices=CHANNELS)


class ShareShape(serializers.Serializer[Any]):
    """An address to give on. It opens for whoever belongs to the post's audience."""

    url = serializers.CharField()


class CommentRequest(StrictSerializer):
    """What to say; ``parent`` is the comment that it replies to."""

    text = serializers.CharField(max_length=2 * COMMENT_LENGTH, help_text=f"At most {COMMENT_LENGTH} characters.")
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]


class CommentChange(StrictSerializer):
    """Other words."""

    text = serializers.CharField(max_length=2 * COMMENT_LENGTH, help_text=f"At most {COMMENT_LENGTH} characters.")


class CommentShape(serializers.Serializer[Any]):
    """A comment as its viewer sees it. A removed one has neither words nor author: others replied below it.

    ``held``: it waits for the post's author, who looks at some words first; nobody else sees it.
    """

    id = serializers.UUIDField()
    post = serializers.UUIDField()
    root = serializers.UUIDField(allow_null=True, help_text="Below which it stands.")  # type: ignore[assignment]
    parent = serializers.UUIDField(allow_null=True, help_text="To which it replies.")  # type: ignore[assignment]
    text = serializers.CharField()
    author = PersonRef(allow_null=True)
    mentions = PersonRef(many=True)
    likes = serializers.IntegerField()
    replies = serializers.IntegerField()
    liked = serializers.BooleanField(help_text="By the viewer.")
    held = serializers.BooleanField()
    removed = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class CommentFilterRequest(StrictSerializer):
    """Words that are looked at first: comments with one of them wait."""

    words = serializers.ListField(child=serializers.CharField(max_length=100), max_length=200)


class CommentFilterShape(serializers.Serializer[Any]):
    """The words as they are compared: in any case, and each once."""

    words = serializers.ListField(child=serializers.CharField())


class HiddenRequest(StrictSerializer):
    """What to see no more of (``hide``), or less: a post or a sound by its id, an author by handle, a hashtag."""

    kind = serializers.ChoiceField(choices=HIDDEN)
    thing = serializers.CharField(max_length=100)
    strength = serializers.ChoiceField(choices=Hidden.Strength.values, required=False, default="hide")


class HiddenShape(serializers.Serializer[Any]):
    """One such wish; ``thing`` is the id of a post, a person or a video, or a hashtag."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=HIDDEN)
    thing = serializers.CharField()
    strength = serializers.ChoiceField(choices=Hidden.Strength.values)
    created_at = serializers.DateTimeField()


class MentionShape(serializers.Serializer[Any]):
    """Where I am named: in the caption of a post, or in a comment on it."""

    post = PostShape()
    comment = CommentShape(allow_null=True)
    created_at = serializers.DateTimeField()


class WatchedShape(serializers.Serializer[Any]):
    """One line of a history: a post, and how it was watched."""

    post = PostShape()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    plays = serializers.IntegerField()
    watched_ms = serializers.IntegerField()
    furthest = serializers.FloatField(help_text="The furthest place that was reached, from 0 to 1 of the film.")


class BeaconRequest(StrictSerializer):
    """What a player tells of one viewing so far: send it every few seconds, and when the viewer goes on."""

    id = serializers.UUIDField(help_text="Made by the client; sent again, it counts once.")
    post = serializers.UUIDField()
    impression = serializers.UUIDField(required=False, allow_null=True, help_text="Of the list that showed the post.")
    viewing = serializers.CharField(max_length=100, help_text="As playback gave it.")
    watched_ms = serializers.IntegerField(min_value=0, max_value=DAY_MS, help_text="In the whole viewing so far.")
    plays = serializers.IntegerField(
        min_value=1, max_value=10_000, required=False, default=1, help_text="How often it was begun: loops."
    )
    position_ms = serializers.IntegerField(min_value=0, max_value=DAY_MS, help_text="The furthest place.")
    ended = serializers.BooleanField(help_text="Whether its end was reached.")
    at = serializers.DateTimeField(help_text="When this was so.")


class BeaconsRequest(StrictSerializer):
    """Some beacons, of any viewings."""

    beacons = serializers.ListField(child=BeaconRequest(), min_length=1, max_length=MOST)


class VerdictShape(serializers.Serializer[Any]):
    """What became of one beacon. None needs to be sent again; ``code`` says why one was refused."""

    id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    code = serializers.CharField(help_text="Empty unless it was refused.")


class VerdictsShape(serializers.Serializer[Any]):
    """A verdict for each beacon, in their order."""

    verdicts = VerdictShape(many=True)
