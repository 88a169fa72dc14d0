"""The call's hands: asyncio around the pure core."""
