"""A passkey in software: what a phone or a key on a chain does, and what a bad one might."""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

Json = dict[str, Any]
PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class SoftPasskey:
    """One discoverable credential of one site."""

    def __init__(self, origin: str, host: str = "127.0.0.1", *, verifies: bool = True) -> None:
        self.origin = origin
        self.host = host
        self.verifies = verifies
        self.count = 1
        self.id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def made(self, options: Json) -> Json:
        """The answer to `navigator.credentials.create`."""
        point = self._key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(HAS_CREDENTIAL) + credential})
        return self._told("webauthn.create", options, attestationObject=_text(attestation))

    def used(self, options: Json) -> Json:
        """The answer to `navigator.credentials.get`."""
        data = self._data(0)
        client = self._client_data("webauthn.get", options)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._told(
            "webauthn.get", options, authenticatorData=_text(data), signature=_text(signature), userHandle=""
        )

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, options: Json) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _told(self, kind: str, options: Json, **response: str) -> Json:
        return {
            "id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": _text(self._client_data(kind, options)), **response},
        }  # fmt: skip


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
