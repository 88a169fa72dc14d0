"""The figures which documents quote, held against those that benchmarks recorded.

A quote is a piece of a document in which each figure is a field: ``{hit.partial_p50_ms:.1f}`` is
that figure of the benchmark ``hit``. ``python -m bench.quoted`` lists what has drifted, and with
``--write`` puts the recorded figures in; ``frontline bench NAME --record`` records them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from gateway.audit import measured
from gateway.audit.measured import Measured

ROOT = Path(__file__).parents[1]
NUMBER = r"(\d[\d,]*(?:\.\d+)?)"


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of a document; it must stand there once."""

    document: str
    """The document's path from the root of the repository."""
    template: str

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """(text, figure as ``bench.key``, format) from the first to the last; the last may have
        no figure."""
        for text, name, form, _ in Formatter().parse(self.template):
            yield text, name or "", form or ""

    def pattern(self) -> re.Pattern[str]:
        """The pattern that finds the quote, whatever its figures are and wherever its lines
        break.
        """
        pieces = [
            r"\s+".join(re.escape(word) for word in re.split(r"\s+", text)) + NUMBER * bool(name)
            for text, name, _ in self.parts()
        ]
        return re.compile("".join(pieces))


def table(document: str, bench: str, *rows: str) -> list[Quote]:
    """Rows of the table of figures: a row ends with the command that measured it."""
    return [Quote(document, f"| {row} | `make bench NAME={bench}` |") for row in rows]


README = "README.md"
QUOTES = [
    Quote(README, "is matched on a thread; the median is {match.match_p50_ms:.1f} ms."),
    Quote(
        README,
        "{hit.partial_p50_ms:.1f} ms (median) after `final` if the decision was there, "
        "{hit.final_p50_ms:.1f} ms if it had to be made.",
    ),
    *table(
        README,
        "hit",
        "bare WebSocket echo, 50 calls, p50 / p99 | "
        "{hit.echo_p50_ms:.1f} / {hit.echo_p99_ms:.1f} ms",
        "first audio after `final`, decided on a partial, p50 / p99 | "
        "{hit.partial_p50_ms:.1f} / {hit.partial_p99_ms:.1f} ms",
        "first audio after `final`, decided on the final, p50 / p99 | "
        "{hit.final_p50_ms:.1f} / {hit.final_p99_ms:.1f} ms",
        "decided before the final, words at speaking pace | {hit.decided_early_pct:.1f} %",
        "server process, one tenant, 50 calls (each local recogniser is a process of its own: "
        "90 MiB more) | {hit.rss_mib:.0f} MiB",
    ),
    *table(
        README,
        "miss",
        "added to an agent's answer beyond model and voice, 20 calls, p50 / p99; a client that "
        "does nothing else | {miss.added_p50_ms:.1f} / {miss.added_p99_ms:.1f} ms; "
        "{miss.direct_p50_ms:.1f} / {miss.direct_p99_ms:.1f} ms",
    ),
    *table(
        README,
        "barge-in",
        "from the last sound that is needed to `clear`, by the voice / by the first word, p99; "
        "messages of old sound after it, in {barge-in.interruptions:,.0f} interruptions | "
        "{barge-in.clear_p99_ms:.1f} / {barge-in.word_clear_p99_ms:.1f} ms; "
        "{barge-in.late_messages:.0f}",
    ),
    *table(
        README,
        "turn-end",
        "end of speech to first audio, sure and complete, p50; without the match's say in it | "
        "{turn-end.sure_p50_ms:.0f}; {turn-end.without_match_sure_p50_ms:.0f} ms",
    ),
    *table(
        README,
        "felt-exact",
        "end of speech to the first sound of a miss, model at 300 ms, voice at 90, without the "
        "machine's own time, p50 / p95; by silences alone | "
        "{felt-exact.miss_first_sound_p50_ms:.0f} / {felt-exact.miss_first_sound_p95_ms:.0f}; "
        "{felt-exact.rules_miss_first_sound_p50_ms:.0f} / "
        "{felt-exact.rules_miss_first_sound_p95_ms:.0f} ms",
        "callers cut off, of {felt-exact.paused_turns:.0f} who pause for 300 to 600 ms inside a "
        "sentence; by silences alone | {felt-exact.paused_cut_off_pct:.1f}; "
        "{felt-exact.rules_paused_cut_off_pct:.1f} %",
    ),
    *table(
        README,
        "match",
        "CLINC150, 10; 5; 3 examples an intent: answered / of those wrong, means of 5 draws | "
        "{match.clinc10_hit_pct:.1f} / {match.clinc10_wrong_pct:.2f} (worst draw "
        "{match.clinc10_wrong_pct_worst:.2f}); {match.clinc5_hit_pct:.1f} / "
        "{match.clinc5_wrong_pct:.2f}; {match.clinc3_hit_pct:.1f} / {match.clinc3_wrong_pct:.2f} %",
        "ended in the right answer within one clarifying question / of answers wrong | "
        "{match.clinc10_clarified_pct:.1f} / {match.clinc10_clarified_wrong_pct:.2f} %",
        "10 examples, as callers say it and a recogniser hears it: answered / wrong | "
        "{match.clinc10_noise_hit_pct:.1f} / {match.clinc10_noise_wrong_pct:.2f} (worst draw "
        "{match.clinc10_noise_wrong_pct_worst:.2f}) %",
        "with 30 of the 150 intents left out but asked, their share told / found in 500 "
        "turns / neither: answered, wrong | "
        "{match.clinc10_near_hit_pct:.1f}, {match.clinc10_near_wrong_pct:.2f} % / "
        "{match.clinc10_near_found_hit_pct:.1f}, {match.clinc10_near_found_wrong_pct:.2f} % / "
        "{match.clinc10_near_untold_hit_pct:.1f}, **{match.clinc10_near_untold_wrong_pct:.1f} %**",
        "plain cosine with its own threshold: answered / wrong | "
        "{match.clinc10_cosine_hit_pct:.1f} / {match.clinc10_cosine_wrong_pct:.1f} %",
        "rules of GPTCache, LiteLLM, redisvl's cache, redisvl's router, semantic-router at their "
        "defaults, on the same embeddings: answered / wrong | "
        "{match.clinc10_gptcache_hit_pct:.0f} / {match.clinc10_gptcache_wrong_pct:.0f}, "
        "{match.clinc10_litellm_hit_pct:.0f} / {match.clinc10_litellm_wrong_pct:.1f}, "
        "{match.clinc10_redisvl_cache_hit_pct:.0f} / {match.clinc10_redisvl_cache_wrong_pct:.1f}, "
        "{match.clinc10_redisvl_router_hit_pct:.0f} / "
        "{match.clinc10_redisvl_router_wrong_pct:.0f}, "
        "{match.clinc10_semantic_router_hit_pct:.0f} / "
        "{match.clinc10_semantic_router_wrong_pct:.0f} %",
        "minimal pairs that nothing was tuned to, one question an entry, five sets: look-alikes "
        "answered wrongly; paraphrases that guards veto | {match.guards_wrong_pct:.1f}, "
        "{match.third_guards_wrong_pct:.1f}, {match.fifth_guards_wrong_pct:.1f}, "
        "{match.sixth_guards_wrong_pct:.1f}, {match.seventh_guards_wrong_pct:.1f} %; "
        "{match.guards_veto_pct:.1f}, {match.third_guards_veto_pct:.1f}, "
        "{match.fifth_guards_veto_pct:.1f}, {match.sixth_guards_veto_pct:.1f}, "
        "{match.seventh_guards_veto_pct:.1f} %",
        "as many look-alikes as paraphrases, of trades that no constant was chosen on, three; ten "
        "questions an entry: of paraphrases, of look-alikes answered, as published / once the "
        "share is found | "
        "{match.second3_hit_pct:.0f}, {match.second3_wrong_pct:.1f} / "
        "{match.second3_told_hit_pct:.0f}, {match.second3_told_wrong_pct:.1f}; "
        "{match.second10_hit_pct:.0f}, {match.second10_wrong_pct:.1f} / "
        "{match.second10_told_hit_pct:.0f}, {match.second10_told_wrong_pct:.1f} %",
        "one match, one thread, p50 / p99: 1,000 questions; the same where callers ask "
        "look-alikes; 100,000 | "
        "{match.match_p50_ms:.1f} / {match.match_p99_ms:.1f} ms; "
        "{match.match_alike_p50_ms:.1f} / {match.match_alike_p99_ms:.1f} ms; "
        "{match.match100k_p50_ms:.1f} / {match.match100k_p99_ms:.1f} ms",
    ),
    Quote(
        "docs/audit.md",
        "measured one of [the README](../README.md), {hit.final_p50_ms:.1f} ms "
        "(p99 {hit.final_p99_ms:.1f}), the match included.",
    ),
]


def drifted(text: str, quote: Quote, known: dict[str, Measured]) -> tuple[str, list[str]]:
    """(the document with the recorded figures, what is wrong with the quote in it)."""
    found = list(quote.pattern().finditer(text))
    if len(found) != 1:
        return text, [f"{quote.document}: stands {len(found)} times: {quote.template}"]
    wrong = []
    fields = [(name, form) for _, name, form in quote.parts() if name]
    for number, (name, form) in reversed(list(enumerate(fields, 1))):
        bench, _, key = name.partition(".")
        if bench not in known or key not in known[bench].figures:
            wrong.append(f"{quote.document}: {name} was never recorded")
            continue
        right = format(known[bench].figures[key], form)
        if found[0][number] != right:
            wrong.append(f"{quote.document}: {name} is {right}, not {found[0][number]}")
            text = text[: found[0].start(number)] + right + text[found[0].end(number) :]
    return text, wrong[::-1]


def check(write: bool = False, root: Path = ROOT) -> list[str]:
    """The quotes that differ from the recorded figures; ``write`` corrects them in the
    documents.
    """
    known, wrong = measured.read(), []
    for document in sorted({quote.document for quote in QUOTES}):
        path = root / document
        before = text = path.read_text("utf-8")
        for quote in QUOTES:
            if quote.document == document:
                text, more = drifted(text, quote, known)
                wrong += more
        if write and text != before:
            path.write_text(text, "utf-8")
    return wrong


if __name__ == "__main__":
    told = check(write="--write" in sys.argv[1:])
    print("\n".join(told) or "every quoted figure is as it was recorded")
    sys.exit(1 if told and "--write" not in sys.argv[1:] else 0)
