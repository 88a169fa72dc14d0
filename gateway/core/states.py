"""The states of a call."""

from __future__ import annotations

from enum import Enum, auto


class IllegalEvent(Exception):
    """An event the present state cannot have: the gateway's own mistake."""


class CallState(Enum):
    """The states of a call."""

    NEW = auto()
    """Not started. -> QUIET, SPEAKING (a greeting), CLOSED"""
    QUIET = auto()
    """Nothing is on the air. -> COVERING, SPEAKING, WAITING, CLOSED"""
    WAITING = auto()
    """An agent was asked and nothing is on the air. -> SPEAKING, QUIET (words), CLOSED"""
    COVERING = auto()
    """A filler is on the air until the caller's own words are there. -> QUIET, SPEAKING, WAITING,
    CLOSED"""
    SPEAKING = auto()
    """A generation is on the air. -> QUIET, WAITING, HELD, CLOSED"""
    HELD = auto()
    """Stopped for a voice without words so far. -> QUIET (words), SPEAKING (none), CLOSED"""
    CLOSED = auto()
    """The caller is gone, or we closed. Nothing happens any more."""
