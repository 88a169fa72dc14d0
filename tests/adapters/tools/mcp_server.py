"""A server of the Model Context Protocol, made with the official SDK; a program over stdio."""

from __future__ import annotations

import asyncio
import os
import sys

from mcp.server import MCPServer
from mcp_types import ToolAnnotations


def made() -> MCPServer:
    server = MCPServer("shop")

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def order(order_id: str, customer: str = "") -> str:
        """Where an order is."""
        return f"Order {order_id} of {customer or 'nobody'} is on its way."

    @server.tool()
    def environment() -> dict[str, str]:
        """What it sees of the environment."""
        return {name: os.environ.get(name, "") for name in ("SHOP_TOKEN", "HOUSE_SECRET")}

    @server.tool()
    def broken(order_id: str) -> str:
        """Never works."""
        raise ValueError(f"order {order_id} of Mary Brown cannot be read")

    @server.tool()
    async def endless() -> str:
        """Never answers."""
        await asyncio.Event().wait()
        return ""

    @server.tool()
    def quits() -> str:
        """Ends the server."""
        os._exit(1)

    @server.tool()
    def grow() -> str:
        """Adds a tool."""
        server.add_tool(order, name="order_again")
        return "There is one more."

    return server


if __name__ == "__main__":
    print("a line that nobody needs", file=sys.stderr)
    made().run()
