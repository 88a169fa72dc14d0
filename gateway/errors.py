"""The errors, by whose fault they are.

::

    FrontlineError
    +-- UsageError          the operator asked for something that cannot be (exit 2)
    |   +-- SettingsError   a setting: names the key and the mend
    |   +-- NotFound        no such tenant, catalogue, entry or turn
    +-- DataError           a file or row is wrong: row-precise, with the mend (exit 1)
    +-- ClientError         the caller's client broke the protocol: told on the wire
    +-- ProviderFailed      a vendor or model did not deliver
    +-- StoreFailed         the store could not be read or written
    +-- Overtaken           somebody else published what was to be built on, or replaced
    +-- GatewayBug          our own mistake: the turn ends with a clip, the call goes on
"""

from __future__ import annotations


class FrontlineError(Exception):
    """Root of the tree; the text is one line, fit for a person."""

    exit_code = 1


class UsageError(FrontlineError):
    """The operator asked for something that cannot be."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is wrong; the text names the key and the mend."""


class NotFound(UsageError):
    """No such tenant, catalogue, entry or turn."""


class DataError(FrontlineError):
    """A file or row is wrong."""


class ClientError(FrontlineError):
    """The caller's client broke the protocol."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """Machine-readable reason sent in the ``error`` frame."""


class ProviderFailed(FrontlineError):
    """A vendor or a local model did not deliver."""


class StoreFailed(FrontlineError):
    """The store could not be read or written."""


class Overtaken(FrontlineError):
    """Another catalogue is live than the one that was to be replaced; nothing was changed."""


class GatewayBug(FrontlineError):
    """Our own mistake."""
