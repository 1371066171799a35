"""Who follows, blocks and mutes whom, who asked to follow, and whom somebody counts among their close friends."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.people import Person
from socialvideo.lib.ids import new_id


def _pair(one: str, other: str, name: str) -> list[models.BaseConstraint]:
    """Return the constraints of an edge between two different people: once a pair, never to oneself."""
    return [
        models.UniqueConstraint(fields=[one, other], name=f"{name}_once"),
        models.CheckConstraint(condition=~Q(**{one: F(other)}), name=f"{name}_not_oneself"),
    ]


class Follow(models.Model):
    """``follower`` sees the posts of ``followee`` in the following feed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follower = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="follows", db_index=False)
    followee = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="followed_by", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself; both directions are read in order of time. Triggers keep the tallies."""

        constraints = _pair("follower", "followee", "follow")
        indexes = [
            models.Index(fields=["follower", "-id"], name="follow_by_follower"),
            models.Index(fields=["followee", "-id"], name="follow_by_followee"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followee_id}"


class Tally(models.Model):
    """How many follow a person, and how many they follow. Written by the triggers of Follow alone."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="tally")
    followers = models.PositiveIntegerField(default=0)
    following = models.PositiveIntegerField(default=0)

    class Meta:
        """One row a person, from the first edge on."""

        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.person_id}: {self.followers} followers, {self.following} followed"


class FollowRequest(models.Model):
    """``follower`` asked a private account to be let in.

    A declined row stays: its asker goes on seeing that they asked, and cannot ask anew for a while.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follower = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    followee = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    declined_at = models.DateTimeField(null=True)
    taken_back = models.BooleanField(default=False, db_default=False)
    """By its asker, after it was declined; one that waits is removed instead."""

    class Meta:
        """Once a pair, never oneself; only what was declined is kept once it is taken back."""

        constraints = [
            *_pair("follower", "followee", "request"),
            models.CheckConstraint(
                condition=Q(taken_back=False) | Q(declined_at__isnull=False), name="request_taken_back_was_declined"
            ),
        ]
        indexes = [
            models.Index(fields=["follower", "-id"], name="request_by_follower"),
            models.Index(fields=["followee", "-id"], condition=Q(declined_at=None), name="request_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} asks to follow {self.followee_id}"


class Block(models.Model):
    """Neither sees the other any more, and neither follows the other, while it stands."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    blocker = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    blocked = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself."""

        constraints = _pair("blocker", "blocked", "block")
        indexes = [models.Index(fields=["blocker", "-id"], name="block_by_blocker")]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Mute(models.Model):
    """The posts of ``muted`` stay out of the feed of ``muter``, who alone knows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    muter = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    muted = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself."""

        constraints = _pair("muter", "muted", "mute")
        indexes = [models.Index(fields=["muter", "-id"], name="mute_by_muter")]

    def __str__(self) -> str:
        return f"{self.muter_id} mutes {self.muted_id}"


class CloseFriend(models.Model):
    """One of the followers of ``person`` who see what is for close friends."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    friend = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself."""

        constraints = _pair("person", "friend", "close_friend")
        indexes = [models.Index(fields=["person", "-id"], name="close_friend_by_person")]

    def __str__(self) -> str:
        return f"{self.friend_id} is close to {self.person_id}"


class Dismissal(models.Model):
    """``dismissed`` is not suggested to ``person`` again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    dismissed = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself."""

        constraints = _pair("person", "dismissed", "dismissal")

    def __str__(self) -> str:
        return f"{self.person_id} dismisses {self.dismissed_id}"
