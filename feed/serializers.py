"""The shapes of posts on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef
from consent.rules import Audience, Purpose
from socialvideo.lib.wire import StrictSerializer
from worker.compositions import LONGEST_MS, Role
from worker.models import Rendition
from worker.rules import PROMPT_LENGTH

AUDIENCES = [audience.value for audience in Audience]
ROLES = [role.value for role in Role]


class SaidSerializer(StrictSerializer):
    """What others may do with a post, as its author says; left out, what grown-ups show to all may be used."""

    may_remix = serializers.BooleanField(required=False)
    may_stitch = serializers.BooleanField(required=False, help_text="Stitches and duets.")
    may_reuse_sound = serializers.BooleanField(required=False)
    may_download = serializers.BooleanField(required=False)


class PostRequest(SaidSerializer):
    """Which video to publish, to whom, with what words; of which moment its poster is to be."""

    video = serializers.UUIDField()
    caption = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    audience = serializers.ChoiceField(choices=AUDIENCES)
    comments_on = serializers.BooleanField(required=False, default=True)
    cover_ms = serializers.IntegerField(min_value=0, max_value=LONGEST_MS, required=False)


class PostChange(SaidSerializer):
    """What to change in a post. A wider audience is asked of the grants anew."""

    caption = serializers.CharField(max_length=500, required=False, allow_blank=True)
    audience = serializers.ChoiceField(choices=AUDIENCES, required=False)
    comments_on = serializers.BooleanField(required=False)


class RemixRequest(StrictSerializer):
    """A wish for a remix; whom it shows is inherited."""

    prompt = serializers.CharField(max_length=PROMPT_LENGTH)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    purpose = serializers.ChoiceField(choices=[p.value for p in Purpose], default=Purpose.ENTERTAINMENT.value)
    audience = serializers.ChoiceField(choices=AUDIENCES, default=Audience.PRIVATE.value)


class DownloadShape(serializers.Serializer[Any]):
    """A short-lived address for this viewer alone, sent as an attachment."""

    video_url = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class PostVideoShape(serializers.Serializer[Any]):
    """The video of a post. ``is_preview`` marks a stand-in."""

    id = serializers.UUIDField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    engine = serializers.CharField()
    is_preview = serializers.BooleanField()


class CreditShape(serializers.Serializer[Any]):
    """What a video was made of; ``gone`` when it is no more, or not for this viewer."""

    role = serializers.ChoiceField(choices=ROLES)
    gone = serializers.BooleanField()
    video = serializers.UUIDField(allow_null=True)
    author = PersonRef(allow_null=True)


class AncestorShape(CreditShape):
    """The same, above what it was made of, too: ``depth`` 1 is what the video itself was made of."""

    depth = serializers.IntegerField()


class LineageShape(serializers.Serializer[Any]):
    """Everything that a video goes back to, the nearest first."""

    sources = AncestorShape(many=True)


class CountsShape(serializers.Serializer[Any]):
    """How often a post was watched, liked and so on."""

    views = serializers.IntegerField()
    likes = serializers.IntegerField()
    comments = serializers.IntegerField()
    bookmarks = serializers.IntegerField()
    shares = serializers.IntegerField()


class MineShape(serializers.Serializer[Any]):
    """What the viewer did about a post, and whether they follow its author."""

    liked = serializers.BooleanField()
    bookmarked = serializers.BooleanField()
    seen = serializers.BooleanField()
    following = serializers.BooleanField()


class PostShape(serializers.Serializer[Any]):
    """A post as its viewer sees it. What others may do with it is told to its author alone, and null to others."""

    id = serializers.UUIDField()
    caption = serializers.CharField()
    audience = serializers.ChoiceField(choices=AUDIENCES)
    published_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    comments_on = serializers.BooleanField()
    may_remix = serializers.BooleanField(allow_null=True)
    may_stitch = serializers.BooleanField(allow_null=True)
    may_reuse_sound = serializers.BooleanField(allow_null=True)
    may_download = serializers.BooleanField(allow_null=True)
    author = PersonRef()
    video = PostVideoShape()
    sound = serializers.UUIDField(help_text="The video whose sound is heard.")
    depicted = PersonRef(many=True)
    credits = CreditShape(many=True)
    counts = CountsShape()
    mine = MineShape()


class RenditionShape(serializers.Serializer[Any]):
    """One form of a video. ``hls`` is one rung of the master playlist, ``mp4`` a file for players without HLS."""

    kind = serializers.ChoiceField(choices=Rendition.Kind.values)
    rung = serializers.IntegerField(help_text="The short side that it is made for, in pixels.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bandwidth = serializers.IntegerField(help_text="Bits a second, of its heaviest part.")
    codecs = serializers.CharField(help_text="RFC 6381.")
    size_bytes = serializers.IntegerField()
    url = serializers.CharField()


class SpriteShape(serializers.Serializer[Any]):
    """Stills in one picture, by rows from the top left, for what a player shows over its timeline."""

    url = serializers.CharField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    tile_width = serializers.IntegerField(help_text="Pixels.")
    tile_height = serializers.IntegerField(help_text="Pixels.")
    interval_ms = serializers.IntegerField(help_text="Milliseconds of the film from one still to the next.")


class TrackShape(serializers.Serializer[Any]):
    """Subtitles in one language: WebVTT."""

    language = serializers.CharField(help_text="RFC 5646.")
    label = serializers.CharField()  # type: ignore[assignment]
    url = serializers.CharField()


class PlaybackShape(serializers.Serializer[Any]):
    """Short-lived addresses for this viewer alone, each for one thing. Range works; each request is decided anew."""

    hls_url = serializers.CharField(allow_null=True, help_text="Master playlist; null until a rung of it is made.")
    video_url = serializers.CharField(help_text="The whole film, MP4.")
    poster_url = serializers.CharField()
    preview_url = serializers.CharField(allow_null=True, help_text="A short moving picture, WebP.")
    sprite = SpriteShape(allow_null=True)
    blurhash = serializers.CharField(help_text="To be shown until the poster is there; empty if there is none.")
    renditions = RenditionShape(many=True)
    subtitles = TrackShape(many=True)
    expires_in = serializers.IntegerField(help_text="Seconds: the length of the film, and some minutes.")
    viewing = serializers.CharField(help_text="Send it with the beacons of this viewing.")
