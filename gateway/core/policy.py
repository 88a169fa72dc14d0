"""The numbers the call runs by, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 100.0
"""The patience for which the silences below are waited for as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Defaults are those of ``frontline.example.toml``; the settings replace them."""

    silence_confident: float = 0.2
    """Silence that ends a turn whose text is finished and surely matched. People leave about
    0.2 s between turns (Stivers et al. 2009), so this is not felt as a wait."""
    silence_complete: float = 0.65
    """Silence that ends a turn whose sentence sounds finished but is not matched. Pauses within
    a sentence are mostly shorter than 0.6 s."""
    silence_incomplete: float = 1.1
    """Silence that ends a turn in the middle of a sentence."""
    patience: float = PATIENCE
    """Cutting a caller off costs so many times as much as making one wait who has finished."""
    ear: bool = False
    """Somebody can listen to how the caller's sound ends."""
    wordless: float = 0.7
    """Voice without new words that ends a turn, beyond the silence that would end it: what is heard
    then is the noise of a room, or somebody else."""
    match_budget: float = 0.15
    """Longest wait for a decision once the turn is over."""
    stt_budget: float = 1.5
    """Longest wait for the recogniser's final text once the silence is long enough."""
    stt_patience: float = 3.0
    """Further wait when not a word is known: the answer would have to be silence."""
    stt_absence: float = 6.0
    """Longest that a recogniser may be away, its own tries to come back counted in; then the call
    is handed off. Nobody talks to a line for longer that does not answer."""
    partial_stall: float = 6.0
    """A client that sends partials and then nothing: the turn ends this long after the last."""
    max_turn: float = 45.0
    """A turn is ended after this, finished or not."""
    no_input: float = 60.0
    """Silence after which the caller is asked if they are there; twice that ends the call."""
    min_words: int = 1
    """Words that accept an interruption."""
    min_speech: float = 0.6
    """Voice without recognised words that accepts an interruption. A spoken "uh-huh" is shorter."""
    resume_after: float = 1.2
    """After a wordless interruption, silence until the answer goes on."""
    barge_in: bool = True
    clarify: bool = True
    max_clarify: int = 2
    """Clarifying questions in one call; never two turns running."""
    agent: bool = False
    """An agent is connected that answers what the cache does not; without one it is handed off."""
    behind: bool = False
    """An agent stands behind that hears the caller itself and speaks when it likes: what is not
    answered surely is its, and we say nothing else."""
    speculate: bool = False
    """The agent may begin an answer before the caller's turn is over."""
    unchanged: float = 0.3
    """Words that have not changed for so long, while no voice is heard, and sound finished, may be
    the turn's last: an answer is begun on them. In speech a word takes about as long."""
    filler_after: float = 0.3
    """Silence after the caller's last word after which they are told that somebody is at it."""
    filler_spare: float = 0.15
    """The caller is not told to wait for an answer that is expected so soon after."""
    filler_again: float = 0.35
    """Silence after something was said meanwhile, after which something else is."""
    bridge_after: float = 3.0
    """Silence after which the caller is asked for patience."""
    give_up_after: float = 8.0
    """Silence after which the turn is handed off."""
    agent_stall: float = 4.0
    """Silence in the middle of an answer after which the rest of it is given up."""
    floor_words: int = 3
    """An answer of so many words to a question of the agent's is the agent's, not the cache's."""
    keys: frozenset[str] = frozenset()
    """The keys to which the operator has given an action."""
    tools: bool = False
    """An agent is connected that can run tools; without one a turn that needs a tool is handed
    off."""
    min_confidence: float = 0.35
    """Recogniser confidence below which a miss asks again instead of handing off."""
    playback_grace: float = 5.0
    """A generation whose end is not reported this long after it should be is taken as heard."""
