"""Stand-in actions for stock Rasa: they return what ours returned for the same message, so that the work inside the
actions is not what is compared. The recording is the file in ``SAPA_BENCH_RECORDING``: {script: {text: [call]}}.

Runs in stock Rasa's own environment (Python 3.10). A sender is called ``<script>~<anything>``.
"""

from __future__ import annotations

import json
import os
from typing import Any

from rasa_sdk import Action

with open(os.environ["SAPA_BENCH_RECORDING"], encoding="utf-8") as file:
    RECORDING = json.load(file)


def _stand_in(action: str) -> type[Action]:
    class StandIn(Action):  # type: ignore[misc]
        """What is registered under the action's name."""

        def name(self) -> str:
            return action

        def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
            script = tracker.sender_id.partition("~")[0]
            for call in RECORDING["scripts"][script].get(tracker.latest_message["text"], ()):
                if call["action"] == action:
                    dispatcher.messages.extend(json.loads(json.dumps(call["responses"])))
                    return call["events"]
            raise RuntimeError("this message was answered by another action when it was recorded")

    return StandIn


for _action in RECORDING["actions"]:
    globals()[_action] = _stand_in(_action)
