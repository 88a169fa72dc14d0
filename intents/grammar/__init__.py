"""One text to the facts in it: clauses, roles, question type, negation, amounts."""
