"""The shapes of For You on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef
from feed.control.serializers import ENDS
from feed.serializers import PostShape


class TermShape(serializers.Serializer[Any]):
    """One part of a score: ``share`` is by how much it moved it."""

    name = serializers.CharField()
    share = serializers.FloatField()
    words = serializers.CharField()


class WhyShape(serializers.Serializer[Any]):
    """Why an item came: where from, and the two terms that moved its score most."""

    sources = serializers.ListField(child=serializers.CharField())
    words = serializers.CharField()
    terms = TermShape(many=True)


class RankedPostShape(PostShape):
    """A post in a ranked list. ``impression`` is for beacons, and to ask about later."""

    impression = serializers.UUIDField()
    why = WhyShape()


class EndShape(serializers.Serializer[Any]):
    """Why nothing follows, and until when; without ``until`` there is nothing more for now."""

    kind = serializers.ChoiceField(choices=ENDS)
    until = serializers.DateTimeField(allow_null=True)
    words = serializers.CharField()


class RouteShape(serializers.Serializer[Any]):
    """Where to go on."""

    method = serializers.CharField()
    address = serializers.CharField()


class PromptShape(serializers.Serializer[Any]):
    """An invitation to make something: with a friend who granted me their likeness, of a film shown here, or alone."""

    kind = serializers.ChoiceField(choices=["friend", "remix", "own"])
    words = serializers.CharField()
    friend = PersonRef(allow_null=True)
    post = serializers.UUIDField(allow_null=True)
    to = RouteShape()


class ForYouShape(serializers.Serializer[Any]):
    """One page. ``degraded`` names the stages of the ranking that did not work for it: it may be less fitting."""

    data = RankedPostShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    ended = EndShape(allow_null=True)
    profiled = serializers.BooleanField(help_text="Whether what you watched shaped it.")
    ranking = serializers.CharField(help_text="Which scorer put it in order.")
    degraded = serializers.ListField(child=serializers.CharField())
    prompt = PromptShape(allow_null=True)


class ImpressionShape(serializers.Serializer[Any]):
    """What was shown when, and why."""

    id = serializers.UUIDField()
    post = serializers.UUIDField()
    position = serializers.IntegerField()
    served_at = serializers.DateTimeField()
    ranking = serializers.CharField()
    model = serializers.CharField(help_text="SHA-256 of the ranking; empty for the order of time.")
    score = serializers.FloatField()
    features = serializers.DictField(child=serializers.FloatField(), help_text="All that its score depended on.")
    why = WhyShape()


class WeightShape(serializers.Serializer[Any]):
    """How much something counts, and what it means."""

    name = serializers.CharField()
    weight = serializers.FloatField()
    words = serializers.CharField()


class NamedShape(serializers.Serializer[Any]):
    """A thing and what it means."""

    name = serializers.CharField()
    words = serializers.CharField()


class RankingShape(serializers.Serializer[Any]):
    """How feeds are ranked (Digital Services Act, article 27): main parameters, weights, how to change them."""

    weights = WeightShape(many=True)
    counted = WeightShape(many=True, help_text="What people do counts so much in trends, and for whom it counts less.")
    sources = NamedShape(many=True)
    scorers = serializers.ListField(child=serializers.CharField(), help_text="The best that works is used.")
    features = NamedShape(many=True)
    page = serializers.DictField(help_text="How a page is laid out.")
    options = NamedShape(many=True)
    model = serializers.CharField(allow_null=True, help_text="SHA-256 of the ranking in use.")
    made_at = serializers.DateTimeField(allow_null=True)
