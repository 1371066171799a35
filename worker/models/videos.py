"""Videos, who is depicted in each, and the forms in which they are kept."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import Person
from consent.journal import About
from consent.models import Grant, Permit, Veto
from consent.rules import NOBODY, Claim
from socialvideo.lib.ids import new_id
from worker.compositions import Role
from worker.rules import Origin, Screening


def vetoed(lineage: str) -> Exists:
    """Return whether somebody vetoed a video, or one that it is a remix of, by the column of its lineage."""
    sql: dict[str, Any] = {"template": "%(expressions)s)", "arg_joiner": " = ANY("}
    among = Func(F("video_id"), OuterRef(lineage), **sql, output_field=models.BooleanField())
    return Exists(Veto.objects.filter(among))


class Video(models.Model):
    """A sealed video; its bytes may be purged.

    What was generated or composed exists only if its permit was spent in the same commit. An upload has none.
    ``depiction_count`` never changes: a video of which a depiction is lost is not one that shows nobody.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="videos", db_index=False)
    remix_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="remixes")
    lineage = ArrayField(models.UUIDField(), default=list)
    permit = models.OneToOneField(Permit, on_delete=models.PROTECT, null=True, related_name="video")
    origin = models.CharField(max_length=10, choices=[(o.value, o.value) for o in Origin], default=Origin.GENERATED)
    depiction_count = models.PositiveSmallIntegerField()
    screening = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in Screening], default=Screening.CLEAR
    )
    file = models.CharField(max_length=80)
    poster = models.CharField(max_length=80)
    # Of which moment the poster is to be made anew, until it is; and the file of a poster that is not one, or no more.
    cover_ms = models.PositiveIntegerField(null=True)
    stray = models.CharField(max_length=80, blank=True)
    preview = models.CharField(max_length=80, blank=True)
    sprite = models.CharField(max_length=80, blank=True)
    sprite_grid = models.JSONField(default=dict)
    """Columns, rows, width and height of a tile, milliseconds from one to the next (worker.media.stills.Grid)."""
    blurhash = models.CharField(max_length=60, blank=True)
    content_digest = models.BinaryField(max_length=32)
    size_bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    fps = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    engine = models.CharField(max_length=20, blank=True)
    is_preview = models.BooleanField(default=False)
    prompt = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    purged_at = models.DateTimeField(null=True)
    taken_down_at = models.DateTimeField(null=True)

    class Meta:
        """A video has bytes and lasts a while; all but uploads have a permit, and what is generated shows somebody."""

        indexes = [
            models.Index(fields=["owner", "-id"], condition=Q(purged_at=None), name="video_by_owner"),
            GinIndex(fields=["lineage"], name="video_by_lineage"),
            models.Index(fields=["id"], condition=~Q(cover_ms=None) | ~Q(stray=""), name="video_cover_waits"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size_bytes__gt=0, duration_ms__gt=0), name="video_not_empty"),
            models.CheckConstraint(
                condition=Q(lineage__contains=[F("id")]) & (Q(remix_of=None) | Q(lineage__contains=[F("remix_of")])),
                name="video_lineage_whole",
            ),
            models.CheckConstraint(condition=Q(origin="uploaded") ^ Q(permit__isnull=False), name="video_permitted"),
            models.CheckConstraint(
                condition=~Q(origin="generated") | Q(depiction_count__gt=0), name="video_generated_of_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"video {self.id}"

    @property
    def shows_nobody(self) -> bool:
        """Whether it was sealed without a depiction."""
        return self.depiction_count == 0

    def claims(self) -> tuple[Claim, ...]:
        """Return what the gate is asked about this video: each depicted subject with the grant remembered.

        For a depiction that is lost stands nobody's claim, which is never allowed.
        """
        rows = [Claim(row.subject_id, row.grant_id, row.epoch) for row in self.depictions.all()]
        return (*rows, *[Claim(NOBODY)] * (self.depiction_count - len(rows)))

    def about(self) -> About:
        """Return what the gate needs to know of this video beside its claims."""
        return About(video_id=self.id, lineage=tuple(self.lineage), digest=bytes(self.content_digest))


class Source(models.Model):
    """One film that another was made of, and what it is there: its credit. Stays when the film is gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="sources", db_index=False)
    source = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="works", db_index=False)
    role = models.CharField(max_length=8, choices=[(role.value, role.value) for role in Role])
    place = models.PositiveSmallIntegerField()

    class Meta:
        """A video has each place once, and is not made of itself."""

        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["video", "place"], name="source_once"),
            models.CheckConstraint(condition=~Q(video=F("source")), name="source_is_another"),
        ]
        indexes = [models.Index(fields=["source", "video"], name="source_by_source")]

    def __str__(self) -> str:
        return f"{self.source_id} in {self.video_id}"


class Depiction(models.Model):
    """One subject in one video, with the grant and the epoch on which that rests."""

    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="depictions", db_index=False)
    subject = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="depictions", db_index=False)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="depictions")
    epoch = models.PositiveIntegerField()

    class Meta:
        """A grant stands once in a video."""

        constraints = [models.UniqueConstraint(fields=["video", "grant"], name="depiction_once")]
        indexes = [models.Index(fields=["subject", "video"], name="depiction_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject_id} in {self.video_id}"


class Rendition(models.Model):
    """One stored form of a video: an MP4 for players without HLS, or the one fragmented MP4 of an HLS rung.

    ``segments`` is ``[[offset, length, seconds], …]`` in bytes of that file, the first of them its initialisation.
    """

    class Kind(models.TextChoices):
        """How players read it."""

        MP4 = "mp4"
        HLS = "hls"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="renditions", db_index=False)
    kind = models.CharField(max_length=3, choices=Kind.choices)
    rung = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    bandwidth = models.PositiveIntegerField()
    codecs = models.CharField(max_length=60)
    file = models.CharField(max_length=80)
    size_bytes = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32)
    segments = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A video has each rung of a kind once."""

        constraints = [
            models.UniqueConstraint(fields=["video", "kind", "rung"], name="rendition_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0, bandwidth__gt=0), name="rendition_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.rung} of {self.video_id}"


class Subtitles(models.Model):
    """What is said in a video, in one language: WebVTT."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="subtitles", db_index=False)
    language = models.CharField(max_length=35)
    label = models.CharField(max_length=60, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A video has each language once."""

        verbose_name_plural = "subtitles"
        constraints = [models.UniqueConstraint(fields=["video", "language"], name="subtitles_once")]

    def __str__(self) -> str:
        return f"{self.language} of {self.video_id}"
