"""Addresses of posts and feeds, below /api/v1/."""

from django.urls import include, path

from feed import views

urlpatterns = [
    path("", include("feed.foryou.urls")),
    path("", include("feed.lists.urls")),
    path("posts", views.PostsView.as_view()),
    path("posts/<uuid:post_id>", views.PostView.as_view()),
    path("videos/<uuid:video_id>/playback", views.PlaybackView.as_view()),
    path("videos/<uuid:video_id>/download", views.DownloadView.as_view()),
    path("videos/<uuid:video_id>/remixes", views.RemixView.as_view()),
    path("videos/<uuid:video_id>/lineage", views.LineageView.as_view()),
    path("", include("feed.making.urls")),
    path("", include("feed.engagement.urls")),
    path("", include("feed.control.urls")),
]
