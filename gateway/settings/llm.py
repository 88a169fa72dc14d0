"""The section ``[llm]``: the models that answer what the cache does not."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.schema.reading import S, setting

KEY = {"pattern": r"[\x21-\x7e]*", "says": "printable ASCII without spaces", "secret": True}
MODEL = {"pattern": r"\S+", "says": "a model's name"}
DEEP = {"pattern": r"\S*", "says": "a model's name, or empty"}
URL = {"pattern": r"(https?://[^/\s]+\S*)?", "says": 'a URL such as "http://127.0.0.1:8000/v1"'}
TEXT = {"pattern": r"(?s).{0,20000}", "says": "a text of at most 20000 characters"}
PROVIDERS = ("groq", "openai")

STYLE = (
    "You are on the telephone with a caller, and a voice speaks aloud exactly what you write. "
    "Answer first: the first sentence is short, ten words at most, and says what the caller wants "
    "to know. Add two more short sentences at most. Use plain words and whole sentences: no lists, "
    "no headings, no markup, no emoji, no brackets. Put commas and full stops where a speaker "
    "would pause. Write numbers, prices, times, dates and units as they are spoken: nine thirty in "
    "the morning, twenty five dollars, the third of May. Ask one question at most, and only at the "
    "end. Do not repeat what the caller said, and do not greet again. If you do not know something "
    "say so in one sentence and offer to pass the caller on to a colleague. Never invent facts, "
    "prices, dates or promises."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmSettings:
    """Language models that answer what the cache does not: two, so that the second is asked when
    the first is slow or fails. A model with neither key nor base_url is not asked; without any,
    such turns are passed to a person."""

    primary_provider: str = setting("groq", choices=PROVIDERS)
    """The provider that is asked first; "openai" also stands for any service that speaks OpenAI's
    API, at a base_url."""
    primary_model: str = setting("llama-3.3-70b-versatile", **MODEL)
    """The primary's model: one that does not think before it speaks."""
    primary_deep_model: str = setting("", **DEEP)
    """The primary's model for turns routed to agent:deep; empty: the same."""
    primary_base_url: str = setting("", **URL)
    """The address of the primary's API; empty: the provider's own."""
    primary_key: str = setting("", **KEY)
    """The primary's API key."""
    secondary_provider: str = setting("openai", choices=PROVIDERS)
    """The provider that is asked second, best one whose bill ends when a stream is cut, as OpenAI's
    does."""
    secondary_model: str = setting("gpt-4.1-mini", **MODEL)
    """The secondary's model."""
    secondary_deep_model: str = setting("", **DEEP)
    """The secondary's model for turns routed to agent:deep; empty: the same."""
    secondary_base_url: str = setting("", **URL)
    """The address of the secondary's API; empty: the provider's own."""
    secondary_key: str = setting("", **KEY)
    """The secondary's API key."""
    budget: float = setting(0.1, unit="calls per answer", low=0.005, high=1)
    """Extra calls made in the long run, so that an answer does not wait for one slow provider."""
    rescue_after_s: float = setting(0.7, unit=S, low=0.05, high=10)
    """Silence after which the second is asked even beyond the budget."""
    give_up_s: float = setting(8.0, unit=S, low=0.2, high=60)
    """Silence after which there is no answer, and the caller is told so; at the latest just before
    fillers.give_up_after_ms."""
    stall_s: float = setting(3.0, unit=S, low=0.2, high=60)
    """Silence in the middle of an answer after which it has broken off."""
    speculate: float = setting(0.25, unit="calls per answer", low=0, high=1)
    """Answers begun before the caller has finished that may turn out unwanted; 0: none is begun."""
    max_tokens: int = setting(160, low=16, high=4096)
    """Longest answer; 160 are about 45 seconds of speech."""
    context_tokens: int = setting(2000, low=200, high=100_000)
    """Most that a model is sent; the oldest turns of the call are left out first."""
    temperature: float = setting(0.4, low=-1, high=2)
    """The sampling temperature; -1: not sent, for models that take none."""
    tool_rounds: int = setting(4, low=1, high=10)
    """The number of rounds of tools for one answer, several tools at the same time each; then the
    answer is given with what is known."""
    call_start_wait_s: float = setting(1.0, unit=S, low=0, high=10)
    """The time that the first answer waits for tools that were begun with the call."""
    style: str = setting(STYLE, **TEXT)
    """The manner of speaking: the beginning of every prompt."""
    about: str = setting("", **TEXT)
    """The facts of the business that a model must know; for an intent in [prompts], that takes its
    place."""

    @property
    def can_be_asked(self) -> bool:
        """Return whether a model has a key, or an address that needs none."""
        keys = (self.primary_key, self.secondary_key)
        return any((*keys, self.primary_base_url, self.secondary_base_url))
