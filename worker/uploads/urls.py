"""Addresses of uploads, below /api/v1/uploads."""

from django.urls import path

from worker.uploads import views

urlpatterns = [
    path("", views.UploadsView.as_view()),
    path("/limits", views.LimitsView.as_view()),
    path("/<uuid:upload_id>", views.UploadView.as_view()),
    path("/<uuid:upload_id>/retries", views.RetriesView.as_view()),
    path("/<uuid:upload_id>/parts", views.PartsView.as_view()),
    path("/<uuid:upload_id>/completion", views.CompletionView.as_view()),
]
