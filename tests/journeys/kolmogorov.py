"""The two-sample Kolmogorov-Smirnov test: do two series of times come from one distribution?"""

import math
from bisect import bisect_right
from collections.abc import Sequence


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """Return how likely a distance this large is, if they do (asymptotic, Press et al., Numerical Recipes §14.3)."""
    first, second = sorted(one), sorted(other)
    places = {*first, *second}
    shares = (abs(bisect_right(first, at) / len(first) - bisect_right(second, at) / len(second)) for at in places)
    size = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    scaled = (size + 0.12 + 0.11 / size) * max(shares)
    terms = (2 * (-1) ** (term - 1) * math.exp(-2 * (scaled * term) ** 2) for term in range(1, 101))
    return min(1.0, max(0.0, sum(terms))) if scaled > 0.2 else 1.0
