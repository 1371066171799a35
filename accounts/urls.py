"""Addresses of accounts, below /api/v1/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("people", views.PeopleView.as_view()),
    path("people/<str:handle>", views.PersonView.as_view()),
    path("people/<str:handle>/picture", views.PictureView.as_view()),
    path("me", views.MeView.as_view()),
    path("me/picture", views.MyPictureView.as_view()),
    path("sessions", views.SessionsView.as_view()),
    path("sessions/<uuid:session_id>", views.SessionView.as_view()),
]
