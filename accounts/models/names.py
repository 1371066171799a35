"""What people are found by."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from accounts.models.people import Person


class PersonName(models.Model):
    """A person's handle and display name as they are searched. Written by the triggers of Person alone."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    words = SearchVectorField()
    trigrams = ArrayField(models.TextField())

    class Meta:
        """By the beginnings of words, and by trigrams."""

        indexes = [
            GinIndex(fields=["words"], name="person_name_words"),
            GinIndex(fields=["trigrams"], name="person_name_trigrams"),
        ]

    def __str__(self) -> str:
        return f"names of {self.person_id}"
