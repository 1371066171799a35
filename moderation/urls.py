"""Addresses of moderation, below /api/v1/."""

from django.urls import path

from moderation import views

urlpatterns = [
    path("reports", views.ReportsView.as_view()),
    path("moderation/reports", views.QueueView.as_view()),
    path("moderation/actions", views.ActionsView.as_view()),
    path("me/statements", views.StatementsView.as_view()),
]
