"""``GET /dashboard``: the page. It holds nothing of anybody: all that it shows it asks the API for,
with the token of whoever looks."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

PAGE = Path(__file__).parents[2] / "web" / "dashboard" / "index.html"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Stricter than that of the page for calls: nothing but our own files, and sound that was fetched
with the token."""


async def page(request: Request) -> Response:
    """The page."""
    return FileResponse(PAGE, headers={"Content-Security-Policy": POLICY})
