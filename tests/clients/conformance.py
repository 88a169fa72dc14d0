"""Autobahn's cases of the WebSocket protocol, by kosoku, against a server.

Run by the interpreter of ``.venv-clients``. On standard input comes {"address", "cases"}; on
standard output goes an object, each case's verdict by its number.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from kosoku import FailureError, run_fuzzingclient


async def verdicts(told: dict[str, Any]) -> dict[str, str]:
    """Of all cases."""
    try:
        results = await run_fuzzingclient(told["address"], told["cases"], None, concurrency=8)
    except FailureError as failed:
        results = failed.results
    return {one.case_id: one.behavior.value for one in results}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(verdicts(json.load(sys.stdin)))), flush=True)
    os._exit(0)  # its threads are not stopped: now and then the interpreter's end fails on them
