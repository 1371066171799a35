"""``manage.py feed``: train the ranking, see how it does, explain what was served, replay it."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Now

from feed.foryou import evaluating, page, replay, training
from feed.models import Impression, RankingModel


class Command(BaseCommand):
    """Each deed prints JSON lines; ``replay`` fails where a score is not reproduced."""

    help = (
        "train: learn the ranking anew and use it. refresh: count anew with its weights. evaluate: what came of each "
        "arm's impressions, and its guards. explain ID: why an impression was served. replay: score the log anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("deed", choices=("train", "refresh", "evaluate", "explain", "replay"))
        parser.add_argument("id", nargs="?", type=UUID, help="explain: which impression")
        parser.add_argument("--days", type=int, default=7, help="evaluate, replay: how far to look back")
        parser.add_argument("--numpy", action="store_true", help="train: without LightGBM")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        deeds: dict[str, Callable[[dict[str, Any]], None]] = {
            "train": self._train,
            "refresh": lambda _: self._tell(_figures(training.refresh())),
            "evaluate": self._evaluate,
            "explain": self._explain,
            "replay": self._replay,
        }
        deeds[options["deed"]](options)

    def _train(self, options: dict[str, Any]) -> None:
        self._tell(_figures(training.train(boosted=not options["numpy"])))

    def _evaluate(self, options: dict[str, Any]) -> None:
        active = RankingModel.objects.filter(active=True).first()
        self._tell({"ranking": active and active.hash, "figures": active.figures if active else {}})
        found = evaluating.outcomes(timedelta(days=options["days"]))
        for each in found:
            self._tell(asdict(each) | {"long_view_rate": each.rate("long_views")})
        for guard in evaluating.guards(found):
            self._tell(asdict(guard))

    def _explain(self, options: dict[str, Any]) -> None:
        row = Impression.objects.filter(id=options["id"]).first()
        if row is None:
            raise CommandError("Name an impression: manage.py feed explain ID")
        self._tell(page.told(row))

    def _replay(self, options: dict[str, Any]) -> None:
        rows = Impression.objects.filter(served_at__gte=Now() - timedelta(days=options["days"]))
        found = replay.replay(rows)
        self._tell(asdict(found))
        if found.right < found.rows:
            raise CommandError(f"{found.rows - found.right} of {found.rows} scores are not what they were.")

    def _tell(self, what: dict[str, Any]) -> None:
        self.stdout.write(orjson.dumps(what, option=orjson.OPT_UTC_Z, default=str).decode())


def _figures(row: RankingModel) -> dict[str, Any]:
    return {"hash": row.hash, "kind": row.kind, "size_bytes": row.size_bytes, "figures": row.figures}
