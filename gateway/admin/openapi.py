"""The OpenAPI document, made from the table of operations and the structs they use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from gateway.admin.inputs import EXACTLY, Input
from gateway.admin.operations import Operation
from gateway.admin.outputs import Failure, Openapi, Report, Step

TEMPLATE = "#/components/schemas/{name}"
ANY_MAY_REFUSE = (400, 401, 403, 421, 500, 503)
"""Statuses of every operation: a wrong parameter, no token, one that may not, a host name that is
not ours, our mistake, the store's failure."""

ABOUT = (
    "Look into a running Frontline and change what it answers. Every request needs an admin "
    "token, or the cookie and the proof of a session. Times are unix seconds unless a name ends "
    "in _ms."
)
EVENTS = (
    "Server-sent events, the data of each one JSON document: `progress` as often as there is news, "
    "then one `done` (what is answered otherwise) or `error`. Comments between them keep the "
    "connection open."
)


def document(operations: Sequence[Operation], version: str) -> Openapi:
    """The whole document, OpenAPI 3.2: the first version that can say what events hold."""
    types = list(_types(operations))
    schemas, components = msgspec.json.schema_components(types, ref_template=TEMPLATE)
    for sent in _inputs(Input):
        if sent.__name__ in components:
            components[sent.__name__] |= sent.rules
    components = _portable(components)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, Any] = {}
    for one in operations:
        path = one.path.replace(":path}", "}")
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, schema_of, components)
    return Openapi(
        openapi="3.2.0",
        info={"title": "Frontline admin", "version": version, "description": ABOUT},
        servers=[{"url": "/admin/v1"}],
        security=[{"token": []}],
        paths=paths,
        components={
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    )


def _inputs(kind: type[Input]) -> Iterable[type[Input]]:
    """The structs that say what clients send."""
    for one in kind.__subclasses__():
        yield one
        yield from _inputs(one)


def _portable(part: Any) -> Any:
    """The same with patterns that everybody's ``$`` understands."""
    if isinstance(part, dict):
        return {
            key: inner.replace(EXACTLY, "")
            if key == "pattern" and isinstance(inner, str)
            else _portable(inner)
            for key, inner in part.items()
        }
    return [_portable(inner) for inner in part] if isinstance(part, list | tuple) else part


def _types(operations: Iterable[Operation]) -> Iterable[Any]:
    """Every type in use, once."""
    used: dict[str, Any] = {repr(one): one for one in (Failure, Step, Report)}
    for operation in operations:
        for one in (operation.answer, operation.query, operation.body, operation.named):
            if one is not None:
                used.setdefault(repr(one), one)
    return used.values()


def _operation(
    one: Operation, schema_of: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    least = "anybody" if one.least is None else one.least.name.lower()
    described: dict[str, Any] = {
        "operationId": one.handler.__name__,
        "summary": one.summary,
        "description": f"Least role: {least}.",
        "parameters": [*_in_path(one, schema_of), *_in_query(one, components)],
        "responses": _responses(one, schema_of),
    }
    if one.least is None:
        described["security"] = []
    if one.table:
        content: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}}
        described["requestBody"] = {"required": True, "content": content}
    elif one.body is not None:
        content = {"application/json": {"schema": schema_of[repr(one.body)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _in_path(one: Operation, schema_of: dict[str, Any]) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)", one.path)
    schema = _portable(schema_of[repr(one.named)])
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _in_query(one: Operation, components: dict[str, Any]) -> list[dict[str, Any]]:
    parameters = []
    for name, schema in components[one.query.__name__]["properties"].items():
        inner = {key: value for key, value in schema.items() if key != "description"}
        parameter = {"name": name, "in": "query", "required": False, "schema": inner}
        if "description" in schema:
            parameter["description"] = schema["description"]
        parameters.append(parameter)
    return parameters


def _responses(one: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema_of[repr(one.answer)]}}
    if one.media:
        content = {media: {"schema": {"type": "string"}} for media in one.media}
    if one.streams:
        content["text/event-stream"] = {
            "itemSchema": _event(schema_of[repr(one.answer)], schema_of)
        }
    responses: dict[str, Any] = {
        str(one.status): {"description": HTTPStatus(one.status).phrase, "content": content}
    }
    if one.links:
        responses[str(one.status)]["links"] = one.links
    failure = {"application/json": {"schema": schema_of[repr(Failure)]}}
    refuses = {*ANY_MAY_REFUSE, *one.refuses}
    if one.body is not None or one.table:
        refuses |= {408, 413, 422}
    for status in sorted(refuses):
        phrase = HTTPStatus(status).phrase
        responses[str(status)] = {"description": phrase, "content": failure}
    return responses


def _event(answer: dict[str, Any], schema_of: dict[str, Any]) -> dict[str, Any]:
    """One event of a job."""
    data = {"progress": schema_of[repr(Step)], "done": answer, "error": schema_of[repr(Failure)]}
    kinds = [
        {
            "properties": {
                "event": {"const": name},
                "data": {"contentMediaType": "application/json", "contentSchema": schema},
            }
        }
        for name, schema in data.items()
    ]
    return {
        "description": EVENTS,
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
        "oneOf": kinds,
    }
