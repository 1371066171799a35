"""The shapes of a person's say in their feed on the wire."""

from typing import Any

from rest_framework import serializers

from feed.control.topics import MOODS
from feed.models import Steer, WardLimit
from socialvideo.lib.wire import StrictSerializer

CLOCK = "%H:%M"
MOOD_NAMES = ["any", *MOODS]
ENDS = ["all_seen", "budget", "break", "quiet_hours"]


class FeedSettingsChange(StrictSerializer):
    """What to change; null takes a limit away, and for ``profiling`` goes back to the default of one's age."""

    profiling = serializers.BooleanField(required=False, allow_null=True)
    ai_share = serializers.IntegerField(min_value=0, max_value=100, required=False, help_text="At most so many of 100.")
    mood = serializers.ChoiceField(choices=MOOD_NAMES, required=False)
    prompts = serializers.BooleanField(required=False, help_text="Invite me to make something, now and then.")
    budget_minutes = serializers.IntegerField(required=False, allow_null=True, help_text="A day.")
    break_minutes = serializers.IntegerField(required=False, allow_null=True, help_text="Without a break.")
    quiet_from = serializers.TimeField(required=False, allow_null=True, input_formats=[CLOCK], help_text="HH:MM.")
    quiet_to = serializers.TimeField(required=False, allow_null=True, input_formats=[CLOCK])


class FeedSettingsShape(serializers.Serializer[Any]):
    """What holds. A teenager's limits are those that are tighter; quiet hours are in the zone of one's notices."""

    profiling = serializers.BooleanField(help_text="Whether what you watched may shape your feed.")
    ai_share = serializers.IntegerField()
    mood = serializers.ChoiceField(choices=MOOD_NAMES)
    prompts = serializers.BooleanField(help_text="Whether you are invited to make something, now and then.")
    budget_minutes = serializers.IntegerField(allow_null=True)
    break_minutes = serializers.IntegerField(allow_null=True)
    quiet_from = serializers.TimeField(format=CLOCK, allow_null=True)
    quiet_to = serializers.TimeField(format=CLOCK, allow_null=True)
    autoplay = serializers.BooleanField(help_text="Whether one film may begin after the other by itself.")
    limits_are_fixed = serializers.BooleanField(help_text="They may be tightened and not lifted: teenagers'.")
    reset_at = serializers.DateTimeField(allow_null=True)
    set_by_guardian = serializers.ListField(
        child=serializers.CharField(), help_text="Which of these my guardian set, too: the stricter of both holds."
    )


class WardLimitsRequest(StrictSerializer):
    """What a guardian sets for their ward: all of it at once, null for nothing."""

    ai_share = serializers.IntegerField(
        min_value=0, max_value=100, allow_null=True, help_text="At most so many of 100."
    )
    budget_minutes = serializers.IntegerField(allow_null=True, help_text="A day.")
    break_minutes = serializers.IntegerField(allow_null=True, help_text="Without a break.")
    quiet_from = serializers.TimeField(allow_null=True, input_formats=[CLOCK], help_text="HH:MM, by 22:00.")
    quiet_to = serializers.TimeField(allow_null=True, input_formats=[CLOCK], help_text="HH:MM, from 07:00 on.")


class WardLimitsShape(serializers.Serializer[WardLimit]):
    """What I set for my ward. What is stricter holds: this, the ward's own word, or what holds for all teenagers."""

    ai_share = serializers.IntegerField(allow_null=True)
    budget_minutes = serializers.IntegerField(allow_null=True)
    break_minutes = serializers.IntegerField(allow_null=True)
    quiet_from = serializers.TimeField(format=CLOCK, allow_null=True)
    quiet_to = serializers.TimeField(format=CLOCK, allow_null=True)


class WishRequest(StrictSerializer):
    """A wish in one's own words, in English: "more cooking, less politics, nothing with Tobias, for this week"."""

    said = serializers.CharField(max_length=300)


class SteerShape(serializers.Serializer[Steer]):
    """One wish that holds."""

    id = serializers.UUIDField()
    said = serializers.CharField()
    about = serializers.CharField(source="term")
    direction = serializers.SerializerMethodField()
    strength = serializers.IntegerField(help_text="1 a bit, 2 clearly, 3 only or nothing.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_direction(self, row: Steer) -> str:
        """Which way."""
        return "more" if row.sign > 0 else "less"


class UnclearShape(serializers.Serializer[Any]):
    """What was not understood, and what would help."""

    said = serializers.CharField()
    ask = serializers.CharField()


class HeardShape(serializers.Serializer[Any]):
    """What a sentence came to."""

    wishes = SteerShape(many=True)
    unclear = UnclearShape(many=True)
