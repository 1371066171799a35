"""Addresses of For You, below /api/v1/."""

from django.urls import path

from feed.foryou import views

urlpatterns = [
    path("feeds/for-you", views.ForYouView.as_view()),
    path("feeds/ranking", views.RankingView.as_view()),
    path("me/impressions/<uuid:impression_id>", views.ImpressionView.as_view()),
]
