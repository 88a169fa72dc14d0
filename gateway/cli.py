"""``frontline``: the program. Parses the command line; each command is a module of its own.

Exit codes: 0 good, 1 failed, 2 asked for something that cannot be. Errors are one line on
standard error. Commands are imported when they are run, so that help is there at once.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.errors import SettingsError, UsageError
from gateway.settings import home
from gateway.settings.schema.reading import variable
from gateway.settings.whole import Settings, load

TENANT = variable("tenant", "default")

FIGURES = (
    ("transport", "transport", "network between the carrier and the server, both ways"),
    ("carrier", "carrier", "telephone network and the carrier's own time, both ways"),
    ("endpointing", "endpointing", "silence until the turn counts as over"),
    ("stt", "stt", "from there, or from the last word, to the final transcript"),
    ("match", "match", "looking something up before the model is asked"),
    ("llm-ttft", "agent", "the model's first token"),
    ("tool", "tool", "a tool the answer waits for"),
    ("tts-ttfb", "tts", "the voice's first sound"),
    ("gateway", "gateway", "whatever stands between these"),
)
"""Option, the audit's stage, and what it is."""

RUNNING = ("stats", "misses", "turns", "flag", "promote", "watch")
"""Commands that ask a running server."""

PATHS = ("cache", "clarify", "agent", "route", "handoff")

EXAMPLES = """\
examples:
  frontline model build                   export the sentence encoder, once
  frontline seed bank.csv                 check, render and publish a table of questions
  frontline ask "when do you close"       what would be answered, and why
  frontline serve                         take calls on http://127.0.0.1:8080

Settings come from frontline.toml in this folder, or --config FILE; FRONTLINE_SECTION__KEY in the
environment overrides them. frontline.example.toml lists them all.

Catalogues, records and the model are kept in FRONTLINE_HOME if that is set; else in the folder of
that frontline.toml; else in this folder, if it has var/; else in ~/.local/share/frontline."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    args = parser().parse_args(argv)
    try:
        return _run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(str(error), 1)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise  # our own mistake: the traceback is what is needed
        return _failed(str(error), code)


def _exit_code(error: Exception) -> int | None:
    """The error's own exit code; 1 for any other that understanding raises on purpose."""
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return code
    return 1 if type(error).__module__.startswith("intents.") else None


def _run(args: argparse.Namespace) -> int:
    settings = _settings(getattr(args, "config", None), getattr(args, "tenant", None))
    place = "gateway.commands.running" if args.command in RUNNING else "gateway.commands"
    command = importlib.import_module(f"{place}.{args.command}")
    code: int = command.run(args, settings)
    return code


def _settings(config: str | None, tenant: str | None) -> Settings:
    """The settings of this run; the tenant of the command line becomes the default."""
    environ = dict(os.environ)
    place = home.find(config or "", environ, Path.cwd())
    if tenant is not None:
        environ[TENANT] = tenant
    try:
        return home.rooted(load(place.file, environ), place.home)
    except SettingsError as error:
        if tenant is None:
            raise
        raise UsageError(str(error).replace(f"environment: {TENANT}", "--tenant")) from None


def _failed(message: str, code: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"frontline: {line}\n")
    return code


# --- the command line ------------------------------------------------------------------------


class _Version(argparse.Action):
    """Prints the version; looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"frontline {version('frontline')}\n")
        parser.exit(0)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--config", metavar="FILE", help="settings file (frontline.toml)")
    common.add_argument("--tenant", metavar="NAME", help="which call centre (tenant.default)")
    root = argparse.ArgumentParser(
        prog="frontline",
        description="Answers callers from a cache of pre-rendered audio.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
    )
    root.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str, epilog: str = "", **options: Any) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[common],
            **options,
        )

    serve = add("serve", "take calls", "example:\n  FRONTLINE_SERVER__PORT=9000 frontline serve")
    serve.add_argument(
        "--workers", type=int, metavar="N", help="processes that take calls (server.workers)"
    )
    _seed(add)
    _ask(add)
    _eval(add)
    _audit(add)
    _bench(add)
    _export(add)
    _suggest(add)
    _catalogue(add)
    _store(add)
    _token(add)
    _running(add)
    _model(add)
    return root


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON for programs")


def _seed(add: Any) -> None:
    command = add(
        "seed",
        "check, render and publish a table of questions and answers",
        "examples:\n  frontline seed bank.csv\n  frontline seed --dry-run --json bank.csv\n\n"
        "Nothing is published unless all rows are good, or --skip-bad is given. Publishing the\n"
        'same table again renders only what changed. With match.train = "behind" the encoder is\n'
        "trained on the table afterwards, by the server that serves it or by --wait.",
    )
    command.add_argument("file", metavar="FILE.csv", help="the table; - reads standard input")
    command.add_argument("--skip-bad", action="store_true", help="publish the good rows only")
    command.add_argument("--dry-run", action="store_true", help="check only: publish nothing")
    command.add_argument(
        "--if-empty", action="store_true", help="do nothing if the tenant has a catalogue"
    )
    command.add_argument(
        "--wait",
        action="store_true",
        help="return when the encoder is trained on the table",
    )
    _json(command)


def _ask(add: Any) -> None:
    command = add(
        "ask",
        "what would be answered to a caller who says TEXT, and why",
        'examples:\n  frontline ask "when do you close"\n  frontline ask --partial "when do you"',
    )
    command.add_argument("text", metavar="TEXT", nargs="+", help="what the caller says")
    command.add_argument(
        "--partial", action="store_true", help="as if the caller were still speaking"
    )
    _json(command)


def _eval(add: Any) -> None:
    command = add(
        "eval",
        "measure hits and wrong answers on labelled queries",
        "FILE is a CSV with the columns text and entry (an entry's id; empty: none of ours), a\n"
        "JSON list of such objects, or CLINC150: its folder or data_full.json, on which a\n"
        "catalogue of its own is built.\n\n"
        "examples:\n  frontline eval queries.csv --plot curve\n"
        "  frontline eval ../shared/data/clinc150 --draws 1 --json",
    )
    command.add_argument("file", metavar="FILE", help="labelled queries")
    command.add_argument(
        "--per-intent",
        type=_counts,
        default=(3, 5, 10),
        metavar="N,N",
        help="CLINC: examples seeded (3,5,10)",
    )
    command.add_argument(
        "--draws", type=_count, default=5, metavar="N", help="CLINC: random choices of them (5)"
    )
    command.add_argument(
        "--plot", metavar="FILE", help="draw the risk-coverage curve: .png, .svg or, without, both"
    )
    _json(command)


def _audit(add: Any) -> None:
    command = add(
        "audit",
        "where the milliseconds before an answer go, against a budget, and what to do about it",
        "Without figures: of the turns this call centre has recorded. With figures, in ms, as 120\n"
        "or as p50/p95, 120/280: of the system they describe, and what becomes of it here.\n\n"
        "examples:\n  frontline audit --since 24h --path agent\n"
        "  frontline audit --budget endpointing=400 --budget ttfa=1000 --json\n"
        "  frontline audit --transport 80 --carrier 60 --endpointing 500 --stt 120/250 \\\n"
        "      --llm-ttft 350/900 --tts-ttfb 90/200\n\n"
        "Exit code 0: within the budget, 1: over it, 2: nothing to audit, or wrongly asked.",
    )
    turns = command.add_argument_group("recorded turns")
    turns.add_argument("--since", metavar="WHEN", help="90m, 24h, 7d, 2w or a date (7d)")
    turns.add_argument("--path", choices=PATHS, help="only turns that went this way")
    turns.add_argument("--limit", type=_count, metavar="N", help="newest turns at most (10000)")
    figures = command.add_argument_group("figures of a system, instead")
    for option, stage, what in FIGURES:
        figures.add_argument(f"--{option}", dest=f"figure_{stage}", metavar="MS", help=what)
    command.add_argument(
        "--budget",
        metavar="STAGE=MS",
        action="append",
        default=[],
        help="what a stage, or ttfa for the whole, may take: it is over if it takes longer; "
        "else as [budget] has it",
    )
    command.add_argument(
        "--at", choices=("p50", "p95", "p99"), default="p95", help="which one is judged (p95)"
    )
    _json(command)


def _bench(add: Any) -> None:
    command = add("bench", "measure one thing; without NAME, list what can be measured")
    command.add_argument("name", metavar="NAME", nargs="?", help="which benchmark")
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a parameter of the benchmark, such as calls=50",
    )
    command.add_argument(
        "--without",
        metavar="NAME",
        action="append",
        default=[],
        help="of guards: measure also as if there were no guard NAME; may be given several times",
    )
    command.add_argument(
        "--record", action="store_true", help="keep the figures as those that the documents quote"
    )
    _json(command)


def _export(add: Any) -> None:
    command = add("export", "write a tenant's entries as a table that can be seeded again")
    command.add_argument("--number", type=_count, metavar="N", help="an earlier catalogue")
    command.add_argument("--output", metavar="FILE", help="write there, not to standard output")


def _suggest(add: Any) -> None:
    command = add(
        "suggest",
        "let the language model put entries' questions into other words, for you to seed",
        "Nothing is published: read the table, take out what is wrong, then seed it.\n\n"
        "examples:\n  frontline suggest hours parking\n"
        "  frontline suggest --merged --output more.csv\n  frontline seed more.csv",
    )
    command.add_argument(
        "entry", metavar="ENTRY", nargs="*", help="ids; else those with the fewest questions"
    )
    command.add_argument(
        "--per-entry", type=_few, default=8, metavar="N", help="questions asked for (8)"
    )
    command.add_argument(
        "--limit", type=_count, default=20, metavar="N", help="entries, if none is named (20)"
    )
    command.add_argument("--output", metavar="FILE", help="write there, not to standard output")
    command.add_argument(
        "--merged", action="store_true", help="with all entries, as export writes them"
    )
    _json(command)


def _catalogue(add: Any) -> None:
    command = add("catalogue", "list a tenant's catalogues, or go back to an earlier one")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="all catalogues, newest first")
    _json(listing)
    back = actions.add_parser("rollback", help="make an earlier catalogue live again")
    back.add_argument(
        "number", type=_count, nargs="?", metavar="N", help="which; the one before, if not given"
    )
    _json(back)


def _store(add: Any) -> None:
    command = add("store", "copy one store into another: embedded into Redis, or back")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    copying = actions.add_parser(
        "copy",
        help="copy everything and read it back",
        description="Copy all tenants with catalogues, clips, modes and turns, the tokens and the "
        "trail into a store that does not have them, and compare. FROM and TO are written as "
        "store.url is; - is store.url itself. Stop the servers of FROM first: what they change "
        "meanwhile is missed.",
    )
    copying.add_argument("source", metavar="FROM", help="sqlite:///FOLDER, redis://HOST:PORT or -")
    copying.add_argument("target", metavar="TO", help="the same")
    _json(copying)


def _token(add: Any) -> None:
    command = add(
        "token",
        "let people and programs into the admin API and the dashboard, or send them away",
        "A token is shown once, when it is made. To replace one, make the next, hand it out, then\n"
        "revoke the last. Servers on the same store know of it at once.\n\n"
        "examples:\n  frontline token create Anna --role editor --for bank\n"
        "  frontline token list\n  frontline token revoke 0123456789ab",
    )
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = actions.add_parser("create", help="make one and show it")
    made.add_argument("name", metavar="NAME", help="whom or what it is for")
    made.add_argument("--role", choices=("viewer", "editor", "admin"), default="viewer")
    made.add_argument(
        "--for", dest="only", metavar="TENANT", action="append", default=[], help="only that tenant"
    )
    made.add_argument(
        "--days", type=_days, default=90, metavar="N", help="its life (90); 0: no end"
    )
    _json(made)
    _json(actions.add_parser("list", help="all of them, newest first, without their secrets"))
    gone = actions.add_parser("revoke", help="make one open nothing from now on")
    gone.add_argument("id", metavar="ID", help="as the list has it")
    _json(gone)


def _running(add: Any) -> None:
    """The commands that ask a running server, with what they have in common."""

    def asking(name: str, text: str, example: str, *, limit: int = 0) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = add(
            name,
            text,
            "Asks a running server, with the token of FRONTLINE_TOKEN or FRONTLINE_ADMIN__TOKEN."
            "\n\n"
            f"example:\n  {example}",
        )
        command.add_argument(
            "--server", metavar="URL", default="", help="where it is (server.host and port)"
        )
        if limit:
            command.add_argument("--limit", type=_page, default=limit, metavar="N", help="at most")
        _json(command)
        return command

    def window(command: argparse.ArgumentParser) -> None:
        command.add_argument("--window", choices=("1h", "24h", "7d"), default="24h")

    window(asking("stats", "how turns went, and how long they took", "frontline stats --window 1h"))
    misses = asking(
        "misses", "what the cache could not answer", "frontline misses --clusters", limit=20
    )
    misses.add_argument("--clusters", action="store_true", help="in groups that ask the same")
    turns = asking(
        "turns", "the newest turns, or all of one", "frontline turns --path cache", limit=20
    )
    turns.add_argument("turn", metavar="TURN", nargs="?", help="all of this one")
    turns.add_argument("--call", metavar="ID", help="only of this call")
    turns.add_argument("--path", choices=(*PATHS, "none"), help="only turns that went this way")
    turns.add_argument("--entry", metavar="ID", help="only about this entry")
    turns.add_argument("--flagged", action="store_true", help="only those that carry a flag")
    flag = asking(
        "flag", "mark what was decided, or name what was meant", "frontline flag 6f0c-2 wrong"
    )
    flag.add_argument("turn", metavar="TURN", help="its id")
    flag.add_argument("verdict", choices=("right", "wrong"), nargs="?")
    flag.add_argument("--entry", metavar="ID", help="the entry that it should have been")
    promote = asking(
        "promote",
        "make what was asked part of an entry, or a new one",
        "frontline promote parking --turn 6f0c-3",
    )
    promote.add_argument("entry", metavar="ENTRY", help="a live entry, or the id of a new one")
    promote.add_argument("--answer", metavar="TEXT", help="a new one, with this answer")
    promote.add_argument("--cluster", metavar="ID", default="", help="all that is in that group")
    promote.add_argument("--turn", metavar="TURN", action="append", default=[])
    promote.add_argument("--question", metavar="TEXT", action="append", default=[])
    watch = asking("watch", "a server at work, live", "frontline watch")
    window(watch)
    watch.add_argument("--every", type=_count, default=2, metavar="S", help="seconds between looks")
    watch.add_argument("--once", action="store_true", help="one look, and no more")


def _page(text: str) -> int:
    """A whole number from 1 to 500."""
    if (number := _count(text)) > 500:
        raise ValueError
    return number


_page.__name__ = "whole number from 1 to 500"


def _days(text: str) -> int:
    """A number of days, to ten years."""
    number = int(text)
    if not 0 <= number <= 3650:
        raise ValueError
    return number


_days.__name__ = "number of days up to 3650"


def _model(add: Any) -> None:
    command = add("model", "the sentence encoder")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="export it to model.folder, if it is not there yet")
    build.add_argument("--force", action="store_true", help="build it again")


def _count(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_count.__name__ = "whole number from 1"  # argparse says: invalid whole number from 1 value: '0'


def _few(text: str) -> int:
    """A whole number from 1 to 50."""
    if (number := _count(text)) > 50:
        raise ValueError
    return number


_few.__name__ = "whole number from 1 to 50"


def _counts(text: str) -> tuple[int, ...]:
    """Whole numbers from 1, apart by commas."""
    return tuple(_count(part) for part in text.split(","))


_counts.__name__ = "list of whole numbers from 1"

if __name__ == "__main__":
    sys.exit(main())
