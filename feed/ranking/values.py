"""The one table of weights: how the chance of each act counts towards a candidate's value. It is published as it stands
(the page on how ranking works reads it). To make something counts more than to watch; seconds watched count nothing."""

ACTS = ("long_view", "like", "comment", "share", "follow", "create", "hide")
WEIGHTS: dict[str, float] = {
    "match": 1.0,  # the score of the ranking head: would this viewer want it at all
    "long_view": 0.5,
    "like": 0.5,
    "comment": 1.0,
    "share": 1.0,
    "follow": 2.0,
    "create": 4.0,
    "hide": -8.0,
    "steer": 3.0,  # what the viewer asked for in words
    "mood": 0.5,
    "ai": 2.0,  # the slider for generated films
}
