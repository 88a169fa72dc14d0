"""The signature of a webhook, as Standard Webhooks have it, so that ready libraries verify it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"
"""Before a secret that is written in base64; any other is its own bytes."""


def key_of(secret: str) -> bytes:
    """The key that a secret stands for."""
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def headers_of(secret: str, name: str, now: float, body: bytes) -> dict[str, str]:
    """The headers that say who sent it and when: the id is the same each time it is sent."""
    moment = str(int(now))
    signed = f"{name}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest())
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature.decode()}",
        "content-type": "application/json",
        "user-agent": "frontline",
    }
