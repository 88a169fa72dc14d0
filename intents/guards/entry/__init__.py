"""What guards are made of: the record, and what is known of the entry that would answer."""
