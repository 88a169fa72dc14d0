"""What recognisers get wrong: words that sound alike, openings misheard, noise, key terms."""
