"""The addresses of the first floor."""

from django.urls import path

from sites.views import account, in_place, passkeys, people, second_factor, trail, welcome

app_name = "sites"
urlpatterns = [
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-in/code/", second_factor.sign_in_code, name="sign-in-code"),
    path("sign-in/passkey/", passkeys.sign_in, name="sign-in-passkey"),
    path("passkeys/question/", passkeys.question, name="passkey-question"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("account/", account.account, name="account"),
    path("account/identified/", account.identified, name="identified"),
    path("account/confirm/", second_factor.confirm, name="confirm"),
    path("account/confirm/passkey/", passkeys.confirm, name="confirm-passkey"),
    path("account/recovery-codes/", second_factor.recovery_codes, name="recovery-codes"),
    path("account/passkeys/", passkeys.mine, name="passkeys"),
    path("account/passkeys/offer/", passkeys.offer, name="passkey-offer"),
    path("account/passkeys/add/", passkeys.add, name="add-passkey"),
    path("account/passkeys/<int:passkey_id>/remove/", passkeys.remove, name="remove-passkey"),
    path("account/sessions/end/", second_factor.end_other_sessions, name="end-other-sessions"),
    path("account/sessions/<slug:code>/end/", second_factor.end_session, name="end-session"),
    path("session/", in_place.session, name="session"),
    path("tokens/", account.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke-token"),
    path("people/", people.people, name="people"),
    path("people/grant/", people.grant, name="grant"),
    path("people/<int:membership_id>/end/", people.end, name="end"),
    path("people/<int:membership_id>/link/", people.link, name="link"),
    path("welcome/<str:link>/", welcome.set_password, name="set-password"),
    path("trail/", trail.trail, name="trail"),
    path("trail/heads/", trail.heads, name="trail-heads"),
    path("jobs/<int:job_id>/", trail.job, name="job"),
]
