"""People with an account."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

from socialvideo.lib.clock import wall_now
from socialvideo.lib.ids import new_id


class PersonManager(BaseUserManager["Person"]):
    """What Django's own commands expect of a user model."""

    def create_superuser(self, handle: str, email: str, password: str, **extra: Any) -> "Person":
        """Create an administrator (``manage.py createsuperuser``)."""
        verified = {"verified_at": wall_now(), "is_staff": True, "is_superuser": True}
        person = self.model(handle=handle, email=email, **verified, **extra)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    handle = models.CharField(max_length=30, unique=True)
    email = models.EmailField(db_index=True)
    """Whose it is counts once ``verified_at`` is written; until then others may have written it, too."""
    display_name = models.CharField(max_length=60)
    bio = models.CharField(max_length=300, blank=True)
    pronouns = models.CharField(max_length=40, blank=True, db_default="")
    links = models.JSONField(default=list, blank=True, db_default=models.Value([], models.JSONField()))
    """A list of ``{"label", "url"}``, as ``accounts.wording`` leaves them."""
    picture = models.CharField(max_length=80, blank=True)
    """How the names of its files begin; each size has two. Empty without a picture."""
    picture_side = models.PositiveSmallIntegerField(default=0, db_default=0)
    picture_blurhash = models.CharField(max_length=40, blank=True, db_default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    """When they proved that ``email`` is theirs; until then they may look and not act."""
    birth_date = models.DateField(null=True, blank=True)
    """Asked of everybody who signs up; None for whom an operator made."""
    is_private = models.BooleanField(default=False, db_default=False)
    """Followed, asked and seen by those alone whom they follow, or who follow them already."""
    suspended_until = models.DateTimeField(null=True, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PersonManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        """A handle and an e-mail address are stored in one spelling only; who proved an address has it alone."""

        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(condition=models.Q(handle__regex=r"^[a-z][a-z0-9_]{2,29}$"), name="handle_shape"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_lower"),
            models.CheckConstraint(
                condition=models.Q(picture="", picture_side=0, picture_blurhash="")
                | (~models.Q(picture="") & models.Q(picture_side__gt=0) & ~models.Q(picture_blurhash="")),
                name="person_picture_whole",
            ),
            models.UniqueConstraint(
                fields=["email"], condition=models.Q(verified_at__isnull=False), name="email_verified_once"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    @property
    def is_moderator(self) -> bool:
        """Staff may moderate."""
        return self.is_staff and self.is_active
