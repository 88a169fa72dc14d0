"""Seeding: a CSV in, a published catalogue with rendered clips out."""
