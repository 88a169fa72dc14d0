"""Answers with live values: the tool asked, its value spoken, and both fitted into the answer."""
