"""The shapes of contact discovery on the wire. What is large or secret goes as plain bytes beside these."""

from typing import Any

from rest_framework import serializers

from accounts.discovery.telephone import LENGTH
from accounts.serializers import PersonRef
from socialvideo.lib.wire import StrictSerializer


class NumberClaim(StrictSerializer):
    """A number that a code is to be sent to."""

    number = serializers.CharField(max_length=LENGTH, help_text="With + and the code of the country.")


class NumberProof(StrictSerializer):
    """The challenge of the reply, and the code that came by text message."""

    challenge = serializers.CharField(max_length=200)
    code = serializers.CharField(max_length=6, min_length=6)


class ChallengeShape(serializers.Serializer[Any]):
    """What to send back with the code. It holds the number, sealed; it is stored nowhere but with you."""

    challenge = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class ContactEnrolmentShape(serializers.Serializer[Any]):
    """That I may be found by my number."""

    opted_in_at = serializers.DateTimeField()
    evaluations_left = serializers.IntegerField(help_text="How many contacts I may still have evaluated now.")


class SignatureShape(serializers.Serializer[Any]):
    """Ed25519 over the JSON of the rest, with sorted keys and no spaces."""

    algorithm = serializers.CharField()
    key_id = serializers.CharField()
    value = serializers.CharField(help_text="Base64.")


class EpochShape(serializers.Serializer[Any]):
    """One epoch and its key, the same for everybody."""

    epoch = serializers.IntegerField()
    public_key = serializers.CharField(help_text="Hexadecimal; an element of ristretto255.")
    begins_at = serializers.CharField()
    ends_at = serializers.CharField()


class EpochKeysShape(serializers.Serializer[Any]):
    """The epochs in use, oldest first, signed."""

    epochs = EpochShape(many=True)
    statement_key = serializers.CharField(help_text="Hexadecimal Ed25519 key; pin it.")
    timestamp = serializers.CharField()
    signature = SignatureShape()


class ReceivedShape(serializers.Serializer[Any]):
    """How many contacts came; never how many of them are members."""

    received = serializers.IntegerField()


class MatchShape(serializers.Serializer[Any]):
    """Somebody who has my number, and whose number I have."""

    id = serializers.UUIDField()
    person = PersonRef()
    matched_at = serializers.DateTimeField()


class RootShape(serializers.Serializer[Any]):
    """A signed root over the leaves of all members in an epoch."""

    id = serializers.UUIDField()
    epoch = serializers.IntegerField()
    public_key = serializers.CharField(help_text="With which tags are made.")
    leaf_key = serializers.CharField(help_text="With which leaves are made.")
    tree_size = serializers.IntegerField()
    root_hash = serializers.CharField()
    published_at = serializers.CharField()
    signature = SignatureShape()


class PlaceShape(serializers.Serializer[Any]):
    """A leaf and its path to the root."""

    leaf = serializers.CharField()
    index = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())


class LeafEvidence(serializers.Serializer[Any]):
    """How the leaf of a number was made in one epoch: blind, answer of the signer, and its proof."""

    epoch = serializers.IntegerField()
    blind = serializers.CharField()
    evaluated = serializers.CharField()
    proof = serializers.CharField()


class EnrolmentProofShape(LeafEvidence):
    """That my leaf is under the root."""

    root = RootShape()
    place = PlaceShape()


class EnrolmentProofsShape(serializers.Serializer[Any]):
    """One proof for each epoch in use."""

    proofs = EnrolmentProofShape(many=True)


class EpochAbsenceShape(LeafEvidence):
    """The leaves beside which that of the number is missing in one epoch."""

    root = RootShape()
    beside = PlaceShape(many=True)


class AbsenceShape(serializers.Serializer[Any]):
    """A signed statement that a number is in nothing that discovery is committed to."""

    kind = serializers.CharField()
    stated_at = serializers.CharField()
    epochs = EpochAbsenceShape(many=True)
    signature = SignatureShape()
