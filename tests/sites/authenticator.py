"""A device with passkeys, made of software, as the standard describes one; tests turn its knobs to get wrong answers."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def content(words: str) -> bytes:
    return urlsafe_b64decode(words + "=" * (-len(words) % 4))


@dataclass
class Device:
    """One passkey of one device on a page of ``origin``."""

    origin: str = "http://testserver"
    host: str = ""
    verified: bool = True
    count: int = 0
    counts: bool = True
    cross_origin: bool = False
    name: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    owner: bytes = b""

    def _about(self, flags: int) -> bytes:
        if self.counts:
            self.count += 1
        host = self.host or self.origin.split("//")[1].split(":")[0]
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _page(self, what: str, challenge: str) -> bytes:
        said = {"type": what, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(said).encode()

    def make(self, options: dict[str, Any]) -> str:
        """Answer the question for a new passkey."""
        self.owner = content(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.name).to_bytes(2, "big") + self.name + cbor2.dumps(public)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._about(ATTESTED) + attested})
        page = self._page("webauthn.create", options["challenge"])
        return self._packed({"clientDataJSON": text(page), "attestationObject": text(attestation)})

    def show(self, options: dict[str, Any]) -> str:
        """Answer the question for a passkey."""
        about, page = self._about(0), self._page("webauthn.get", options["challenge"])
        signed = self.key.sign(about + hashlib.sha256(page).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": page, "authenticatorData": about, "signature": signed, "userHandle": self.owner}
        return self._packed({name: text(part) for name, part in parts.items()})

    def _packed(self, response: dict[str, str]) -> str:
        name = text(self.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
