"""Tables of posts: one file a thing."""

from feed.models.comments import Comment, CommentFilter, CommentLike
from feed.models.control import Choice, Sitting, Steer, WardLimit
from feed.models.engagement import Bookmark, Hidden, Like, Mention, PostCount, PostTag, Share
from feed.models.posts import Draft, Post
from feed.models.ranking import Impression, RankingModel
from feed.models.search import PostText, SearchTerm
from feed.models.trending import Trend, TrendReview
from feed.models.watching import Beacon, View

__all__ = [
    "Beacon",
    "Bookmark",
    "Choice",
    "Comment",
    "CommentFilter",
    "CommentLike",
    "Draft",
    "Hidden",
    "Impression",
    "Like",
    "Mention",
    "Post",
    "PostCount",
    "PostTag",
    "PostText",
    "RankingModel",
    "SearchTerm",
    "Share",
    "Sitting",
    "Steer",
    "Trend",
    "TrendReview",
    "View",
    "WardLimit",
]
