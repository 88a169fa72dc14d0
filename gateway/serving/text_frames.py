"""Text frames that are not UTF-8: a call's three strikes, not a traceback and the end.

RFC 6455 (8.1) has the connection failed at once. A client that sends one such frame has lost no
more than one that sends broken JSON, and is told so in the same way: see docs/protocol.md.
"""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class TextFrames(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, but a text message that is not UTF-8 comes to the application as an
    empty text, which is malformed in every protocol of ours."""

    def send_receive_event_to_app(self) -> None:
        """Hand a whole message on."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()  # a whole message: a cut may be inside a character
            except UnicodeDecodeError:
                self.frames = [b""]
        super().send_receive_event_to_app()
