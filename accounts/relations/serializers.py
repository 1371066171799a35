"""The shapes of what people are to each other, on the wire."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonRef, PersonShape


class RelationShape(serializers.Serializer[Any]):
    """What somebody is to the one who asks."""

    following = serializers.BooleanField()
    requested = serializers.BooleanField(help_text="I asked to follow, and was not let in yet.")
    followed_by = serializers.BooleanField()
    mutual = serializers.BooleanField()
    blocked_by_me = serializers.BooleanField()
    muted = serializers.BooleanField()
    close_friend = serializers.BooleanField(help_text="Among mine.")


class ProfileShape(PersonShape):
    """A person as one signed-in viewer sees them."""

    follower_count = serializers.IntegerField()
    following_count = serializers.IntegerField()
    relation = RelationShape(allow_null=True, help_text="Null to oneself.")


class NeighbourShape(serializers.Serializer[Any]):
    """One edge of the graph, seen from one end."""

    person = PersonRef()
    since = serializers.DateTimeField()
    relation = RelationShape(allow_null=True, help_text="Null to oneself.")


class FollowShape(serializers.Serializer[Any]):
    """What became of the wish to follow."""

    state = serializers.ChoiceField(choices=["following", "requested"])


class SuggestionReasonShape(serializers.Serializer[Any]):
    """Why somebody is suggested: in words, and as what it is made of."""

    kind = serializers.ChoiceField(choices=["contact", "followed_by"])
    text = serializers.CharField()
    follower_count = serializers.IntegerField(help_text="Of those whom I follow, how many follow this person.")
    followers = PersonRef(many=True, help_text="At most three of them.")


class SuggestionShape(serializers.Serializer[Any]):
    """Somebody whom one may know."""

    person = PersonRef()
    reason = SuggestionReasonShape()
