"""Sapa: a chatbot-first care center assistant."""

__version__ = "0.1.0"
