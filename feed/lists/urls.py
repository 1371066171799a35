"""Addresses of lists of posts, below /api/v1/."""

from django.urls import path

from feed.lists import views

urlpatterns = [
    path("feeds/following", views.FollowingView.as_view()),
    path("feeds/friends", views.FriendsView.as_view()),
    path("feeds/trending", views.TrendingView.as_view()),
    path("search/people", views.PeopleSearchView.as_view()),
    path("search/posts", views.PostSearchView.as_view()),
    path("search/hashtags", views.HashtagSearchView.as_view()),
    path("people/<str:handle>/posts", views.GridView.as_view()),
    path("posts/<uuid:post_id>/remixes", views.MadeFromView.as_view()),
    path("hashtags/<str:tag>/posts", views.HashtagView.as_view()),
    path("sounds/<uuid:video_id>/posts", views.SoundView.as_view()),
]
