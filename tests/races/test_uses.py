"""Uses are counted under the lock: however many ask at once, a grant gives no more than it has."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Person
from consent import gate
from consent.models import Decision, Grant, Permit
from tests import factories
from worker import jobs
from worker.models import Job

THREADS, USES = 50, 7


@pytest.mark.django_db(transaction=True)
def test_fifty_who_ask_at_once_get_no_more_jobs_than_the_grant_has_uses(subject: Person, requester: Person) -> None:
    grant = factories.grant(subject, requester, max_uses=USES)
    spec, together = factories.spec(subject), Barrier(THREADS)

    def ask() -> bool:
        together.wait(30)
        try:
            jobs.submit(requester=requester, spec=spec)
        except gate.Denied:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        taken = [trial.result(60) for trial in [pool.submit(ask) for _ in range(THREADS)]]
    assert (sum(taken), Job.objects.count(), Permit.objects.count()) == (USES, USES, USES)
    row = Grant.objects.get(id=grant.id)
    assert (row.uses, row.max_uses) == (USES, USES)
    denied = Decision.objects.filter(verdict="denied").values_list("reason", flat=True)
    assert list(denied) == ["exhausted"] * (THREADS - USES)
