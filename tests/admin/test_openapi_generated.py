"""Requests made of the document alone: what it calls valid is done, what it calls wrong is refused.

Schemathesis draws them; the server is the real one on a seeded store. Of the jobs only training and
sound are left out: they check as a dry run does, in this process.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.specs.openapi import checks
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cache_seed import publish
from gateway.adapters.store import SqliteStore
from gateway.admin import api, openapi
from gateway.admin.jobs import jobs, seed_worker
from gateway.admin.jobs.jobs import Job, Jobs, Outcome
from gateway.admin.operations import Operation
from gateway.admin.wire import Refused
from gateway.settings.match import MatchSettings
from gateway.settings.store import ModelSettings, RecordsSettings, StoreSettings
from gateway.settings.whole import Settings
from gateway.wiring import app as application
from gateway.wiring.app import create_app
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from tests.admin.conftest import HERE, TOKEN, recent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.usefixtures("log_levels")]

FEW = 2
"""Entries of a request to publish; lists of two hundred take minutes to be drawn."""
ENDING = tuple(one for one in api.OPERATIONS if not one.endless)
"""What can be waited for; events have a test of their own."""


def document() -> Any:
    """What the server says of itself, but for the length of the longest lists."""
    whole = msgspec.to_builtins(openapi.document(ENDING, "1.2.3"))
    publishing = whole["components"]["schemas"]["PublishIn"]["properties"]
    publishing["put"]["maxItems"] = publishing["delete"]["maxItems"] = FEW
    publishing["states"]["maxProperties"] = FEW
    return whole


DOCUMENT = document()


def schema(mode: str) -> Any:
    """The document as Schemathesis knows it."""
    drawing = {"with-security-parameters": False, "database": "none", "mode": mode}
    config = schemathesis.Config.from_dict({"generation": drawing})
    return schemathesis.openapi.from_dict(DOCUMENT, config=config)


SCHEMA = schema("all")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
EXAMPLES = 15
"""Requests of each kind to an operation."""
LIMITS: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}
OPERATIONS = [pytest.param(one, id=one.handler.__name__) for one in ENDING]
TURNS = [recent("a", 1, entry="wifi"), recent("a", 2, path="handoff", text="dogs allowed")]
KNOWN: dict[str, list[Any]] = {
    "tenant": ["", "default", "other"],
    "turn": ["a-1", "a-2", "gone-1"],
    "turns": [["a-1"], ["a-2", "a-1"]],
    "entry": ["wifi", "parking", "gone"],
    "id": ["wifi", "a-1", "new-one"],
    "number": [1, 2, 99],
    "delete": [["wifi"], ["gone"]],
    "states": [{}, {"wifi": ""}],
}
"""What is there, or might be: names drawn at random only ever meet nothing."""


@pytest.fixture(scope="module")
def http(
    seeded: Path, tmp_path_factory: pytest.TempPathFactory, model_folder: Path, encoder: Encoder
) -> Iterator[TestClient]:
    """The whole server; its jobs check everything and publish nothing."""
    folder = tmp_path_factory.mktemp("generated") / "store"
    shutil.copytree(seeded, folder)
    store = SqliteStore(folder)
    store.write(TURNS)
    store.close()
    configured = Settings(
        store=StoreSettings(url=f"sqlite:///{folder}"),
        model=ModelSettings(folder=str(model_folder)),
        match=MatchSettings(train="never"),
        records=RecordsSettings(caller_key="0123456789abcdef"),
    )
    understood = SimpleNamespace(summary={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publish._Job, "_understand", lambda self, entries: understood)
        patch.setattr(application, "Encoder", lambda folder, threads: encoder)
        patch.setattr(seed_worker, "Encoder", lambda folder, threads: encoder)
        patch.setattr(seed_worker, "republish", dry(publish.republish))
        patch.setattr(seed_worker, "seed", dry(publish.seed))
        patch.setattr(Jobs, "_work", in_this_process)
        with TestClient(create_app(configured, admin_token=TOKEN), HERE) as running:
            yield running


def dry(job: Any) -> Any:
    return lambda *parts, **given: job(*parts, **{**given, "dry_run": True})


async def in_this_process(
    self: Jobs, job: Job, order: Mapping[str, Any], table: IO[bytes] | None
) -> Outcome:
    """What the worker's ``main`` does; it finds the table by its descriptor, which is here too."""
    whole = {**order, "tenant": job.tenant}
    whole["settings"] = {key: getattr(self._settings, key) for key in jobs.NEEDED}
    given = msgspec.json.decode(msgspec.json.encode(whole), type=seed_worker.Order)
    said = await asyncio.to_thread(seed_worker.answered, given, lambda *_: None)
    if said.error is not None:
        return None, Refused.worded(said.status, said.error, said.report)
    return said.report or said.clusters, None


def send(http: TestClient, case: Any) -> Response:
    """The answer to a request as drawn, with the token."""
    told = case.as_transport_kwargs()
    body = {"json": told["json"]} if "json" in told else {"content": told.get("data")}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for name in ("Content-Type", "Accept"):
        if name in told["headers"] and told["headers"][name] != "*/*":
            headers[name] = told["headers"][name]
    answer = http.request(
        told["method"], told["url"], params=told.get("params"), headers=headers, **body
    )
    return Response.from_any(answer)


def drawn(operation: Operation, mode: GenerationMode) -> st.SearchStrategy[Any]:
    path = operation.path.replace(":path}", "}")
    found: st.SearchStrategy[Any] = SCHEMA[path][operation.method].as_strategy(generation_mode=mode)
    return found


def with_known(case: Any, data: st.DataObject) -> Any:
    """The case with names of what is there in place of half of its own."""
    for part in (case.body, case.query, case.path_parameters):
        if isinstance(part, dict):
            for name in part.keys() & KNOWN.keys():
                if type(part[name]) is type(KNOWN[name][0]) and data.draw(st.booleans()):
                    known = [one for one in KNOWN[name] if one or case.path != "/purge"]
                    part[name] = data.draw(st.sampled_from(known))
            in_order(part)
            if isinstance(part.get("entry"), dict):
                in_order(part["entry"])
            if isinstance(part.get("put"), list):
                each_once(part)
    return case


def each_once(changes: dict[str, Any]) -> None:
    """Each of the entries is in order, and nothing is changed twice: in words only, too."""
    put = {entry["id"]: entry for entry in changes["put"]}
    changes["put"] = list(put.values())
    for entry in changes["put"]:
        in_order(entry)
    if "delete" in changes:
        changes["delete"] = [one for one in dict.fromkeys(changes["delete"]) if one not in put]


def in_order(entry: dict[str, Any]) -> None:
    """Its last day is not before its first, no question of its own is a counter-example, and there
    are no live values, since no tool is declared: the document says so in words only."""
    if isinstance(entry.get("answer"), str):
        entry["answer"] = entry["answer"].replace("{", "(").replace("}", ")")
    entry.pop("fallback", None)
    if entry.get("counter_examples") and isinstance(entry.get("questions"), list):
        own = {canonical(one) for one in entry["questions"] if isinstance(one, str)}
        entry["counter_examples"] = [
            one
            for one in entry["counter_examples"]
            if not (isinstance(one, str) and canonical(one) in own)
        ]
    if entry.get("valid_from") and entry.get("valid_until"):
        entry["valid_from"], entry["valid_until"] = sorted(
            (entry["valid_from"], entry["valid_until"])
        )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_document_calls_valid_is_done(http: TestClient, operation: Operation) -> None:
    @settings(max_examples=EXAMPLES, **LIMITS)
    @given(drawn(operation, GenerationMode.POSITIVE), st.data())
    def check(case: Any, data: st.DataObject) -> None:
        response = send(http, with_known(case, data))
        case.validate_response(response, checks=CHECKS)
        # What is not there, what is there already; and rows of a table, which no schema can say.
        may = {404, 409, 412} & {*operation.refuses} | ({422} if operation.table else set())
        may |= {401} if operation.least is None else set()  # no token that was drawn opens anything
        assert response.status_code < 300 or response.status_code in may, response.text

    check()


def can_be_wrong(operation: Operation) -> bool:
    """Whether anything that can be sent is; any text is a table, good or bad."""
    asked = operation.body is not None or operation.query.__struct_fields__
    return bool(asked) and not operation.table


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if can_be_wrong(cast(Operation, one.values[0]))]
)
def test_what_it_calls_wrong_is_refused(http: TestClient, operation: Operation) -> None:
    @settings(max_examples=EXAMPLES, **LIMITS)
    @given(drawn(operation, GenerationMode.NEGATIVE))
    def check(case: Any) -> None:
        response = send(http, case)
        case.validate_response(response, checks=CHECKS)
        assert response.status_code < 500

    check()


def test_requests_that_follow_from_answers(http: TestClient) -> None:
    store = cast(Starlette, http.app).state.frontline.store
    store.write(TURNS)
    statuses: list[tuple[str, str, int]] = []

    class Workflow(schema("positive").as_state_machine()):  # type: ignore[misc]
        def call(self, case: Any, **_: Any) -> Response:
            if case.path == "/purge":  # of everything: nothing would follow
                case.body["before"] = 0
            response = send(http, case)
            statuses.append((case.method, case.path, response.status_code))
            return response

        def validate_response(self, response: Response, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    run: Any = APIStateMachine.run.__func__  # type: ignore[attr-defined]
    for examples in (70, 140):  # what is drawn first may lead elsewhere, by what others have left
        run(Workflow, settings=settings(max_examples=examples, stateful_step_count=8, **LIMITS))
        if ("GET", "/turns/{id}", 200) in statuses:
            break
    assert ("GET", "/turns/{id}", 200) in statuses, "no turn was followed from a list to itself"
    assert "/flags" in {path for _, path, _ in statuses}
