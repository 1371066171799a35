"""Addresses of leaving and of exports, below /api/v1/."""

from django.urls import path

from accounts.rights import views

urlpatterns = [
    path("departures", views.DeparturesView.as_view()),
    path("departures/report", views.ErasureReportView.as_view()),
    path("me/exports", views.ExportsView.as_view()),
    path("me/exports/<uuid:export_id>", views.ExportView.as_view()),
    path("me/exports/<uuid:export_id>/archive", views.ArchiveView.as_view()),
]
