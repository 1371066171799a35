"""Addresses of engagement, below /api/v1/."""

from django.urls import include, path

from feed.engagement import views

urlpatterns = [
    path("posts/<uuid:post_id>/like", views.LikeView.as_view()),
    path("posts/<uuid:post_id>/bookmark", views.BookmarkView.as_view()),
    path("posts/<uuid:post_id>/share", views.ShareView.as_view()),
    path("posts/<uuid:post_id>/follow", views.FollowAuthorView.as_view()),
    path("me/likes", views.LikesView.as_view()),
    path("me/bookmarks", views.BookmarksView.as_view()),
    path("me/mentions", views.MentionsView.as_view()),
    path("me/hidden", views.HiddenView.as_view()),
    path("me/hidden/<uuid:hidden_id>", views.HiddenWishView.as_view()),
    path("me/history", views.HistoryView.as_view()),
    path("me/history/<uuid:post_id>", views.HistoryPostView.as_view()),
    path("beacons", views.BeaconsView.as_view()),
    path("", include("feed.engagement.comment.urls")),
]
