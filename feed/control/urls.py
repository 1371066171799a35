"""Addresses of a person's say in their feed, below /api/v1/."""

from django.urls import path

from feed.control import views

urlpatterns = [
    path("me/feed-settings", views.FeedSettingsView.as_view()),
    path("me/feed-reset", views.FeedResetView.as_view()),
    path("guardianships/<uuid:guardianship_id>/feed-limits", views.WardLimitsView.as_view()),
    path("me/wishes", views.WishesView.as_view()),
    path("me/wishes/<uuid:steer_id>", views.WishView.as_view()),
]
