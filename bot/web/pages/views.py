"""Keeping what one looks at in the inbox."""

from __future__ import annotations

from starlette.responses import Response

from bot.errors import NotAllowed
from bot.tickets import views
from bot.web import filters, queues
from bot.web.filters import Filter
from bot.web.gate import not_found
from bot.web.visit import Visit


def keep(visit: Visit) -> Response:
    """Keep the queue and the filter of the form under a name."""
    queue = visit.form.get("queue", "")
    if queue not in queues.QUEUES and queue not in queues.WATCHED:
        return not_found(visit)
    query = filters.address(queue, Filter.of(visit.form))
    try:
        with visit.parts.db.write() as session:
            views.keep(session, visit.who.username, visit.form.get("name", ""), query)
    except NotAllowed:
        title, told = visit.say("view_refused"), visit.say("view_refused_text", n=views.MOST)
        return visit.show("fault.html", 422, title=title, text=told)
    return visit.go(f"/console?{query}")


def forget(visit: Visit) -> Response:
    """Forget one of one's own."""
    with visit.parts.db.write() as session:
        found = views.forget(session, visit.who.username, visit.path["view"])
    return visit.go("/console") if found else not_found(visit)
