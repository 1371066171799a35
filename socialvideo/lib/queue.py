"""The Celery application, and waking workers. A row in the database is the truth; a message is only a wake-up."""

import logging

from celery import Celery
from celery.exceptions import OperationalError
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

app = Celery("socialvideo")
app.conf.update(settings.CELERY)


def wake(task: str, **arguments: str) -> None:
    """Send the task when the transaction commits. A broker that is away loses nothing: the sweeper sends again."""

    def send() -> None:
        try:
            app.send_task(task, kwargs=arguments)
        except OperationalError as error:
            log.warning("the broker did not take %s: %s", task, error)

    transaction.on_commit(send, robust=True)
