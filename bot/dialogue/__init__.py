"""Rasa: the client, the child process, and what happens without it."""
