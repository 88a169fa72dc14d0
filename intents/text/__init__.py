"""Spoken words to one canonical text: numbers, dates, money, what is said around a question."""
