"""Corrective and preventive actions: the register, what is proposed, and one of them from its finding to the check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.errors import Conflict, NotAllowed
from bot.procedures.profile import Profile
from bot.procedures.rules import Form
from bot.reports import periods
from bot.reports.making import Reporter
from bot.reports.ptpp import printed
from bot.tickets import corrective, lookup, service
from bot.tickets.corrective import Measures
from bot.tickets.model import CorrectiveAction, Ticket
from bot.web import talk as talks
from bot.web.api.fields import whole
from bot.web.categories import titles
from bot.web.gate import not_found
from bot.web.visit import Visit

HOME = "/console/ptpp"
LONGEST = 10_000
WRITTEN = ("finding", "cause", "correction", "prevention", "owner")
OWN = "field-"
"""How the names begin under which the page sends the form's own fields."""
SHOWS = ("open", "late", "checked", "all")


def register(visit: Visit) -> Response:
    """The register, as the address filters it, and with a month in it the categories that are proposed for that."""
    asked = visit.request.query_params
    show = asked.get("show", "") if asked.get("show") in SHOWS else SHOWS[0]
    typed, month = asked.get("q", "").strip()[:100], asked.get("month", "")
    with visit.parts.db.read() as session:
        everything = corrective.register(session)
        numbers = lookup.numbers(session, (each.ticket_id for each in everything if each.ticket_id is not None))
        proposed = _proposed(visit, session, month)
    listed = {each: [row for row in everything if _is(row, each, visit.now)] for each in SHOWS}
    rows = [row for row in listed[show] if _has(row, typed, numbers)]
    return visit.show(
        "ptpp.html", active="ptpp", rows=rows, numbers=numbers, shows=[(each, len(listed[each])) for each in SHOWS],
        show=show, typed=typed, month=month or f"{visit.now.astimezone(visit.parts.settings.timezone):%Y-%m}",
        proposed=proposed, titles=titles(visit), late={row.id for row in listed["late"]},
    )  # fmt: skip


def _is(action: CorrectiveAction, show: str, now: datetime) -> bool:
    match show:
        case "open":
            return action.checked_at is None
        case "late":
            return corrective.is_late(action, now)
        case "checked":
            return action.checked_at is not None
        case _:
            return True


def _has(action: CorrectiveAction, typed: str, numbers: Mapping[int, str]) -> bool:
    said = " ".join([*(getattr(action, name) or "" for name in WRITTEN), *(action.fields or {}).values()])
    text = f"{action.id} {numbers.get(action.ticket_id or 0, '')} {said} {action.effect or ''}".casefold()
    return all(word in text for word in typed.casefold().split())


def _proposed(visit: Visit, session: Session, month: str) -> Sequence[tuple[str, int]] | None:
    """None where no month is asked for, or none that there is."""
    try:
        period = periods.month(month)
    except NotAllowed:
        return None
    settings = visit.parts.settings
    reporter = Reporter(_profile(visit), settings.timezone, settings.institution, visit.language)
    return reporter.proposals(session, period, visit.now, reporter.profile.ptpp.after)


def new(visit: Visit) -> Response:
    """The form for what was found: of a ticket, or of a category that broke its promise often."""
    asked = visit.request.query_params
    number, category = asked.get("ticket", ""), asked.get("category", "")
    finding, found = "", None
    with visit.parts.db.read() as session:
        if number:
            found = _ticket(session, number)
            if found is None:
                return not_found(visit)
            finding = found.summary or found.subject
    if category:
        times, title = asked.get("times", ""), titles(visit).get(category, category)
        finding = visit.say("ptpp_of_category", category=title, n=times, month=asked.get("month", ""))
    return _new(visit, 200, found.number if found else "", finding)


def _new(visit: Visit, status: int, number: str, finding: str, flash: str | None = None) -> Response:
    given = {"number": number, "finding": finding, "flash": flash, "longest": LONGEST}
    return visit.show("ptpp_new.html", status, active="ptpp", **given)


def open_(visit: Visit) -> Response:
    """A new one begins with its finding."""
    number, finding = visit.form.get("ticket", ""), _text(visit, "finding")
    try:
        with visit.parts.db.write() as session:
            found = _ticket(session, number) if number else None
            if number and found is None:
                return not_found(visit)
            action = corrective.open_action(session, finding, visit.who.username, visit.now, found)
            where = f"{HOME}/{action.id}"
    except NotAllowed:
        return _new(visit, 422, number, finding, visit.say("lacks", what=visit.say("ptpp_finding").lower()))
    visit.parts.happened()
    return visit.go(where)


def action(visit: Visit) -> Response:
    """One of them."""
    return _page(visit, 200)


def save(visit: Visit) -> Response:
    """Write down what the form says; what is left empty is left as it is."""
    given = {name: _text(visit, name) or None for name in WRITTEN}
    own = {each.id: _text(visit, f"{OWN}{each.id}") for each in corrective.own_fields(_form(visit))}
    wanted = Measures(
        **given,
        due_at=_day(visit, visit.form.get("due", "")),
        fields={name: text for name, text in own.items() if text},
    )
    return _change(visit, lambda session, found: corrective.save(
        session, found, wanted, visit.who.username, visit.now, whole(visit.form.get("seen"))
    ))  # fmt: skip


def check(visit: Visit) -> Response:
    """Write down whether it helped."""
    helped, form = visit.form.get("helped"), _form(visit)
    if helped not in ("yes", "no"):
        return _page(visit, 422, visit.say("lacks", what=visit.say("ptpp_helped").lower()))
    effect, me = _text(visit, "effect"), visit.who.username
    return _change(visit, lambda session, found: corrective.check(
        session, found, effect, helped == "yes", me, visit.now, form
    ))  # fmt: skip


def form(visit: Visit) -> Response:
    """The profile's form, as PDF."""
    settings = visit.parts.settings
    with visit.parts.db.read() as session:
        found = session.get(CorrectiveAction, visit.path["action"])
        if found is None or _form(visit) is None:
            return not_found(visit)
        content = printed(session, found, _profile(visit), settings.institution, settings.timezone, visit.language)
    headers = {"Content-Disposition": f'attachment; filename="ptpp-{found.id}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


def _change(visit: Visit, do: Callable[[Session, CorrectiveAction], object]) -> Response:
    try:
        with visit.parts.db.write() as session:
            found = session.get(CorrectiveAction, visit.path["action"])
            if found is None:
                return not_found(visit)
            do(session, found)
    except Conflict:
        return _page(visit, 409, visit.say("ptpp_meanwhile"))
    except NotAllowed:
        return _page(visit, 422, _why(visit))
    visit.parts.happened()
    return visit.go(f"{HOME}/{visit.path['action']}")


def _why(visit: Visit) -> str:
    """Why it was refused, from how it is now."""
    with visit.parts.db.read() as session:
        found = session.get_one(CorrectiveAction, visit.path["action"])
        if found.checked_at is not None:
            return visit.say("ptpp_is_checked")
        missing = [*corrective.lacks(session, found, _form(visit))]
        called = _called(visit, found)
    missing += [] if _text(visit, "effect") else ["effect"]
    return visit.say("lacks", what=", ".join(called[name].lower() for name in missing))


def _called(visit: Visit, action: CorrectiveAction) -> Mapping[str, str]:
    """What each field is called; one that was written when the profile's form had it, by its id."""
    own = {each.id: each.label.said(visit.language) for each in corrective.own_fields(_form(visit))}
    ours = {name: visit.say(f"ptpp_{name}") for name in corrective.OURS}
    return {name: name for name in action.fields or {}} | own | ours


def _page(visit: Visit, status: int, flash: str | None = None) -> Response:
    with visit.parts.db.read() as session:
        found = session.get(CorrectiveAction, visit.path["action"])
        if found is None:
            return not_found(visit)
        events = corrective.history(session, found)
        shown = {
            "action": found, "events": events, "seen": corrective.version(session, found),
            "ticket": session.get(Ticket, found.ticket_id) if found.ticket_id is not None else None,
            "names": talks.names_of(session, {event.actor for event in events}),
            "lacking": corrective.lacks(session, found, _form(visit)),
        }  # fmt: skip
    zone = visit.parts.settings.timezone
    values = {name: getattr(found, name) or "" for name in WRITTEN} | {"effect": found.effect or "", "helped": ""}
    values["due"] = f"{found.due_at.astimezone(zone):%Y-%m-%d}" if found.due_at else ""
    values |= {f"{OWN}{name}": text for name, text in (found.fields or {}).items()}
    values |= dict(visit.form) if flash else {}
    own = [each.id for each in corrective.own_fields(_form(visit))]
    given = {
        "values": values, "written": WRITTEN, "prints": _form(visit) is not None, "called": _called(visit, found),
        "asked": own, "own": [*own, *(name for name in found.fields or {} if name not in own)], "prefix": OWN,
    }  # fmt: skip
    return visit.show("ptpp_action.html", status, active="ptpp", flash=flash, longest=LONGEST, **given, **shown)


def _profile(visit: Visit) -> Profile:
    return visit.parts.promise.profile


def _form(visit: Visit) -> Form | None:
    return _profile(visit).form_of("ptpp")


def _ticket(session: Session, number: str) -> Ticket | None:
    try:
        return service.by_number(session, number)
    except KeyError:
        return None


def _text(visit: Visit, name: str) -> str:
    return visit.form.get(name, "").strip().replace("\r\n", "\n")[:LONGEST]


def _day(visit: Visit, text: str) -> datetime | None:
    """The beginning of a day where the institution is; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(text), time.min, visit.parts.settings.timezone)
    except ValueError:
        return None
