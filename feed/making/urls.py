"""Addresses of drafts, and of films of films, below /api/v1/."""

from django.urls import path

from feed.making import views

urlpatterns = [
    path("drafts", views.DraftsView.as_view()),
    path("drafts/<uuid:draft_id>", views.DraftView.as_view()),
    path("drafts/<uuid:draft_id>/publish", views.DraftPublicationView.as_view()),
    path("videos/<uuid:video_id>/trims", views.TrimsView.as_view()),
    path("videos/<uuid:video_id>/stitches", views.StitchesView.as_view()),
    path("videos/<uuid:video_id>/duets", views.DuetsView.as_view()),
    path("videos/<uuid:video_id>/sounds", views.SoundsView.as_view()),
]
