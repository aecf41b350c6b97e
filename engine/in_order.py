"""Running a model's graph without a scheduler."""

from __future__ import annotations

from typing import Any


class InOrder:
    """Runs a model's graph node by node. Rasa hands it to a scheduler for parallel work, which costs more than most
    nodes do and runs them one after the other all the same."""

    def __init__(self, runner: Any) -> None:
        self._nodes, self._schema = runner._instantiated_nodes, runner._graph_schema
        self._orders: dict[tuple[str, ...], list[str]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """What the ``targets`` give, by name."""
        wanted = tuple(targets or self._schema.target_names)
        given = {name: (name, value) for name, value in (inputs or {}).items()}
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted, set(given))
        for name in self._orders[wanted]:
            needs = self._schema.nodes[name].needs.values()
            given[name] = self._nodes[name](*(given.get(need, need) for need in needs))
        return {name: given[name][1] for name in wanted}

    def _order(self, wanted: tuple[str, ...], given: set[str]) -> list[str]:
        """The nodes that are needed, each after those that it needs."""
        order: list[str] = []

        def add(name: str) -> None:
            if name in self._schema.nodes and name not in given and name not in order:
                for need in self._schema.nodes[name].needs.values():
                    add(need)
                order.append(name)

        for name in wanted:
            add(name)
        return order
