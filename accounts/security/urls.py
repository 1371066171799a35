"""Addresses of log-ins, passkeys, second factors and guardianships, below /api/v1/."""

from django.urls import path

from accounts.security import views

urlpatterns = [
    path("email-verifications", views.EmailVerificationsView.as_view()),
    path("password-resets", views.PasswordResetsView.as_view()),
    path("sessions/code", views.CodeSessionsView.as_view()),
    path("sessions/passkey", views.PasskeySessionsView.as_view()),
    path("passkey-ceremonies", views.CeremoniesView.as_view()),
    path("me/email", views.MyEmailView.as_view()),
    path("me/email-verifications", views.MyEmailVerificationsView.as_view()),
    path("me/password", views.MyPasswordView.as_view()),
    path("me/confirmation", views.MyConfirmationView.as_view()),
    path("me/passkey-ceremonies", views.MyCeremoniesView.as_view()),
    path("me/passkeys", views.MyPasskeysView.as_view()),
    path("me/passkeys/<uuid:passkey_id>", views.MyPasskeyView.as_view()),
    path("me/totp", views.MyTotpView.as_view()),
    path("me/recovery-codes", views.MyRecoveryCodesView.as_view()),
    path("me/security", views.MySecurityView.as_view()),
    path("guardianships", views.GuardianshipsView.as_view()),
    path("guardianships/<uuid:guardianship_id>", views.GuardianshipView.as_view()),
]
