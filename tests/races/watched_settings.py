"""The product's settings for a worker that is watched: ``tests.races.watched`` is loaded with its tasks."""

from socialvideo.settings import *  # noqa: F403
from socialvideo.settings import CELERY as PRODUCT

CELERY = {**PRODUCT, "imports": ["tests.races.watched"]}
