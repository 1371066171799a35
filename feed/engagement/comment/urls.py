"""Addresses of comments, below /api/v1/."""

from django.urls import path

from feed.engagement.comment import views

urlpatterns = [
    path("posts/<uuid:post_id>/comments", views.CommentsView.as_view()),
    path("comments/<uuid:comment_id>", views.CommentView.as_view()),
    path("comments/<uuid:comment_id>/replies", views.RepliesView.as_view()),
    path("comments/<uuid:comment_id>/like", views.CommentLikeView.as_view()),
    path("comments/<uuid:comment_id>/release", views.ReleaseView.as_view()),
    path("me/comments", views.MyCommentsView.as_view()),
    path("me/held-comments", views.HeldCommentsView.as_view()),
    path("me/comment-filter", views.CommentFilterView.as_view()),
]
