"""Addresses of consent, below /api/v1/."""

from django.urls import path

from consent import views

urlpatterns = [
    path("me/likeness", views.MyLikenessView.as_view()),
    path("me/likeness/uses", views.UsesView.as_view()),
    path("me/likeness/people", views.ChoicesView.as_view()),
    path("me/likeness/people/<str:handle>", views.ChoiceView.as_view()),
    path("asks", views.AsksView.as_view()),
    path("asks/<uuid:ask_id>/answer", views.AskAnswerView.as_view()),
    path("grants", views.GrantsView.as_view()),
    path("grants/<uuid:grant_id>", views.GrantView.as_view()),
    path("grants/<uuid:grant_id>/renewals", views.RenewalView.as_view()),
    path("withdrawals", views.WithdrawalsView.as_view()),
    path("withdrawals/<uuid:withdrawal_id>", views.WithdrawalView.as_view()),
    path("grants/<uuid:grant_id>/receipt", views.GrantReceiptView.as_view()),
    path("guardianships/<uuid:guardianship_id>/grants", views.WardGrantsView.as_view()),
    path("guardianships/<uuid:guardianship_id>/grants/<uuid:ward_grant_id>", views.WardGrantView.as_view()),
    path("guardianships/<uuid:guardianship_id>/likeness", views.WardLikenessView.as_view()),
    path("ledger/leaves", views.LeavesView.as_view()),
    path("ledger/leaves/<int:leaf_index>/proof", views.InclusionView.as_view()),
    path("ledger/consistency", views.ConsistencyView.as_view()),
    path("ledger/checkpoint", views.CheckpointView.as_view()),
    path("ledger/key", views.KeyView.as_view()),
]
