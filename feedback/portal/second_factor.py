"""The payer's second factor: an app with changing codes, ten recovery codes, and a brake that counts in the database."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from feedback.portal import one_time
from feedback.portal.models import PayerAccount, PayerApp, PayerRecoveryCode

RECOVERY_CODES = 10
# Without letters and digits that look alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
MOST_WRONG, WAIT = 5, timedelta(minutes=15)


def app_of(account: PayerAccount) -> PayerApp:
    """Return somebody's app, with a new one begun where there is none."""
    row, _ = PayerApp.objects.get_or_create(account=account, defaults={"nonce": secrets.token_bytes(20)})
    return row


def secret_of(app: PayerApp) -> bytes:
    """Return the app's secret: made from the portal's key and a stored number, so that no row holds it."""
    words = b"second factor:%d:" % app.account_id + bytes(app.nonce)
    return hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256)[:20]


@transaction.atomic
def check(account: PayerAccount, typed: str, *, at: datetime) -> bool:
    """Tell whether a code of the app, or an unused recovery code, was typed; it does not work again.

    Five wrong ones within fifteen minutes close the door for that long. Only who knows the password gets as far as this,
    so nobody else can lock an account.
    """
    plain = typed.replace(" ", "").replace("-", "").lower()
    app = PayerApp.objects.select_for_update().get(account=account)
    if app.wrong_since is not None and at > app.wrong_since + WAIT:
        app.wrong, app.wrong_since = 0, None
    if app.wrong >= MOST_WRONG:
        return False
    step = one_time.step_of(secret_of(app), plain, now=int(at.timestamp()), after=app.latest_step)
    right = step is not None
    if step is not None:
        app.latest_step, app.confirmed_at = step, app.confirmed_at or at
    elif app.confirmed_at is not None:
        unused = PayerRecoveryCode.objects.filter(account=account, digest=_digest(plain), used_at__isnull=True)
        right = unused.update(used_at=at) == 1
    app.wrong, app.wrong_since = (0, None) if right else (app.wrong + 1, app.wrong_since or at)
    app.save()
    return right


@transaction.atomic
def recovery_codes(account: PayerAccount, *, at: datetime) -> list[str]:
    """Make ten new recovery codes, shown once; earlier ones no longer work."""
    made = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    PayerRecoveryCode.objects.filter(account=account, used_at__isnull=True).update(used_at=at)
    PayerRecoveryCode.objects.bulk_create([PayerRecoveryCode(account=account, digest=_digest(one)) for one in made])
    return [f"{one[:5]}-{one[5:]}" for one in made]


@transaction.atomic
def forget(account: PayerAccount, *, at: datetime) -> None:
    """Forget somebody's app and recovery codes; the next sign-in sets a new app up."""
    changed = {
        "nonce": secrets.token_bytes(20),
        "latest_step": 0,
        "confirmed_at": None,
        "wrong": 0,
        "wrong_since": None,
    }
    PayerApp.objects.filter(account=account).update(**changed)
    PayerRecoveryCode.objects.filter(account=account, used_at__isnull=True).update(used_at=at)


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
