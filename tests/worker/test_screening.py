"""Screening: which prompts touch which categories; rather one too many than one too few."""

import pytest

from accounts.models import Person
from consent import gate
from consent.models import Decision, Grant
from consent.rules import Category
from tests import factories
from worker import pipeline, screening
from worker.models import Job, Video

TABLE = {
    "a naked man on a beach": {"sexual"},
    "NUDE": {"sexual"},
    "\uff4e\uff55\uff44\uff45": {"sexual"},
    "nu\u200bde": {"sexual"},
    "she murdered him with a gun": {"violence"},
    "shooting hoops": {"violence"},
    "the president votes": {"politics"},
    "praying in a church": {"religion"},
    "she endorses this drink": {"advertising"},
    "commercial for a car": {"advertising"},
    "he is humiliated": {"humiliation"},
    "drunk and smoking": {"drugs"},
    "they rob a bank and are arrested": {"crime"},
    "in a hospital": {"medical"},
    "a politician is murdered in a church": {"politics", "violence", "religion"},
    "surfing at sunset": set(),
    "feeding ducks": set(),
    "pressed flowers": set(),
    "a gunmetal sky": set(),
    "Essex": set(),
    "the weather vane": set(),
    "": set(),
}


@pytest.mark.parametrize("prompt", TABLE)
def test_a_prompt_touches_the_categories_whose_words_it_has(prompt: str) -> None:
    assert screening.categories(prompt) == TABLE[prompt]


def test_every_category_has_its_words() -> None:
    assert set(screening.WORDS) == set(Category) == set().union(*map(set, TABLE.values()))


@pytest.mark.parametrize("prompt", [prompt for prompt, found in TABLE.items() if found - {"medical"}])
def test_what_a_subject_denies_by_default_is_refused_and_journaled(
    grant: Grant, subject: Person, requester: Person, prompt: str
) -> None:
    with pytest.raises(gate.Denied):
        factories.job(requester, subject, prompt=prompt)
    assert (Job.objects.count(), Decision.objects.get().reason) == (0, "category")


def test_what_a_subject_does_not_deny_is_taken(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, denied_categories=frozenset({Category.CRIME}))
    factories.job(requester, subject, prompt="praying in a church")
    assert Job.objects.count() == 1


def test_medical_is_not_denied_unless_the_subject_says_so(grant: Grant, subject: Person, requester: Person) -> None:
    factories.job(requester, subject, prompt="in a hospital")
    Grant.objects.update(denied_categories=["medical"])
    with pytest.raises(gate.Denied):
        factories.job(requester, subject, prompt="in a hospital")
    assert Job.objects.count() == 1


def test_a_text_rule_refuses_the_prompt_that_has_its_words(subject: Person, requester: Person) -> None:
    factories.grant(subject, requester, text_rules=("at SUNSET",))
    with pytest.raises(gate.Denied):
        factories.job(requester, subject, prompt="Surfing, at sunset!")
    factories.job(requester, subject, prompt="surfing at noon")
    assert (Job.objects.count(), Decision.objects.get(verdict="denied").reason) == (1, "text_rule")


def test_the_prompt_is_asked_for_again_when_the_worker_starts(grant: Grant, subject: Person, requester: Person) -> None:
    job = factories.job(requester, subject)
    Grant.objects.update(text_rules=["sunset"])
    pipeline.run(job.id)
    job.refresh_from_db()
    assert (job.status, Video.objects.count()) == ("cancelled_consent", 0)
    assert Decision.objects.get(verdict="denied").point == "start"
