"""A WebSocket in memory, for calls in virtual time: what the client sends, and what comes back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket

from gateway.serving.straight import EXTENSION, WAY, Taker


class Socketless:
    """The client's side; ``socket`` is the server's, and offers the straight way as ours do."""

    def __init__(
        self, path: str = "/", headers: dict[str, str] | None = None, *, straight: bool = True
    ) -> None:
        self.sent: list[tuple[float, str | bytes]] = []
        """What the server has written, and when."""
        self.news = asyncio.Event()
        """Set when the server has written something."""
        self.accepted = False
        self.status = 0
        """Of a handshake that was denied."""
        self.close_code: int | None = None
        self.close_reason = ""
        self.taker: Taker | None = None
        """See ``StraightWay``."""
        self.taken = 0
        """Messages that went that way."""
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})
        given = {"host": "gateway.example", **(headers or {})}
        scope: dict[str, Any] = {
            "type": "websocket",
            "scheme": "ws",
            "path": path,
            "query_string": b"",
            "headers": [(name.lower().encode(), text.encode()) for name, text in given.items()],
            "subprotocols": [],
            "server": ("gateway.example", 80),
            "client": ("127.0.0.1", 1),
            "extensions": {"websocket.http.response": {}},
        }
        if straight:
            scope["extensions"][EXTENSION] = {WAY: self}
        self.socket = WebSocket(scope, self._inbox.get, self._take)

    async def _take(self, message: Any) -> None:
        match message["type"]:
            case "websocket.accept":
                self.accepted = True
            case "websocket.http.response.start":
                self.status = message["status"]
            case "websocket.close":
                self.close_code, self.close_reason = message["code"], message["reason"]
            case "websocket.send":
                text = message.get("text")
                data = message["bytes"] if text is None else text
                self._heard(data)

    def _heard(self, data: str | bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), data))
        self.news.set()

    def send_now(self, message: str | bytes) -> bool:
        """See ``StraightWay``."""
        if not self.accepted or self.close_code is not None:
            return False
        self._heard(message)
        return True

    def say(self, frame: str | bytes) -> None:
        """Send just that."""
        if self.taker is not None and self._inbox.empty() and self.taker(frame):
            self.taken += 1
            return
        kind = "bytes" if isinstance(frame, bytes) else "text"
        self._inbox.put_nowait({"type": "websocket.receive", kind: frame})

    def tell(self, **message: Any) -> None:
        """Send a message."""
        self.say(json.dumps(message))

    def leave(self, code: int = 1000) -> None:
        """The client is gone."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": code})

    def told(self) -> list[dict[str, Any]]:
        """The text messages so far."""
        return [json.loads(one) for _, one in self.sent if isinstance(one, str)]
