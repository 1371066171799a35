"""Addresses of jobs and videos, below /api/v1/."""

from django.urls import include, path

from worker import views

urlpatterns = [
    path("uploads", include("worker.uploads.urls")),
    path("jobs", views.JobsView.as_view()),
    path("jobs/dry-run", views.DryRunView.as_view()),
    path("grants/<uuid:grant_id>/trial", views.TrialView.as_view()),
    path("jobs/<uuid:job_id>", views.JobView.as_view()),
    path("videos", views.VideosView.as_view()),
    path("videos/<uuid:video_id>", views.VideoView.as_view()),
    path("videos/<uuid:video_id>/review", views.ReviewView.as_view()),
    path("videos/<uuid:video_id>/subtitles", views.SubtitlesView.as_view()),
    path("videos/<uuid:video_id>/subtitles/<str:language>", views.SubtitleTrackView.as_view()),
    path("me/likeness/export", views.ExportView.as_view()),
    path("me/likeness/drafts", views.DraftsView.as_view()),
    path("me/likeness/videos", views.ShowingMeView.as_view()),
]
