"""Figures as pure functions of what happened, and the files they are given away in."""
