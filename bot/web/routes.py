"""Every page of the console: method, path, handler, permission on one line. A test walks them with every role."""

from __future__ import annotations

from typing import NamedTuple

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.routing import BaseRoute, Route

from bot.web.gate import SET_UP, Handler, Streamer, gated, not_found
from bot.web.pages import (
    acting,
    canned,
    changing,
    desk,
    duty_plan,
    editing,
    enclosed,
    events,
    exchanging,
    files,
    golden,
    inbox,
    keeping,
    knowledge,
    news,
    notices,
    palette,
    password,
    people,
    procedure,
    ptpp,
    replaying,
    reports,
    second_factor,
    signing,
    single_sign_on,
    staff,
    static,
    system,
    today,
    tokens,
    trail,
    views,
    webhooks,
)
from bot.web.permissions import Permission
from bot.web.visit import Parts


class _Id(IntegerConvertor):
    """A number of any length; Python refuses to read very long ones, and a part of those is too large for any row."""

    def convert(self, value: str) -> int:
        return int(value[:40])


register_url_convertor("id", _Id())


class Page(NamedTuple):
    """``stream``: answers instead of the handler once the way is free. ``files``: its form may bring files along."""

    method: str
    path: str
    handler: Handler
    permission: Permission
    stream: Streamer | None = None
    files: bool = False


_TICKET = "/console/tickets/{number}"
_PERSON = f"{people.HOME}/{{person:id}}"
_ACTION = f"{ptpp.HOME}/{{action:id}}"
_TEMPLATE = f"{knowledge.TEMPLATES}/{{id}}"
# fmt: off
PAGES: tuple[Page, ...] = (
    Page("GET", "/console/static/{name:path}", static.static, "public"),
    Page("GET", "/console/sign-in", signing.form, "public"),
    Page("POST", "/console/sign-in", signing.sign_in, "public"),
    Page("GET", signing.CODE, signing.code_form, "public"),
    Page("POST", signing.CODE, signing.give_code, "public"),
    Page("GET", single_sign_on.HERE, single_sign_on.begin, "public"),
    Page("GET", single_sign_on.BACK, single_sign_on.back, "public"),
    Page("POST", "/console/preferences", signing.prefer, "public"),
    Page("POST", "/console/sign-out", signing.sign_out, "own"),
    Page("POST", "/console/duty", signing.attend, "work"),
    Page("GET", SET_UP, second_factor.show, "own"),
    Page("POST", SET_UP, second_factor.begin, "own"),
    Page("POST", f"{SET_UP}/confirm", second_factor.confirm, "own"),
    Page("POST", f"{SET_UP}/off", second_factor.turn_off, "own"),
    Page("POST", f"{SET_UP}/codes", second_factor.renew_codes, "own"),
    Page("GET", password.ADDRESS, password.form, "own"),
    Page("POST", password.ADDRESS, password.choose, "own"),
    Page("GET", "/console/sessions", signing.devices, "own"),
    Page("POST", "/console/sessions/{session:id}/end", signing.end_session, "own"),
    Page("GET", "/console", inbox.inbox, "work"),
    Page("GET", "/console/list", inbox.rows, "work"),
    Page("GET", "/console/news", news.news, "work"),
    Page("GET", "/console/events", inbox.inbox, "work", events.events),
    Page("GET", _TICKET, inbox.ticket, "work"),
    Page("GET", f"{_TICKET}/talk", inbox.talk, "work"),
    Page("GET", f"{_TICKET}/form", inbox.form, "work"),
    Page("GET", f"{_TICKET}/canned", canned.replies, "work"),
    Page("GET", f"{_TICKET}/macros", canned.macros_here, "work"),
    Page("GET", f"{_TICKET}/faces", inbox.faces, "work"),
    Page("POST", f"{_TICKET}/writing", inbox.faces, "work", events.writing),
    Page("POST", f"{_TICKET}/{{step}}", acting.act, "work", files=True),
    Page("GET", "/console/bulk", canned.many, "work"),
    Page("POST", "/console/bulk", canned.do_many, "work"),
    Page("GET", desk.HOME, desk.form, "work"),
    Page("POST", desk.HOME, desk.enter, "work", files=True),
    Page("GET", f"{desk.HOME}/people", desk.people, "work"),
    Page("GET", people.HOME, people.people, "work"),
    Page("GET", _PERSON, people.person, "work"),
    Page("POST", f"{_PERSON}/erase", people.erase, "administer"),
    Page("POST", f"{_PERSON}/{{step}}", people.act, "work"),
    Page("GET", "/console/files/{file:id}", files.received, "work"),
    Page("GET", "/console/files/sent/{message:id}/{index:id}", files.sent, "work"),
    Page("GET", "/console/forwarding/{form:id}/files/{index:id}", files.returned, "work"),
    Page("POST", "/console/views", views.keep, "work"),
    Page("POST", "/console/views/{view:id}/forget", views.forget, "work"),
    Page("GET", "/console/palette", palette.palette, "own"),
    Page("GET", "/console/today", today.today, "supervise"),
    Page("GET", "/console/knowledge", knowledge.templates, "curate"),
    Page("GET", "/console/knowledge/ask", knowledge.ask, "curate"),
    Page("GET", "/console/knowledge/gaps", knowledge.found_gaps, "curate"),
    Page("POST", "/console/knowledge/gaps", knowledge.draft_gap, "curate"),
    Page("GET", golden.HOME, golden.questions, "curate"),
    Page("POST", golden.HOME, golden.add, "curate"),
    Page("POST", f"{golden.HOME}/{{question:id}}/remove", golden.remove, "curate"),
    Page("GET", "/console/knowledge/new", editing.new, "curate"),
    Page("POST", "/console/knowledge/new", editing.save, "curate"),
    Page("GET", "/console/knowledge/replay", replaying.replay, "curate"),
    Page("POST", "/console/knowledge/publish", replaying.publish, "curate"),
    Page("POST", "/console/knowledge/preview", editing.preview, "curate"),
    Page("GET", exchanging.HOME, exchanging.form, "curate"),
    Page("POST", exchanging.HOME, exchanging.upload, "curate", files=True),
    Page("GET", f"{exchanging.HOME}/{{token}}", exchanging.look, "curate"),
    Page("POST", f"{exchanging.HOME}/{{token}}", exchanging.carry_out, "curate"),
    Page("GET", "/console/knowledge/export/{format}", exchanging.export, "curate"),
    Page("GET", _TEMPLATE, editing.template, "curate"),
    Page("POST", _TEMPLATE, editing.save, "curate"),
    Page("GET", f"{_TEMPLATE}/versions/{{number:id}}", editing.version, "curate"),
    Page("GET", f"{_TEMPLATE}/replay", replaying.replay, "curate"),
    Page("POST", f"{_TEMPLATE}/publish", replaying.publish, "curate"),
    Page("POST", f"{_TEMPLATE}/{{step}}", editing.step, "curate"),
    Page("GET", "/console/canned", keeping.kept, "curate"),
    Page("GET", "/console/canned/new", keeping.reply, "curate"),
    Page("POST", "/console/canned/new", keeping.save_reply, "curate"),
    Page("GET", "/console/canned/{id}", keeping.reply, "curate"),
    Page("POST", "/console/canned/{id}", keeping.save_reply, "curate"),
    Page("POST", "/console/canned/{id}/delete", keeping.delete_reply, "curate"),
    Page("POST", "/console/canned/{id}/files", enclosed.add, "curate", files=True),
    Page("POST", "/console/canned/{id}/files/{file}/delete", enclosed.remove, "curate"),
    Page("GET", "/console/canned/{id}/files/{file}", files.canned, "work"),
    Page("GET", "/console/macros/new", keeping.macro, "curate"),
    Page("POST", "/console/macros/new", keeping.save_macro, "curate"),
    Page("GET", "/console/macros/{id}", keeping.macro, "curate"),
    Page("POST", "/console/macros/{id}", keeping.save_macro, "curate"),
    Page("POST", "/console/macros/{id}/delete", keeping.delete_macro, "curate"),
    Page("GET", ptpp.HOME, ptpp.register, "plan"),
    Page("GET", f"{ptpp.HOME}/new", ptpp.new, "plan"),
    Page("POST", f"{ptpp.HOME}/new", ptpp.open_, "plan"),
    Page("GET", _ACTION, ptpp.action, "plan"),
    Page("POST", _ACTION, ptpp.save, "plan"),
    Page("POST", f"{_ACTION}/check", ptpp.check, "plan"),
    Page("GET", f"{_ACTION}/form", ptpp.form, "plan"),
    Page("GET", "/console/reports", reports.reports, "report"),
    Page("GET", "/console/reports/{of}/charts/{number:id}/{format}", reports.chart_file, "report"),
    Page("GET", "/console/reports/{of}/{format}", reports.file, "report"),
    Page("POST", "/console/reports/recaps/{recap}/{day}/{username}/{way}/again", reports.send_again, "report"),
    Page("GET", procedure.HOME, procedure.procedure, "supervise"),
    Page("GET", f"{procedure.HOME}/deadlines", procedure.deadlines, "supervise"),
    Page("GET", f"{procedure.HOME}/versions/{{version:id}}", procedure.version, "supervise"),
    Page("GET", f"{procedure.HOME}/form", changing.form, "administer"),
    Page("POST", f"{procedure.HOME}/form", changing.save, "administer"),
    Page("GET", f"{procedure.HOME}/text", changing.text, "administer"),
    Page("POST", f"{procedure.HOME}/text", changing.save_text, "administer"),
    Page("POST", f"{procedure.HOME}/use", changing.use, "administer"),
    Page("POST", f"{procedure.HOME}/move", changing.move, "administer"),
    Page("GET", staff.HOME, staff.staff, "supervise"),
    Page("POST", staff.HOME, staff.create, "administer"),
    Page("POST", f"{staff.HOME}/{{username}}/away", staff.send_away, "supervise"),
    Page("GET", duty_plan.HOME, duty_plan.plan, "supervise"),
    Page("POST", duty_plan.HOME, duty_plan.save_week, "supervise"),
    Page("POST", f"{duty_plan.HOME}/exceptions", duty_plan.add_exception, "supervise"),
    Page("POST", f"{duty_plan.HOME}/exceptions/{{exception:id}}/drop", duty_plan.drop_exception, "supervise"),
    Page("POST", f"{staff.HOME}/{{username}}/{{step}}", staff.act, "administer"),
    Page("POST", "/console/roles/{role}", staff.hold, "administer"),
    Page("POST", "/console/units/{unit}", staff.work_for, "administer"),
    Page("GET", trail.HOME, trail.trail, "supervise"),
    Page("GET", system.HOME, system.system, "administer"),
    Page("POST", f"{system.HOME}/channels/{{channel}}", system.try_channel, "administer"),
    Page("POST", f"{system.HOME}/sessions/{{session:id}}/end", system.end_session, "administer"),
    Page("GET", tokens.HOME, tokens.listed, "administer"),
    Page("POST", tokens.HOME, tokens.create, "administer"),
    Page("POST", f"{tokens.HOME}/{{token:id}}/revoke", tokens.revoke, "administer"),
    Page("GET", webhooks.HOME, webhooks.listed, "administer"),
    Page("POST", webhooks.HOME, webhooks.add, "administer"),
    Page("GET", f"{webhooks.HOME}/{{webhook:id}}", webhooks.one, "administer"),
    Page("POST", f"{webhooks.HOME}/{{webhook:id}}/{{step}}", webhooks.act, "administer"),
    Page("POST", f"{webhooks.HOME}/{{webhook:id}}/deliveries/{{delivery:id}}/retry", webhooks.retry, "administer"),
    Page("GET", "/console/notices", notices.notices, "own"),
    Page("POST", "/console/notices", notices.read, "own"),
    Page("GET", "/console/recaps/{recap}/{day}/{format}", notices.recap, "own"),
    Page("GET", "/console/{anything:path}", not_found, "own"),
)
# fmt: on


def console_routes(parts: Parts) -> list[BaseRoute]:
    """The routes of all pages."""
    return [
        Route(page.path, gated(page.handler, page.permission, parts, page.stream, page.files), methods=[page.method])
        for page in PAGES
    ]
