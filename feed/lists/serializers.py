"""Shapes of what lists show beside posts."""

from typing import Any

from rest_framework import serializers


class HashtagShape(serializers.Serializer[Any]):
    """A hashtag, as hashtags are compared."""

    tag = serializers.CharField()
