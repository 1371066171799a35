"""How feeds are ranked, as it is published: printed from the very tables by which they are (DSA, article 27)."""

from dataclasses import asdict
from typing import Any

from feed import damping
from feed.foryou import explaining
from feed.foryou.ordering import LAID_OUT
from feed.models import RankingModel
from feed.ranking import features, scoring, values

WEIGHTS = {
    "match": "How likely it is that you want to see it at all.",
    "long_view": "That you watch it to the end; 18 seconds of it, if it is longer. Seconds beyond count nothing.",
    "like": "That you like it.",
    "comment": "That you say something about it.",
    "share": "That you share it.",
    "follow": "That you follow its author.",
    "create": "That you make something of it: making counts for more than watching.",
    "hide": "That you hide it or want less of it.",
    "steer": "What you wished in words.",
    "mood": "Your mood.",
    "ai": "How many generated films you want.",
}
OPTIONS = {
    "profiling": "PATCH /api/v1/me/feed-settings {profiling: false}: nothing that you watched or liked is looked at.",
    "wishes": "POST /api/v1/me/wishes: say in words what should come more, less, or not at all.",
    "ai_share": "PATCH /api/v1/me/feed-settings {ai_share}: how many generated films may come, 0 to 100 of a hundred.",
    "mood": "PATCH /api/v1/me/feed-settings {mood}: calm, laugh, learn, energy or make.",
    "reset": "PUT /api/v1/me/feed-reset: what you did so far shapes your feed no more.",
    "following": "GET /api/v1/feeds/following: everybody whom you follow, newest first, without a ranking.",
    "prompts": "PATCH /api/v1/me/feed-settings {prompts: false}: you are not invited to make something.",
    "limits": "PATCH /api/v1/me/feed-settings {budget_minutes, break_minutes, quiet_from, quiet_to}.",
}


def ranking() -> dict[str, Any]:
    """Return what is published."""
    active = RankingModel.objects.filter(active=True).values_list("parent", "hash", "made_at").first()
    return {
        "weights": [
            {"name": name, "weight": weight, "words": WEIGHTS.get(name, "")} for name, weight in values.WEIGHTS.items()
        ],
        "sources": _named(explaining.SOURCES),
        "counted": damping.published(),
        "scorers": list(scoring.RUNGS),
        "features": _named({name: explaining.about(name) for name in features.COLUMNS}),
        "page": asdict(LAID_OUT),
        "options": _named(OPTIONS),
        "model": active and (active[0] or active[1]),
        "made_at": active and active[2],
    }


def _named(words: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "words": text} for name, text in words.items()]
