"""Ranking as pure functions over columns: numpy alone, no table, no clock, no setting of Django.

    log.py         what goes in: Log (who did what with which post), Catalogue (posts), Social (edges)
    types.py       what passes between the stages: Settings, Viewer, Wishes, Pool, Slate
    shelf.py       Shelf: all that is known of the posts at one moment (counters by window, rates, terms)
    fairness.py    posts and viewers told apart: how readily a post is watched by anybody
    neighbours.py  co-watch neighbours;  ease.py  the EASE head;  popularity.py  decayed popularity
    candidates.py  who may come on the page: one function a source;  exploration.py  fresh posts by Thompson sampling
    filters.py     what must not come on it
    features.py    THE feature function, for training and serving alike
    blend.py, heads.py, boosting.py   three scorers;  scoring.py  the fallback among them, and the final value
    values.py      the published table of weights
    selection.py   the slate: author caps, diversity, people followed, the exploration slot
    training.py    from a Log to a Model;  model.py  Model, and the one file it is kept in, named by its hash
    evaluation.py  the measures

A post is an index into the Catalogue of the Model (``model.posts_of(ids)`` finds it), an author an index into its
``authors``, a person of the Log an index that lives for one training: a Model holds no row about any viewer.
"""
