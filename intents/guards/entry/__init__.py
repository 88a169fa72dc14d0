"""The material of guards: their record, and what is known of the entry that would answer."""
