"""What a run comes to, and what may happen to it on the way."""

from collections.abc import Callable

from accounts.models import Person
from consent import withdrawal
from consent.models import Grant
from consent.withdrawal import Mode
from worker.models import Job

Listing = Callable[[], list[str]]
Happening = Callable[[], object]


def withdraw_all(subject: Person, mode: Mode = Mode.UNPUBLISH) -> Happening:
    return lambda: withdrawal.withdraw(subject=subject, scope=withdrawal.Scope(), mode=mode)


def ended(job: Job) -> tuple[str, str, int]:
    """The job's state, why it failed, and how many uses its grants count."""
    job.refresh_from_db()
    return job.status, job.failure_code, Grant.objects.filter(permits__permit=job.permit).get().uses
