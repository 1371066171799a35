"""People, their sessions, and who follows whom."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

from socialvideo.lib.ids import new_id


class PersonManager(BaseUserManager["Person"]):
    """What Django's own commands expect of a user model."""

    def create_superuser(self, handle: str, email: str, password: str, **extra: Any) -> "Person":
        """Create an administrator (``manage.py createsuperuser``)."""
        person = self.model(handle=handle, email=email, is_staff=True, is_superuser=True, **extra)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    handle = models.CharField(max_length=30, unique=True)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=60)
    bio = models.CharField(max_length=300, blank=True)
    picture = models.CharField(max_length=80, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PersonManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        """A handle and an e-mail address are stored in one spelling only."""

        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(condition=models.Q(handle__regex=r"^[a-z][a-z0-9_]{2,29}$"), name="handle_shape"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_lower"),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    @property
    def is_moderator(self) -> bool:
        """Staff may moderate."""
        return self.is_staff and self.is_active


class Session(models.Model):
    """One signed-in device. The token itself is never stored, only its SHA-256."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    token_digest = models.BinaryField(max_length=32, unique=True)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A session ends after it begins."""

        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="session_expires_later"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device or 'device'} of {self.person_id}"


class Follow(models.Model):
    """``follower`` sees the posts of ``followee`` in the following feed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    follower = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="follows")
    followee = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="followed_by")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """Once a pair, never oneself; both directions are read in order of time."""

        constraints = [
            models.UniqueConstraint(fields=["follower", "followee"], name="follow_once"),
            models.CheckConstraint(condition=~models.Q(follower=models.F("followee")), name="follow_not_oneself"),
        ]
        indexes = [
            models.Index(fields=["follower", "-id"], name="follow_by_follower"),
            models.Index(fields=["followee", "-id"], name="follow_by_followee"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followee_id}"
