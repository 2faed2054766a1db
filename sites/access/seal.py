"""The seal on a scope: PostgreSQL believes only what this house signed, and only in the transaction it was bound in.

The house signs the scope (HMAC-SHA256) with a key that in the database stands in ``cairn_scope_key``, which its owner alone can read.
``cairn_bind`` checks the signature and puts beside the scope a second one over it, the server process and the start of the
transaction; ``cairn_ids`` and ``cairn_number`` show nothing unless that second one is right. So a setting written by injected SQL, left
on a pooled connection or copied from another transaction widens nothing. Whoever holds the key itself is not stopped.
"""

import hashlib
import hmac
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from sites.access.scope import LISTS, Scope

LASTS_SECONDS = 120
BLOCK = 64
FIELDS = ("person", "surgeon", "centre", "token", *LISTS)
# One field in a sealed text: the first two are the key's name and when the signature ends.
PLACES = {name: number for number, name in enumerate(FIELDS, start=3)}
_PLACE_OF = " ".join(f"WHEN '{name}' THEN {place}" for name, place in PLACES.items())
_RIGHT = (
    "encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to('bound|' || body || '|' || pg_backend_pid() || '|'"
    " || extract(epoch FROM transaction_timestamp()), 'UTF8'))), 'hex')"
)

FUNCTIONS = f"""
CREATE TABLE cairn_scope_key (
  kid text PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL, kept_at timestamptz NOT NULL DEFAULT clock_timestamp());
REVOKE ALL ON cairn_scope_key FROM PUBLIC;

CREATE FUNCTION cairn_bind(body text, signature text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog AS $$
DECLARE k public.cairn_scope_key;
BEGIN
  SELECT * INTO k FROM public.cairn_scope_key WHERE kid = split_part(body, '|', 1);
  IF NOT FOUND
    OR signature IS DISTINCT FROM encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(body, 'UTF8'))), 'hex')
    OR split_part(body, '|', 2)::bigint < extract(epoch FROM clock_timestamp())
  THEN
    RAISE EXCEPTION 'this scope is not sealed by the house' USING ERRCODE = 'insufficient_privilege',
      HINT = 'Run "manage.py migrate" with the key that the web and the workers have; look at the clocks.';
  END IF;
  PERFORM set_config('cairn.scope', body, true), set_config('cairn.seal', {_RIGHT}, true);
END $$;

CREATE FUNCTION cairn_scope_part(kind text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER
  SET search_path = pg_catalog AS $$
DECLARE
  body text := current_setting('cairn.scope', true);
  k public.cairn_scope_key;
BEGIN
  IF coalesce(body, '') = '' THEN RETURN ''; END IF;
  SELECT * INTO k FROM public.cairn_scope_key WHERE kid = split_part(body, '|', 1);
  IF NOT FOUND OR current_setting('cairn.seal', true) IS DISTINCT FROM {_RIGHT} THEN RETURN ''; END IF;
  RETURN split_part(body, '|', CASE kind {_PLACE_OF} END);
END $$;
REVOKE ALL ON FUNCTION cairn_bind(text, text), cairn_scope_part(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cairn_bind(text, text), cairn_scope_part(text) TO cairn_web, cairn_worker;

CREATE OR REPLACE FUNCTION cairn_ids(kind text) RETURNS int[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
  SET search_path = pg_catalog AS
  $$ BEGIN RETURN coalesce(nullif(public.cairn_scope_part(kind), ''), '{{}}')::int[]; END $$;
CREATE OR REPLACE FUNCTION cairn_number(kind text) RETURNS int LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
  SET search_path = pg_catalog AS
  $$ BEGIN RETURN coalesce(nullif(public.cairn_scope_part(kind), ''), '0')::int; END $$;
"""
FUNCTIONS_REVERSE = """
CREATE OR REPLACE FUNCTION cairn_ids(kind text) RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog AS
  $$ SELECT coalesce(nullif(current_setting('cairn.' || kind, true), ''), '{}')::int[] $$;
CREATE OR REPLACE FUNCTION cairn_number(kind text) RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
  SET search_path = pg_catalog AS
  $$ SELECT coalesce(nullif(current_setting('cairn.' || kind, true), ''), '0')::int $$;
DROP FUNCTION cairn_scope_part(text); DROP FUNCTION cairn_bind(text, text); DROP TABLE cairn_scope_key;
"""


def sealed(scope: Scope, *, at: float) -> tuple[str, str]:
    """Return the text of a scope and its signature, good for two minutes from ``at`` (seconds since 1970)."""
    kid, key = _key(settings.SCOPE_KEY)
    body = "|".join((kid, str(int(at) + LASTS_SECONDS), *(_plain(scope, name) for name in FIELDS)))
    return body, hmac.digest(key, body.encode(), hashlib.sha256).hex()


def keep_key() -> None:
    """Put this house's key into the database, as its owner; the one before goes on working while processes change over."""
    kid, key = _key(settings.SCOPE_KEY)
    padded = key.ljust(BLOCK, b"\0")
    pads = [bytes(byte ^ mask for byte in padded) for mask in (0x36, 0x5C)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.cairn_scope_key') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(
            "INSERT INTO cairn_scope_key (kid, inner_pad, outer_pad) VALUES (%s, %s, %s)"
            " ON CONFLICT (kid) DO UPDATE SET kept_at = clock_timestamp()",
            [kid, *pads],
        )
        cursor.execute(
            "DELETE FROM cairn_scope_key WHERE kid NOT IN (SELECT kid FROM cairn_scope_key ORDER BY kept_at DESC LIMIT 2)"
        )


@cache
def _key(words: str) -> tuple[str, bytes]:
    """Return a key's name and the key; the name gives nothing away about it. Raises where there is nothing to make it from."""
    if not words:
        raise ImproperlyConfigured("Set CAIRN_SECRET_KEY (see .env.example): scopes sealed with an empty key could be sealed by anybody.")
    key = hmac.digest(words.encode(), b"cairn scope key", hashlib.sha256)
    return hmac.digest(key, b"name", hashlib.sha256).hex()[:16], key


def _plain(scope: Scope, name: str) -> str:
    """Return one field as text: numbers, braces and digests, nothing that could pass for two fields."""
    value = getattr(scope, name)
    if name in LISTS:
        return "{" + ",".join(str(int(one)) for one in value) + "}"
    if name != "token":
        return str(int(value))
    if value and not (value.isascii() and value.isalnum()):
        raise ValueError("A scope holds only numbers and digests.")
    return value
