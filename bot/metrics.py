"""Counters of this process, for ``/metrics``. Labels never hold anything of a person's."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

EVENTS_IN = Counter("sapa_events_in", "Things that channels received", ["channel", "kind"])
TURNS = Counter("sapa_turns", "Messages dealt with, by whom", ["handled_by"])
TURN_SECONDS = Histogram(
    "sapa_turn_seconds",
    "From taking up a message to the commit of its turn",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
ENGINE_FAILURES = Counter("sapa_engine_failures", "Calls of the dialogue engine that failed", ["reason"])
SENT = Counter("sapa_sent", "Messages handed to channels, by outcome", ["channel", "outcome"])
FILES = Counter("sapa_files", "Attachments, by outcome", ["outcome"])
