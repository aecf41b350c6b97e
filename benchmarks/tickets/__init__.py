"""Tickets on a database of a large care center's year: how long staff wait, and whether the clocks are kept."""
