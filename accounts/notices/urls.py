"""Addresses of notices, below /api/v1/."""

from django.urls import path

from accounts.notices import views

urlpatterns = [
    path("me/notices", views.NoticesView.as_view()),
    path("me/notices/unread", views.UnreadView.as_view()),
    path("me/notices/read", views.ReadView.as_view()),
    path("me/notices/<uuid:notice_id>", views.NoticeView.as_view()),
    path("me/notices/<uuid:notice_id>/read", views.NoticeReadView.as_view()),
    path("me/notice-settings", views.NoticeSettingsView.as_view()),
    path("me/push-key", views.PushKeyView.as_view()),
    path("me/push-subscriptions", views.PushSubscriptionsView.as_view()),
    path("me/push-subscriptions/<uuid:subscription_id>", views.PushSubscriptionView.as_view()),
    path("unsubscriptions", views.UnsubscriptionsView.as_view()),
]
