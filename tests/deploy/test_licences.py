"""The licence of every package that is locked, as its own metadata states it, without network."""

from __future__ import annotations

import json
import re
import sys
from functools import cache

import pytest

from tests.deploy.test_files import run
from tests.support.tree import ROOT

SERVED, FOR_TESTS = "serve.lock", "dev.lock"

PERMISSIVE = {
    *("0BSD", "Apache", "BSD", "CC0", "CNRI", "ISC", "MIT", "MIT-CMU", "PSF", "Zlib"),
    *("Python Software Foundation License",),
}

BINDING = {
    "certifi": "MPL 2.0, by file: it is shipped unchanged",
    "edge-tts": "LGPL 3, in the extra `edge` alone: imported, replaceable, not in the image",
    "espeakng-loader": "GPL 3 (metadata state nothing): behind a port, and can be left out: NOTICE",
    "hypothesis": "MPL 2.0, by file: for tests alone",
    "pathspec": "MPL 2.0, by file: of the type checker, for tests alone",
    "soxr": "LGPL 2.1: a shared library, replaceable",
    "tqdm": "MPL 2.0 in part, by file: it is shipped unchanged",
}
"""Packages whose licence binds more than a notice would, and why they may be here."""
ONLY_FOR_TESTS = {"edge-tts", "hypothesis", "pathspec"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> set[str]:
    text = (ROOT / "requirements" / lock).read_text()
    return {normal(name) for name in re.findall(r"^([\w.-]+)(?:\[.*?\])?==", text, re.MULTILINE)}


@cache
def stated() -> dict[str, str]:
    bill = json.loads(run(sys.executable, "sbom.py"))
    return {
        normal(one["name"]): one["licenses"][0]["license"]["name"] for one in bill["components"]
    }


def family(part: str) -> str:
    """The name of a licence without its version: ``BSD-3-Clause`` and ``3-Clause BSD License`` are
    both BSD."""
    text = re.sub(r"^3-Clause ", "", part.strip())
    text = re.sub(
        r" ?\(.*\)$| (Software )?License$|[- ]\d[\w.]*( License)?|-Clause|-Python$", "", text
    )
    return text.removesuffix(" License")


def permits(statement: str) -> bool:
    """Return whether all that it is made of asks for no more than a notice."""
    parts = re.split(r" (?:AND|OR) ", statement)
    return all(family(part) in PERMISSIVE or part in PERMISSIVE for part in parts)


@pytest.mark.parametrize(
    ("statement", "permissive"),
    [
        ("MIT", True),
        ("MIT License", True),
        ("MIT-0", True),
        ("BSD-3-Clause", True),
        ("3-Clause BSD License", True),
        ("Apache Software License", True),
        ("Apache-2.0 AND CNRI-Python", True),
        ("Python Software Foundation License", True),
        ("ISC License (ISCL)", True),
        ("LGPL-2.1-or-later", False),
        ("GPL-3.0-only", False),
        ("GNU Affero General Public License v3", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
        ("MPL-2.0 AND MIT", False),
        ("Business Source License 1.1", False),
        ("Other/Proprietary License", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_what_permits(statement: str, permissive: bool) -> None:
    assert permits(statement) is permissive


@pytest.mark.parametrize("lock", [SERVED, FOR_TESTS])
def test_every_locked_package_has_a_licence_that_may_be(lock: str) -> None:
    found, names = stated(), locked(lock)
    assert len(names) > 50
    assert names <= set(found), "not installed: make install"
    binding = {name: found[name] for name in names if not permits(found[name])}
    strangers = {name: text for name, text in binding.items() if name not in BINDING}
    assert not strangers, "name each in BINDING with the reason why it may be here, and in NOTICE"


def test_nothing_is_named_that_is_not_there() -> None:
    every = locked(SERVED) | locked(FOR_TESTS)
    assert {name for name in BINDING if name not in every or permits(stated()[name])} == set()
    assert ONLY_FOR_TESTS.isdisjoint(locked(SERVED))


def test_the_notice_names_what_is_shipped_and_binds() -> None:
    notice = (ROOT / "NOTICE").read_text()
    shipped = set(BINDING) - ONLY_FOR_TESTS
    assert {name for name in shipped if name not in notice} == set()
