"""The document is true: it has every operation, and what is answered is as it says.

Every other test here asks through ``truth.Client``, which holds each answer against the document;
these look at the document itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from gateway.admin import api, openapi
from gateway.admin.outputs import AskOut, Failure
from tests.admin.truth import Client, Truth


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(openapi.document(api.OPERATIONS, "1.2.3"))
    return made


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_route_is_documented_and_no_other(document: dict[str, Any]) -> None:
    served = {(one.method, one.path.replace(":path", "")) for one in api.OPERATIONS}
    assert {(method, path) for method, path, _ in operations(document)} == served
    assert len(served) == len(api.OPERATIONS) >= 20


def test_it_is_served_as_made(client: Client, document: dict[str, Any]) -> None:
    served = client.get("/openapi.json")
    assert served["openapi"] == "3.2.0"
    assert served["paths"] == document["paths"]
    assert served["info"]["version"] != "1.2.3"


def test_stats_have_the_near_misses_or_null(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    near = {"share": 0.1, "low": 0.05, "high": 0.2, "turns": 40}
    near |= {"look_alikes": 0.1, "threshold": 0.6, "reading_weight": 0.25}
    assert set(schemas["NearMisses"]["required"]) == near.keys()
    assert fits(document, "NearMisses", near)
    assert not fits(document, "NearMisses", near | {"turns": 0.5})
    assert "near_misses" in schemas["Stats"]["required"]
    either = schemas["Stats"]["properties"]["near_misses"]["anyOf"]
    assert {"type": "null"} in either
    assert {"$ref": "#/components/schemas/NearMisses"} in either


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set(references(document))
    assert found
    assert {name.rpartition("/")[2] for name in found} <= schemas.keys()


def test_every_operation_says_who_may_and_what_fails(document: dict[str, Any]) -> None:
    assert document["security"] == [{"token": []}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for method, path, operation in operations(document):
        assert operation["summary"].endswith(".")
        assert {"401", "500", "503"} <= operation["responses"].keys(), (method, path)
        for status, response in operation["responses"].items():
            if status >= "400":
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Failure"}


def test_names_are_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_parameters_of_the_path_are_declared(document: dict[str, Any]) -> None:
    for _, path, operation in operations(document):
        declared = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert declared == re.findall(r"{(\w+)}", path)


def test_parameters_of_the_query_are_those_that_are_read(document: dict[str, Any]) -> None:
    for one in api.OPERATIONS:
        operation = document["paths"][one.path.replace(":path", "")][one.method.lower()]
        declared = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
        assert declared == list(one.query.__struct_fields__)


def test_the_uploads_and_streams_are_told(document: dict[str, Any]) -> None:
    seed = document["paths"]["/seed"]["post"]
    assert list(seed["requestBody"]["content"]) == ["text/csv"]
    assert set(seed["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert {"409", "413", "415", "422"} <= seed["responses"].keys()


def fits(document: dict[str, Any], name: str, value: object) -> bool:
    """Whether the document calls it a valid struct of that name."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return bool(Draft202012Validator(whole).is_valid(value))


ENTRY = {"questions": ["may dogs come in"]}


@pytest.mark.parametrize(
    ("name", "valid", "wrong"),
    [
        (
            "AskIn",
            [{"text": "a"}, {"texts": ["a"]}, {"text": "a", "texts": None}],
            [{}, {"text": None}, {"text": "a", "texts": ["b"]}, {"tenant": "default"}],
        ),
        (
            "FlagIn",
            [{"turn": "a-1", "verdict": "right"}, {"turn": "a-1", "entry": "wifi"}],
            [{"turn": "a-1"}, {"turn": "a-1", "verdict": None}, {"turn": "a-1", "entry": ""}],
        ),
        (
            "EntryIn",
            [{**ENTRY, "answer": "Yes."}, {**ENTRY, "action": "transfer"}],
            [ENTRY, {**ENTRY, "answer": " "}, {**ENTRY, "action": "answer"}],
        ),
        (
            "PromoteIn",
            [{"entry": "wifi", "turns": ["a-1"]}, {"entry": {"answer": "Yes."}, "cluster": "c"}],
            [{"entry": "wifi"}, {"entry": "wifi", "turns": []}, {"entry": {}, "cluster": "c"}],
        ),
        ("RollbackIn", [{"number": 1}, {"number": 1.0}], [{}, {"number": 0}, {"number": 1.5}]),
    ],
)
def test_what_holds_between_fields_is_said(
    document: dict[str, Any], name: str, valid: list[Any], wrong: list[Any]
) -> None:
    assert all(fits(document, name, one) for one in valid)
    assert not any(fits(document, name, one) for one in wrong)


def test_no_pattern_is_for_python_alone(document: dict[str, Any]) -> None:
    assert "(?" not in json.dumps(document)


def test_streams_are_told_event_by_event(document: dict[str, Any]) -> None:
    stream = document["paths"]["/seed"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    event = stream["itemSchema"]
    held = {
        one["properties"]["event"]["const"]: one["properties"]["data"]["contentSchema"]["$ref"]
        for one in event["oneOf"]
    }
    names = {"progress": "Step", "done": "Report", "error": "Failure"}
    assert held == {key: f"#/components/schemas/{name}" for key, name in names.items()}
    check = Draft202012Validator(event)
    assert check.is_valid({"event": "progress", "data": "{}"})
    assert not check.is_valid({"event": "mood", "data": "{}"})
    assert not check.is_valid({"event": "done"})


def test_links_lead_to_operations(document: dict[str, Any]) -> None:
    there = {operation["operationId"] for _, _, operation in operations(document)}
    found = {
        link["operationId"]
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }
    assert found and found <= there


GOOD = {
    "path": "cache",
    "entry": {"id": "a", "intent": "a", "answer": "b"},
    "action": "",
    "question": "q",
    "confidence": 0.5,
    "reason": "r",
    "score": 0.5,
    "reading": None,
    "threshold": 0.5,
    "reading_weight": 0.1,
    "near_share": 0.05,
    "look_alikes": 0.0,
    "candidates": [],
    "vetoes": [],
    "clarify": ["a", "b"],
    "catalogue": 2,
    "match_ms": 1,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "sideways"},
        {"entry": {"id": "a"}},
        {"entry": "a"},
        {"confidence": "high"},
        {"confidence": True},
        {"catalogue": 1.5},
        {"clarify": []},
        {"clarify": ["a", 1]},
        {"clarify": ["a", "b", "c"]},
        {"vetoes": [{"guard": "x"}]},
        {"surprise": 1},
    ],
)
def test_the_check_itself_can_fail(document: dict[str, Any], wrong: dict[str, Any]) -> None:
    truth, schema = Truth(document), {"$ref": f"#/components/schemas/{AskOut.__name__}"}
    truth.fits(GOOD, schema)
    truth.fits({**GOOD, "clarify": ["a"]}, schema)
    truth.fits({**GOOD, "clarify": None, "entry": None}, schema)
    with pytest.raises(AssertionError):
        truth.fits({**GOOD, **wrong}, schema)
    with pytest.raises(AssertionError, match="missing"):
        truth.fits({}, {"$ref": f"#/components/schemas/{Failure.__name__}"})
