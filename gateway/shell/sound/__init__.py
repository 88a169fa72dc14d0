"""Sound in and out: the caller's audio, clips, playout, the client's outbox."""
