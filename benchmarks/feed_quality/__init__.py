"""``make bench-feed``: how well the ranking of the product does on two real logs, by one protocol.

The logs are not in the repository and never will be: point FEED_LOGS at a folder with ``kuairand_pure`` and
``lastfm_social`` (default: ``../shared/data/feed`` beside the checkout). Only the training part of each is read.
"""
