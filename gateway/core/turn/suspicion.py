"""A voice while we speak, until it is accepted as an interruption or forgiven as a cough."""

from __future__ import annotations

from gateway.core.policy import Policy


class Suspicion:
    """The suspicion that a voice over ours is an interruption; a call has at most one at a time."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._since: float | None = None
        self.resume_at: float | None = None
        """Our voice was stopped for it, and goes on then."""

    @property
    def held(self) -> bool:
        """True if our voice was stopped for it, for the time being."""
        return self.resume_at is not None

    def accept_at(self, *, sounding: bool) -> float | None:
        """Return when voice alone is enough to stop us. ``sounding``: we are on the air."""
        if self._since is None or not sounding or not self._policy.barge_in:
            return None
        return self._since + self._policy.min_speech

    def begin(self, at: float) -> None:
        """A voice began then; one that has begun before goes on."""
        self._since = at if self._since is None else self._since

    def end(self) -> None:
        """The voice fell silent before it was accepted, or what it spoke over is at its end."""
        self._since = None

    def hold(self, now: float) -> None:
        """The voice is, or is again, why we are silent: until it stops, but not for ever."""
        self._since, self.resume_at = None, now + self._policy.max_turn

    def wane(self, at: float) -> None:
        """Note that the sound which we are silent for stopped then."""
        self.resume_at = at + self._policy.resume_after

    def clear(self) -> None:
        """The voice was accepted as an interruption, or forgiven."""
        self._since = self.resume_at = None
