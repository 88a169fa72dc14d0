"""Word classes: the file format, and that a class has one place."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import pytest

from intents.text import lexicon
from intents.text.lexicon import classes
from intents.text.lexicon.classes import FOLDER, TABLES, LexiconError, read, resolve

ROOT = Path(__file__).parents[4]


def read_names(file: str) -> list[str]:
    """The names of the classes of one file."""
    lines = (FOLDER / file).read_text("utf-8").splitlines()
    return [line.strip("[]") for line in lines if line.startswith("[")]


MOST = 6 / 7
"""Share of a closed class that a module may spell: what is less may be the words of one rule."""
CLOSED = ("weekday", "month", "question-word", "auxiliary", "determiner", "digit", "first-name")
MANY = 5
"""So many words of a class of the grammar are no chance, nor are so many of any class that are more
than half of it."""
CLASSES = read()
GRAMMAR = read_names("grammar.txt")


def lexicon_of(folder: Path, **files: str) -> dict[str, tuple[str, ...]]:
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    found = read(folder)
    return {name: resolve(name, found) for name in found}


def test_a_class_takes_in_others_and_leaves_words_out(tmp_path: Path) -> None:
    found = lexicon_of(
        tmp_path,
        one="# of all\n[article]\na an\n  the\n\n[mine]\nmy\n",
        two="[determiner]\n@article @mine -an this\n",
    )
    assert found["article"] == ("a", "an", "the")
    assert found["determiner"] == ("a", "the", "my", "this")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a an", "wrong.txt, line 1: words before the first"),
        ("[a]\nx\n[a]\ny", "wrong.txt, line 3: class 'a' is there twice"),
        ("[a]\nx y x", "'a' has 'x' twice"),
        ("[b]\nx\n[a]\n@b x", "'a' has 'x' twice"),
        ("[a]\nx @none", "'none' .* which 'a' takes in"),
        ("[a]\n@b\n[b]\n@a", "takes itself in: a > b > a"),
        ("[a]\nx -y", "'a' leaves out 'y', not in it"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        lexicon_of(tmp_path, wrong=text)


def test_an_unknown_class_is_an_error_and_no_empty_class() -> None:
    with pytest.raises(LexiconError, match="no word class 'determinerr'"):
        lexicon.words("determinerr")


def test_an_alternation_finds_whole_members_of_all_its_classes() -> None:
    pattern = re.compile(f"(?:{lexicon.alternation('question-word', 'is-after', 'naming')})")
    assert pattern.fullmatch("everything")
    assert pattern.fullmatch("call me")
    longest = pattern.match("called me")
    assert longest is not None
    assert longest[0] == "called me", "not only 'called', which is a member too"
    assert pattern.groups == 0


def test_classes_that_are_counted_keep_their_order() -> None:
    assert lexicon.ordered("digit")[3] == "three"
    assert lexicon.ordered("month")[11] == "december"
    assert lexicon.ordered("weekday")[0] == "monday"


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_resolves_and_is_not_empty(name: str) -> None:
    assert resolve(name, CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_takes_in_a_class_of_the_grammar_and_does_not_spell_it(name: str) -> None:
    own = {member for member in CLASSES[name] if member[0] not in "@-"}
    closed = [
        one
        for one in (*GRAMMAR, "weekday", "month", "digit", "teen")
        if one != name and f"@{name}" not in CLASSES[one]
    ]
    spelled_again = [
        one for one in closed if len(lexicon.words(one)) >= MANY and lexicon.words(one) <= own
    ]
    assert spelled_again == [], "write @ and its name"


def test_no_two_classes_have_the_same_members() -> None:
    members = {name: frozenset(resolve(name, CLASSES)) for name in CLASSES}
    same = [pair for pair in combinations(members, 2) if members[pair[0]] == members[pair[1]]]
    assert same == [], "one of them is enough"


def test_every_class_and_table_has_a_reader() -> None:
    source = "\n".join(text for _, text in sources())
    taken = {member[1:] for members in CLASSES.values() for member in members if member[0] == "@"}
    unread = [name for name in CLASSES if name not in taken and f'"{name}"' not in source]
    assert unread == []
    assert [
        file.stem for file in TABLES.glob("*.txt") if f'rows("{file.stem}")' not in source
    ] == []


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "intents").rglob("*.py")):
        yield path, path.read_text("utf-8")


def spelled(node: ast.AST) -> Iterator[frozenset[str]]:
    """Words that a literal spells: a collection of strings, a string of words, or each run of
    alternatives in a regular expression."""
    if isinstance(node, ast.Set | ast.List | ast.Tuple):
        found = [one.value for one in node.elts if isinstance(one, ast.Constant)]
        yield frozenset(one for one in found if isinstance(one, str))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if re.fullmatch(r"[a-z' ]+", node.value):
            yield frozenset(node.value.split())
        for run in re.findall(r"[a-z' ]+(?:\|[a-z' ]+)+", node.value):
            yield frozenset(run.split("|"))  # "how |" goes on


def collected(node: ast.AST) -> frozenset[str]:
    """Words of a set, a tuple or a list, or of a string that is split into words."""
    if isinstance(node, ast.Set | ast.List | ast.Tuple):
        found = [one.value for one in node.elts if isinstance(one, ast.Constant)]
        return frozenset(one for one in found if isinstance(one, str))
    if isinstance(node, ast.Call) and len(node.args) == 1:
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        text = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        if called in ("split", "words") and isinstance(text, str):
            return frozenset(text.split())
    return frozenset()


def copies(text: str) -> Iterator[str]:
    """Collections of a module that repeat ``MANY`` words or more of a class of the data files."""
    for node in ast.walk(ast.parse(text)):
        words = collected(node)
        for name in CLASSES if len(words) >= MANY else ():
            members = lexicon.words(name)
            most = MANY if name in GRAMMAR else max(MANY, len(members) / 2)
            if len(words & members) >= most:
                yield f"line {getattr(node, 'lineno', 0)} repeats words of '{name}'"


def repeats(text: str) -> Iterator[str]:
    """Closed classes more than ``MOST`` of which a module spells again."""
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in prose:
            continue
        for words, name in product(spelled(node), CLOSED):
            members = lexicon.words(name)
            if len(members & words) > MOST * len(members):
                yield f"line {getattr(node, 'lineno', 0)} spells '{name}'"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('X = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}', 1),
        ('X = "what|when|where|who|which|how|why"', 1),
        ('X = "what|when|where"', 0),
        ('"""what when where who which how why"""', 0),
    ],
)
def test_a_class_spelled_again_is_found(text: str, wrong: int) -> None:
    assert len(list(repeats(text))) == wrong


@pytest.mark.parametrize(
    ("path", "text"), list(sources()), ids=lambda one: one.name if isinstance(one, Path) else ""
)
def test_no_module_spells_a_closed_class_again(path: Path, text: str) -> None:
    assert list(repeats(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('X = frozenset({"in", "on", "at", "for", "with"})', True),
        ('X = word in ("my", "your", "the", "his", "an")', True),
        ('X = split("do does did have has")', True),
        ('X = frozenset(words("in on at for"))', False),
        ('X = ["monday", "tuesday", "wednesday", "thursday", "friday"]', True),
        ('X = {"january", "february", "march", "april", "june"}', False),
        ('X = {"in": 1, "on": 2, "at": 3, "for": 4, "with": 5}', False),
    ],
)
def test_a_copy_of_a_class_is_found(text: str, found: bool) -> None:
    assert bool(list(copies(text))) is found


@pytest.mark.parametrize(
    ("path", "text"), list(sources()), ids=lambda one: one.name if isinstance(one, Path) else ""
)
def test_no_collection_repeats_a_class(path: Path, text: str) -> None:
    assert list(copies(text)) == [], "take it in with @, and leave words out with -"


def test_the_package_brings_its_files() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = data["tool"]["setuptools"]["package-data"]["intents"]
    brought = {file for pattern in patterns for file in (ROOT / "intents").glob(pattern)}
    needed = {*FOLDER.glob("*.txt"), *TABLES.glob("*.txt")}
    assert needed
    assert needed <= brought


def test_rows_join_what_is_written_on_several_lines() -> None:
    (place,) = (row for row in lexicon.rows("places") if row.startswith("place:"))
    assert place.split()[-1] == "africa"
    assert not any(row.startswith((" ", "#")) for row in classes.rows("synonyms"))
