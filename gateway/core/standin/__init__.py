"""Standing in front of an agent that hears the caller itself: whose turn it is, theirs or ours."""
