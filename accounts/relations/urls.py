"""Addresses of what people are to each other, below /api/v1/."""

from django.urls import path

from accounts.relations import views

urlpatterns = [
    path("people/<str:handle>/follow", views.FollowView.as_view()),
    path("people/<str:handle>/followers", views.FollowersView.as_view()),
    path("people/<str:handle>/following", views.FollowingView.as_view()),
    path("me/followers/<str:handle>", views.MyFollowerView.as_view()),
    path("me/follow-requests", views.FollowRequestsView.as_view()),
    path("me/follow-requests/<str:handle>", views.FollowRequestView.as_view()),
    path("me/mutuals", views.MutualsView.as_view()),
    path("me/blocks", views.BlocksView.as_view()),
    path("me/blocks/<str:handle>", views.BlockView.as_view()),
    path("me/mutes", views.MutesView.as_view()),
    path("me/mutes/<str:handle>", views.MuteView.as_view()),
    path("me/close-friends", views.CloseFriendsView.as_view()),
    path("me/close-friends/<str:handle>", views.CloseFriendView.as_view()),
    path("me/suggestions", views.SuggestionsView.as_view()),
    path("me/suggestions/<str:handle>", views.SuggestionView.as_view()),
]
