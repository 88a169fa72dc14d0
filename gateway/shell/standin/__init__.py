"""A call in front of a bot that hears the caller itself: asyncio around the core's standing in."""
