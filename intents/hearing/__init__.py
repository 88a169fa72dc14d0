"""Mistakes of recognisers: words that sound alike, openings misheard, noise, key terms."""
