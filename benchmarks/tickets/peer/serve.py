"""django-helpdesk as it installs, on SQLite, told what to do by lines of JSON. Runs in an environment of its own
(``requirements.txt`` beside it) and knows nothing of Sapa.

``serve.py DATABASE``: makes the tables, then reads lines until there are no more: ``{"user": [id, username]}``,
``{"ticket": […]}`` and ``{"followup": […]}`` (columns: ``TICKET``, ``FOLLOWUP``) are kept, ``{"loaded": true}`` ends
that, ``{"inbox": rows}`` and ``{"ticket_page": id}`` are answered by a line with the seconds, the status and how many
tickets or messages were shown."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import django
from django.conf import settings
from django.urls import include, path

TICKET = ("id", "title", "description", "created", "due_date", "closed", "assigned_to_id", "submitter_email")
FOLLOWUP = ("ticket_id", "date", "comment", "user_id")
AT_ONCE = 5_000
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
CONTEXT = ("template.context_processors.request", "contrib.auth.context_processors.auth",
           "contrib.messages.context_processors.messages")  # fmt: skip

urlpatterns: list[Any] = []


def set_up(database: str) -> None:
    """As its manual has it, without what is optional (teams)."""
    django_apps = ("auth", "contenttypes", "sessions", "sites", "messages", "staticfiles", "humanize", "admin")
    settings.configure(
        SECRET_KEY="of a benchmark on invented tickets, gone with it",
        ALLOWED_HOSTS=["testserver"], ROOT_URLCONF=__name__, USE_TZ=True, TIME_ZONE="Asia/Jakarta", SITE_ID=1,
        STATIC_URL="/static/", DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in django_apps), "rest_framework", "helpdesk"],
        MIDDLEWARE=list(MIDDLEWARE),
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [f"django.{name}" for name in CONTEXT]},
        }],
        HELPDESK_TEAMS_MODE_ENABLED=False, HELPDESK_TEAMS_MODEL="auth.User",
        HELPDESK_TEAMS_MIGRATION_DEPENDENCIES=[], HELPDESK_KBITEM_TEAM_GETTER=lambda _: None,
    )  # fmt: skip
    django.setup()
    urlpatterns.append(path("helpdesk/", include("helpdesk.urls", namespace="helpdesk")))


def load(lines: Iterator[dict[str, Any]]) -> None:
    """Keep what ``lines`` hold until all is loaded; ``ANALYZE`` so that SQLite plans by it."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction
    from helpdesk.models import FollowUp, Queue, Ticket

    queue = Queue.objects.create(title="Care Center", slug="cc")
    waiting: dict[Any, list[Any]] = {Ticket: [], FollowUp: []}

    def write(model: Any) -> None:
        model.objects.bulk_create(waiting[model])
        waiting[model].clear()

    def keep(model: Any, row: Any) -> None:
        waiting[model].append(row)
        if len(waiting[model]) >= AT_ONCE:
            write(Ticket)
            write(FollowUp)

    with transaction.atomic():
        for line in lines:
            if "user" in line:
                number, username = line["user"]
                User.objects.create(id=number, username=username, email=f"{username}@kampus.example", is_staff=True,
                                    is_superuser=True)  # fmt: skip
            elif "ticket" in line:
                values = dict(zip(TICKET, line["ticket"], strict=True))
                status = Ticket.CLOSED_STATUS if values.pop("closed") else Ticket.OPEN_STATUS
                keep(Ticket, Ticket(queue=queue, status=status, modified=values["created"], **values))
            elif "followup" in line:
                keep(
                    FollowUp,
                    FollowUp(public=True, title="Comment", **dict(zip(FOLLOWUP, line["followup"], strict=True))),
                )
            else:
                break
        write(Ticket)
        write(FollowUp)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def inbox(client: Any, rows: int) -> tuple[int, int]:
    """What a browser asks for: the page, and the rows that its table then loads."""
    page = client.get("/helpdesk/tickets/")
    found = re.search(r'"url": "([^"]*datatables_ticket_list[^"]*)"', page.content.decode())
    if found is None:
        return page.status_code, 0
    listed = client.get(unescape(found[1]), {"draw": 1, "start": 0, "length": rows})
    return listed.status_code, len(listed.json()["data"])


def ticket_page(client: Any, number: int) -> tuple[int, int]:
    """A ticket with all its messages."""
    page = client.get(f"/helpdesk/tickets/{number}/")
    return page.status_code, page.content.decode().count('class="list-group-item list-group-item-action"')


def main() -> None:
    """Until there are no more lines."""
    set_up(sys.argv[1])
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    lines = (json.loads(line) for line in sys.stdin)
    load(lines)
    client = Client()
    client.force_login(User.objects.order_by("id").first())
    print(json.dumps({"version": __import__("importlib.metadata").metadata.version("django-helpdesk")}), flush=True)
    for line in lines:
        began = time.perf_counter()
        status, shown = inbox(client, line["inbox"]) if "inbox" in line else ticket_page(client, line["ticket_page"])
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "status": status, "shown": shown}), flush=True)


if __name__ == "__main__":
    main()
