"""The shapes of consent on the wire."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.serializers import PersonRef
from consent.models import Ask, Choice, Decision, Grant, Likeness
from consent.rules import Audience, Category, Group, Modality, Point, Purpose, Reason, State
from socialvideo.lib.wire import StrictSerializer

PURPOSES = [purpose.value for purpose in Purpose]
AUDIENCES = [audience.value for audience in Audience]


MODALITIES = [modality.value for modality in Modality]
CATEGORIES = [category.value for category in Category]
GROUPS = [group.value for group in Group]


class PhotoUpload(StrictSerializer):
    """A JPEG, PNG or WebP of one's own face, at most 25 megapixels and 12 MiB."""

    photo = serializers.FileField()


class LikenessShape(serializers.Serializer[Likeness]):
    """One's enrolled likeness. The photo itself is given out in its subject's own export alone."""

    id = serializers.UUIDField()
    awaits_guardian = serializers.BooleanField(help_text="Whether a guardian must confirm it before it counts.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class AskRequest(StrictSerializer):
    """Whom to ask, and for what."""

    subject = serializers.CharField(max_length=31, help_text="Handle of the person to be depicted.")
    purposes = serializers.MultipleChoiceField(choices=PURPOSES, allow_empty=False)
    audience = serializers.ChoiceField(choices=AUDIENCES)
    message = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class AskAnswer(StrictSerializer):
    """Not now, or no. Yes is a grant: POST /api/v1/grants with ``ask``."""

    answer = serializers.ChoiceField(choices=[Ask.State.DEFERRED.value, Ask.State.REFUSED.value])


class AskShape(serializers.Serializer[Ask]):
    """An ask as either side sees it."""

    id = serializers.UUIDField()
    requester = PersonRef()
    subject = PersonRef()
    purposes = serializers.ListField(child=serializers.ChoiceField(choices=PURPOSES))
    audience = serializers.ChoiceField(choices=AUDIENCES)
    message = serializers.CharField()
    state = serializers.ChoiceField(choices=Ask.State.values)
    created_at = serializers.DateTimeField()


class GrantRequest(StrictSerializer):
    """Who may depict me, for what, how far, until when and how often."""

    grantee = serializers.CharField(
        max_length=31, required=False, help_text="Handle of the person who may depict you. Either this or 'group'."
    )
    group = serializers.ChoiceField(
        choices=GROUPS,
        required=False,
        help_text="Instead of one person: whom you chose, who follows you and you them, or (with review) everyone.",
    )
    purposes = serializers.MultipleChoiceField(choices=PURPOSES, allow_empty=False)
    audience = serializers.ChoiceField(choices=AUDIENCES, help_text="The widest audience of what they make.")
    modalities = serializers.MultipleChoiceField(choices=MODALITIES, allow_empty=False, required=False)
    may_remix = serializers.BooleanField(default=False)
    may_stitch = serializers.BooleanField(default=False)
    may_download = serializers.BooleanField(default=False)
    denied_categories = serializers.MultipleChoiceField(
        choices=CATEGORIES, required=False, help_text="Default: all but medical. An empty list denies none."
    )
    text_rules = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=50,
        required=False,
        help_text="Words that no prompt about you may have in a row. They only narrow.",
    )
    review = serializers.BooleanField(default=False, help_text="See and accept each draft before it can be published.")
    expires_at = serializers.DateTimeField(required=False, help_text="Default: 90 days from now; at most a year.")
    max_uses = serializers.IntegerField(
        min_value=1, max_value=settings.GRANT_USES_MAX, default=settings.GRANT_USES_DEFAULT
    )
    ask = serializers.UUIDField(required=False, help_text="The ask that this answers.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand one person or one group."""
        if ("grantee" in attrs) == ("group" in attrs):
            raise serializers.ValidationError("Send 'grantee', the handle of a person, or 'group', and not both.")
        return attrs


class GrantChange(StrictSerializer):
    """Only what narrows: an earlier end, fewer uses."""

    expires_at = serializers.DateTimeField(required=False)
    max_uses = serializers.IntegerField(min_value=1, required=False)


class GrantRenewal(StrictSerializer):
    """Affirming a grant anew: until when, and how many uses more."""

    expires_at = serializers.DateTimeField(required=False, help_text="Default: 90 days from now; at most a year.")
    more_uses = serializers.IntegerField(min_value=0, max_value=settings.GRANT_USES_MAX, default=0)


class GrantShape(serializers.Serializer[Grant]):
    """A grant as either side sees it."""

    id = serializers.UUIDField()
    subject = PersonRef()
    grantee = PersonRef(allow_null=True, help_text="Null for a group.")
    group = serializers.ChoiceField(choices=GROUPS, allow_blank=True, help_text="Empty for a person.")
    rests_on = serializers.UUIDField(
        source="rests_on_id", allow_null=True, help_text="The grant to a group that this person took up."
    )
    purposes = serializers.ListField(child=serializers.ChoiceField(choices=PURPOSES))
    audience = serializers.ChoiceField(choices=AUDIENCES)
    modalities = serializers.ListField(child=serializers.ChoiceField(choices=MODALITIES))
    may_remix = serializers.BooleanField()
    may_stitch = serializers.BooleanField()
    may_download = serializers.BooleanField()
    denied_categories = serializers.ListField(
        child=serializers.ChoiceField(choices=CATEGORIES), allow_null=True, help_text="Null for the grantee."
    )
    text_rules = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Null for the grantee."
    )
    review = serializers.BooleanField()
    awaits_guardian = serializers.BooleanField(help_text="Whether a guardian must confirm it before it counts.")
    closed_at = serializers.DateTimeField(allow_null=True)
    not_before = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    uses = serializers.IntegerField()
    max_uses = serializers.IntegerField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    ended_at = serializers.DateTimeField(allow_null=True)


class PersonChoiceRequest(StrictSerializer):
    """One's word on a person: a member of the chosen, or of no group at all."""

    choice = serializers.ChoiceField(choices=Choice.Kind.values)


class PersonChoiceShape(serializers.Serializer[Choice]):
    """A person whom I chose or excepted. Nobody else sees it."""

    person = PersonRef()
    choice = serializers.ChoiceField(choices=Choice.Kind.values, source="kind")
    at = serializers.DateTimeField()


class WithdrawalRequest(StrictSerializer):
    """What to withdraw: one grant, all of one grantee, or everything. No reason is ever asked."""

    scope = serializers.ChoiceField(choices=["grant", "grantee", "video", "everything"])
    mode = serializers.ChoiceField(
        choices=["stop", "unpublish", "erase"],
        default="unpublish",
        help_text="stop: no new use; unpublish: what was made is gone too; erase: the likeness as well.",
    )
    grant = serializers.UUIDField(required=False)
    video = serializers.UUIDField(required=False)
    grantee = serializers.CharField(max_length=31, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand exactly the member that the scope names."""
        members = {"grant", "grantee", "video"}
        if members & set(attrs) != members & {attrs["scope"]}:
            raise serializers.ValidationError("Send 'grant', 'grantee' or 'video' as 'scope' says, and no other.")
        if attrs["mode"] == "erase" and attrs["scope"] != "everything":
            raise serializers.ValidationError("'erase' goes with the scope 'everything'.")
        if attrs["mode"] != "unpublish" and attrs["scope"] == "video":
            raise serializers.ValidationError("A video is unpublished; the modes are for grants.")
        return attrs


class WithdrawalShape(serializers.Serializer[Any]):
    """What was withdrawn, with the signed receipt to keep."""

    id = serializers.UUIDField()
    scope = serializers.CharField()
    mode = serializers.CharField()
    at = serializers.DateTimeField()
    receipt = serializers.DictField(help_text="Signed (Ed25519) over its canonical JSON without 'signature'.")


class UseShape(serializers.Serializer[Decision]):
    """One row of the journal of one's likeness."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    requester = PersonRef()
    point = serializers.ChoiceField(choices=[point.value for point in Point])
    verdict = serializers.ChoiceField(choices=["allowed", "denied"])
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason], allow_blank=True)
    purpose = serializers.CharField()
    audience = serializers.CharField()
    grant = serializers.UUIDField(source="grant_id", allow_null=True)
    job = serializers.UUIDField(source="job_id", allow_null=True)
    video = serializers.UUIDField(source="video_id", allow_null=True)
    leaf_index = serializers.IntegerField(source="leaf_id")


class CheckpointShape(serializers.Serializer[Any]):
    """The signed head of the ledger."""

    tree_size = serializers.IntegerField()
    root_hash = serializers.CharField()
    timestamp = serializers.CharField()
    signature = serializers.DictField()


class ReceiptShape(serializers.Serializer[Any]):
    """A consent record (ISO/IEC TS 27560 in W3C DPV, JSON-LD), signed; ``verify_receipt.py`` checks it offline."""

    terms = serializers.DictField(help_text="The body of the ledger's leaf.")
    ledger = serializers.DictField(help_text="Index and hash of the leaf, tree size, root and inclusion path.")
    signature = serializers.DictField(help_text="Ed25519, over the canonical JSON of all other members.")


class InclusionShape(serializers.Serializer[Any]):
    """That a leaf stands in the tree of that size (RFC 9162 §2.1.3)."""

    leaf_index = serializers.IntegerField()
    leaf_hash = serializers.CharField()
    tree_size = serializers.IntegerField()
    root_hash = serializers.CharField()
    inclusion_path = serializers.ListField(child=serializers.CharField(), help_text="From the leaf upwards.")


class ConsistencyShape(serializers.Serializer[Any]):
    """That the tree of the first size is the beginning of that of the second (RFC 9162 §2.1.4)."""

    first = serializers.IntegerField()
    second = serializers.IntegerField()
    first_root_hash = serializers.CharField()
    second_root_hash = serializers.CharField()
    consistency_path = serializers.ListField(child=serializers.CharField())


class LeafShape(serializers.Serializer[Any]):
    """One leaf: its hash for everybody, its body only for the person it concerns."""

    index = serializers.IntegerField()
    leaf_hash = serializers.CharField()
    body = serializers.CharField(allow_null=True, help_text="Canonical JSON; null unless it concerns you.")


class LeavesShape(serializers.Serializer[Any]):
    """Leaves in their order."""

    leaves = LeafShape(many=True)
    next_from = serializers.IntegerField(allow_null=True, help_text="Where to go on; null at the end.")


class KeyShape(serializers.Serializer[Any]):
    """The public key of receipts and checkpoints."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="PEM")
