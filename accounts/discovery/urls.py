"""Addresses of contact discovery, below /api/v1/contacts/."""

from django.urls import path

from accounts.discovery import views

urlpatterns = [
    path("enrolment/code", views.EnrolmentCodeView.as_view()),
    path("enrolment", views.ContactEnrolmentView.as_view()),
    path("enrolment/proof", views.InclusionView.as_view()),
    path("keys", views.KeysView.as_view()),
    path("evaluations", views.EvaluationsView.as_view()),
    path("edges", views.EdgesView.as_view()),
    path("matches", views.MatchesView.as_view()),
    path("transparency", views.TransparencyView.as_view()),
    path("absence/code", views.AbsenceCodeView.as_view()),
    path("absence", views.AbsenceView.as_view()),
]
