"""The call as pure logic: events in, actions out, ``now`` passed in.

Standard library only. No clock, no asyncio, no logging, no I/O: everything in this package can
be replayed from a list of (now, event) pairs.
"""
