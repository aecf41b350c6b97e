"""Procedures of the institution: hours, promises and, later, ladders."""
