"""A client that believes nothing: every answer must be as the OpenAPI document says.

Knows the part of JSON Schema that our structs use; a keyword it does not know is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

Check = Callable[[Any, Any, "Truth"], bool]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


class Truth:
    """The document, to hold answers against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, str, str]] = set()
        """(method, path of the document, status) of all that was checked."""

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """The documented path and operation that a request meets; literal paths first."""
        for documented, methods in sorted(self.document["paths"].items()):
            pattern = re.sub(r"{\w+}", ".+", documented)
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return documented, methods[method.lower()]
        return None

    def check(self, method: str, path: str, response: Any) -> None:
        """Assert that the answer is one of those documented."""
        found = self.operation(method, path)
        if found is None:
            assert response.status_code in (401, 404, 405), f"{method} {path} is not documented"
            self.fits(response.json(), {"$ref": "#/components/schemas/Failure"})
            return
        documented, operation = found
        status = str(response.status_code)
        assert status in operation["responses"], f"{method} {path}: {status} is not documented"
        content = operation["responses"][status]["content"]
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in content, f"{method} {path}: {kind} is not documented"
        self.seen.add((method, documented, status))
        if kind == "application/json":
            self.fits(response.json(), content[kind]["schema"])

    def fits(self, value: Any, schema: dict[str, Any], where: str = "$") -> None:
        """Assert that the value is as the schema says."""
        for keyword, argument in schema.items():
            if keyword in ("title", "description", "default", "required"):
                continue
            getattr(self, "_" + keyword.lstrip("$"))(value, argument, schema, where)
        for name in schema.get("required", ()):
            assert name in value, f"{where}: {name} is missing"

    def _ref(self, value: Any, name: str, schema: dict[str, Any], where: str) -> None:
        self.fits(value, self.document["components"]["schemas"][name.rpartition("/")[2]], where)

    def _type(self, value: Any, name: str, schema: dict[str, Any], where: str) -> None:
        assert isinstance(value, TYPES[name]), f"{where}: {value!r} is no {name}"
        assert name == "boolean" or not isinstance(value, bool), f"{where}: a boolean"

    def _enum(self, value: Any, among: list[Any], schema: dict[str, Any], where: str) -> None:
        assert value in among, f"{where}: {value!r} is none of {among}"

    def _properties(self, value: Any, known: dict[str, Any], _: object, where: str) -> None:
        for name in value.keys() & known:
            self.fits(value[name], known[name], f"{where}.{name}")
        # The document leaves objects open, as is the custom; what we send is closed.
        assert not value.keys() - known, f"{where}: {value.keys() - known} not documented"

    def _additionalProperties(  # noqa: N802 - the keyword's own name
        self, value: Any, inner: Any, schema: dict[str, Any], where: str
    ) -> None:
        if isinstance(inner, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                self.fits(value[name], inner, f"{where}.{name}")

    def _items(self, value: Any, inner: Any, schema: dict[str, Any], where: str) -> None:
        rest = value[len(schema.get("prefixItems", ())) :]
        if inner is False:
            assert not rest, f"{where}: too many items"
            return
        for number, item in enumerate(rest):
            self.fits(item, inner, f"{where}[{number}]")

    def _prefixItems(  # noqa: N802 - the keyword's own name
        self, value: Any, inner: list[Any], schema: dict[str, Any], where: str
    ) -> None:
        for number, (item, one) in enumerate(zip(value, inner, strict=False)):
            self.fits(item, one, f"{where}[{number}]")

    def _minItems(  # noqa: N802 - the keyword's own name
        self, value: Any, least: int, schema: dict[str, Any], where: str
    ) -> None:
        assert len(value) >= least, f"{where}: {len(value)} items"

    def _maxItems(  # noqa: N802 - the keyword's own name
        self, value: Any, most: int, schema: dict[str, Any], where: str
    ) -> None:
        assert len(value) <= most, f"{where}: {len(value)} items"

    def _anyOf(  # noqa: N802 - the keyword's own name
        self, value: Any, choices: list[Any], schema: dict[str, Any], where: str
    ) -> None:
        wrong = []
        for choice in choices:
            try:
                self.fits(value, choice, where)
            except AssertionError as error:
                wrong.append(str(error))
            else:
                return
        raise AssertionError("; ".join(wrong))


class Client:
    """Asks ``/admin/v1`` with the token, and holds every answer against the document."""

    def __init__(self, http: TestClient, token: str) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"}
        document = http.get("/admin/v1/openapi.json", headers=self.headers).json()
        self.truth = Truth(document)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The answer, whatever its status."""
        headers = self.headers | options.pop("headers", {})
        response = self.http.request(method, f"/admin/v1{path}", headers=headers, **options)
        self.truth.check(method, path.partition("?")[0], response)
        return response

    def get(self, path: str, /, **params: Any) -> Any:
        """The body of a GET that must go well."""
        response = self.ask("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def send(self, method: str, path: str, body: object, /, **params: Any) -> Any:
        """The body of the answer to a JSON body; it must go well."""
        response = self.ask(method, path, json=body, params=params)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def refused(self, status: int, method: str, path: str, **options: Any) -> dict[str, str]:
        """The error of a request that must be refused with that status."""
        response = self.ask(method, path, **options)
        assert response.status_code == status, response.text
        error: dict[str, str] = response.json()["error"]
        return error
