"""From a log to a model. Labels come from the last ``settings.label`` seconds, features from before them."""

from feed.ranking.log import Catalogue, Log, Social
from feed.ranking.model import Model
from feed.ranking.types import Settings, Viewer


def train(
    log: Log, catalogue: Catalogue, social: Social, at: float, settings: Settings, *, boosted: bool = True
) -> Model:
    """Train on what the log says before ``at``; without LightGBM, or with ``boosted`` off, the numpy scorers only."""
    raise NotImplementedError


def viewers(log: Log, social: Social, people: list[int]) -> list[Viewer]:
    """The viewers of these people, as the log and the network show them."""
    raise NotImplementedError
