"""PayerAccount with its app and recovery codes, Artefact and Withdrawal: all that the payer's database ever holds."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class AccountManager(BaseUserManager):
    """Find an account by address, whatever its case."""

    def get_by_natural_key(self, username: str) -> "PayerAccount":
        """Return the account with this address."""
        return self.get(email__iexact=username)


class PayerAccount(AbstractBaseUser):
    """Somebody of the payer who can sign in here; unknown to the registry."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = AccountManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class PayerApp(models.Model):
    """Somebody's authenticator app. Its secret is made from the portal's key and ``nonce``; ``latest_step`` lets no code work twice."""

    account = models.OneToOneField(PayerAccount, on_delete=models.CASCADE, related_name="+")
    nonce = models.BinaryField()
    latest_step = models.BigIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    wrong = models.PositiveSmallIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()


class PayerRecoveryCode(models.Model):
    """One of ten codes that work once each when the app is gone; only the hash is kept."""

    account = models.ForeignKey(PayerAccount, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="payer_recovery_code_once")]


class Artefact(models.Model):
    """One released aggregate, exactly the bytes that were checked."""

    sha256 = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=160)
    period = models.CharField(max_length=80)
    body = models.BinaryField()
    released_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="artefact_hash_is_sha256"),
        ]

    def __str__(self) -> str:
        return self.title


class Withdrawal(models.Model):
    """The collaborative's word that a released artefact no longer holds, and why."""

    sha256 = models.CharField(max_length=64, unique=True)
    reason = models.TextField()
    withdrawn_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
