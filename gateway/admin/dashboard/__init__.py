"""The dashboard's page, and what it asks beyond the reports: events, course, status, sound."""
