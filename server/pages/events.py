"""What happens at the library."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as Entry
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import text, timelines
from community.clock import days, now
from community.people.accounts import Role
from community.posts import attendances
from community.posts.kinds import Event
from community.posts.post import Door, Post
from community.said import Said
from federation import doors
from server import categories, context, forms, negotiating, render, sessions, showing
from server.actions import publishing
from server.forms import Form, Wrong, optional, required
from server.pages import announcements, posts, writing
from themes.filters import N_
from themes.views.posts import Invitation
from themes.views.site import Pages

AHEAD = days(400)
YEARS = range(1900, 9000)  # beyond them, clocks of other zones fall off the calendar
COORDINATES = re.compile(r"(-?\d{1,2}(?:\.\d{1,8})?)\s*[,;]\s*(-?\d{1,3}(?:\.\d{1,8})?)")
CALENDAR = "text/calendar; charset=utf-8"


async def index(request: Request) -> Response:
    """GET /events?category=&past=1"""
    here = context.of(request)
    chosen = request.query_params.get("category", "")
    looks_back = request.query_params.get("past") == "1"
    moment = now()

    def ask(session: Session) -> tuple[list[Said], list[Said]]:
        return timelines.events(session, moment, moment + AHEAD, size=200), timelines.past_events(session, moment, size=100)

    coming, past = await here.library.database.read(ask)
    used = [one.category for one in coming]
    if chosen:
        coming = [one for one in coming if one.category == chosen]
        past = [one for one in past if one.category == chosen]
    look = announcements.look(request)
    member = sessions.signed(request)
    return render.page(
        request,
        "event/calendar",
        months=look.months(coming),
        categories=categories.choices(categories.EVENTS, used, chosen, "/events", lambda words: render.say(request, words)),
        past=look.months(past) if looks_back else (),
        past_url=showing.address("/events", {}, past="1") if past and not looks_back else "",
        may_write=member is not None and member.has(Role.librarian),
    )


async def show(request: Request) -> Response:
    """GET /events/{token}"""
    here = context.of(request)
    reader = sessions.reader(request)
    found = await _find(request)
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: posts.wire(session, library, found))

    def ask(session: Session) -> tuple[tuple[Said, ...], Invitation]:
        return timelines.answers(session, found, reader), _invitation(session, found, reader)

    said, invitation = await here.library.database.read(ask)
    look = announcements.look(request)
    member = sessions.signed(request)
    may_edit = member is not None and member.has(Role.librarian) and found.author.is_local
    return render.page(
        request,
        "event/show",
        link=negotiating.alternate(found.uri),
        event=look.event(found, may_edit),
        invitation=invitation,
        posts=tuple(look.post(one) for one in said),
        pages=Pages(),
    )


def _invitation(session: Session, found: Said, reader: int | None) -> Invitation:
    """How one comes to an event, how many do, and whether this reader does."""
    row = session.get_one(Post, found.id)
    counts = attendances.counted(session, found.id)
    mine = attendances.mine(session, found.id, reader) if reader is not None else None
    return Invitation(
        door=str(row.door),
        url=row.door_url or "",
        capacity=row.capacity,
        coming=counts.coming,
        waiting=counts.waiting,
        asked=counts.asked,
        mine=str(mine.state) if mine is not None else "",
        is_open=row.door in {Door.open, Door.approved} and not row.cancelled and not attendances.is_over(row),
    )


async def comment(request: Request) -> Response:
    """GET /events/{token}/comment: asking or answering is answering the event's post."""
    found = await _find(request)
    return render.redirect(request, f"/posts/{found.token}/reply")


async def calendar(request: Request) -> Response:
    """GET /events.ics: everything that is not long over, to subscribe to."""
    here = context.of(request)
    since = now() - days(30)
    found = await here.library.database.read(lambda session: timelines.events(session, since, size=500))
    return render.document(request, ical(request, found), CALENDAR, seconds=300)


async def one_calendar(request: Request) -> Response:
    """GET /events/{token}.ics"""
    found = await _find(request)
    response = render.document(request, ical(request, [found]), CALENDAR)
    response.headers["Content-Disposition"] = f'attachment; filename="{found.token}.ics"'
    return response


def ical(request: Request, found: list[Said]) -> bytes:
    """Events as iCalendar."""
    here = context.of(request)
    made = Calendar()
    made.add("prodid", "-//Bookmobile//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", here.settings.name)
    for one in found:
        if one.starts_at is None:
            continue
        zone = ZoneInfo(one.timezone or here.settings.timezone)
        entry = Entry()
        entry.add("uid", one.uri)
        entry.add("summary", one.title or "")
        entry.add("dtstart", one.starts_at.astimezone(zone))
        if one.ends_at is not None:
            entry.add("dtend", one.ends_at.astimezone(zone))
        entry.add("dtstamp", one.changed_at)
        entry.add("last-modified", one.changed_at)
        entry.add("url", one.url or one.uri)
        entry.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        entry.add("sequence", one.revision)
        if where := ", ".join(part for part in (one.place, one.place_address) if part):
            entry.add("location", where)
        if said := "\n".join(part for part in (text.plain(one.html), one.online_url) if part):
            entry.add("description", said)
        made.add_component(entry)
    made.add_missing_timezones()
    return bytes(made.to_ical())


async def write(request: Request) -> Response:
    """GET /events/new"""
    sessions.require(request, Role.librarian)
    return _form(request, forms.blank(request, place=context.of(request).settings.name, reminds="1"), "/events/new")


async def create(request: Request) -> Response:
    """POST /events/new"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    form = await _read(request)
    values = _values(request, form)
    if form.errors:
        return _form(request, form, "/events/new", status=422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        post = Event(timezone=here.settings.timezone, **values)
        await publishing.announce(session, here.library, post)
    here.hub.delivery_bell.ring()
    return render.redirect(request, showing.path("event", post.token), "published")


async def change(request: Request) -> Response:
    """GET /events/{token}/edit"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    async with here.library.database.snapshot() as session:
        post = await publishing.of_the_library(session, request.path_params["token"], "event")
    return _form(request, _filled(request, post), f"/events/{post.token}/edit", is_edit=True)


async def edit(request: Request) -> Response:
    """POST /events/{token}/edit: also says that it does not take place."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    token = request.path_params["token"]
    form = await _read(request)
    values = _values(request, form)
    if form.errors:
        return _form(request, form, f"/events/{token}/edit", is_edit=True, status=422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        post = await publishing.of_the_library(session, token, "event")
        is_off = bool(form.given["cancelled"]) and not post.cancelled
        await publishing.correct(session, here.library, post, values | {"cancelled": bool(form.given["cancelled"])})
        for guest in await attendances.fill(session, post):  # there may be more places than before
            await doors.tell(session, here.library, post, guest)
    here.hub.delivery_bell.ring()
    return render.redirect(request, showing.path("event", token), "cancelled" if is_off else "saved")


async def _find(request: Request) -> Said:
    here = context.of(request)
    token = request.path_params["token"]
    found = await here.library.database.read(lambda session: timelines.one(session, token))
    if found is not None and found.kind != "event":
        found = None
    posts.check(found, sessions.reader(request))
    assert found is not None
    return found


def _day(typed: str) -> date:
    try:
        found = date.fromisoformat(typed)
        if found.year not in YEARS:
            raise ValueError("no library plans that far")
        return found
    except ValueError as cause:
        raise Wrong(N_("Please give a day, such as 2027-03-14.")) from cause


def _hour(typed: str) -> time:
    try:
        return time.fromisoformat(typed)
    except ValueError as cause:
        raise Wrong(N_("Please give a time, such as 18:30.")) from cause


def _web(typed: str) -> str:
    if not typed.startswith(("https://", "http://")) or any(sign.isspace() for sign in typed):
        raise Wrong(N_("Please give a whole address that begins with https://."))
    return typed


def _coordinates(typed: str) -> tuple[float, float]:
    found = COORDINATES.fullmatch(typed)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        raise Wrong(N_("Please give latitude and longitude, such as 41.1258, 16.8666."))
    return float(found[1]), float(found[2])


async def _read(request: Request) -> Form:
    fields = writing.fields(
        request,
        title=required(200),
        date=required(10, _day),
        time=required(8, _hour),
        end_date=optional(10, _day),
        end_time=optional(8, _hour),
        place=optional(300),
        address=optional(500),
        online_url=optional(500, _web),
        category=optional(60),
        door=optional(20, forms.one_of(*(str(one) for one in Door))),
        door_url=optional(500, _web),
        capacity=optional(6, forms.number(1, 100_000)),
        coordinates=optional(60, _coordinates),
        reminds=optional(5, forms.checkbox),
        cancelled=optional(5, forms.checkbox),
    )
    return await forms.read(request, **fields)


def _values(request: Request, form: Form) -> dict[str, Any]:
    """The columns of an event; says on the form what does not fit together."""
    given = form.given
    if form.errors:
        return {}
    zone = ZoneInfo(context.of(request).settings.timezone)
    starts = datetime.combine(given["date"], given["time"], zone)
    ends = None
    if given["end_date"] or given["end_time"]:
        ends = datetime.combine(given["end_date"] or given["date"], given["end_time"] or given["time"], zone)
        if ends <= starts and not given["end_date"]:
            ends += timedelta(days=1)  # until after midnight
        if ends <= starts:
            form.refuse("end_date", N_("It cannot end before it begins."))
    door = Door(given["door"] or Door.none)
    if door is Door.external and not given["door_url"]:
        form.refuse("door_url", N_("Please give the address where people sign up."))
    words = writing.words(form)
    latitude, longitude = given["coordinates"] or (None, None)
    return words | {
        "title": given["title"],
        "starts_at": starts,
        "ends_at": ends,
        "place": given["place"],
        "place_address": given["address"],
        "latitude": latitude,
        "longitude": longitude,
        "online_url": given["online_url"],
        "reminds": bool(given["reminds"]),
        "category": categories.key(categories.EVENTS, given["category"], lambda one: render.say(request, one)),
        "door": door,
        "door_url": given["door_url"] if door is Door.external else None,
        "capacity": given["capacity"] if door in {Door.open, Door.approved} else None,
    }


def _filled(request: Request, post: Post) -> Form:
    zone = ZoneInfo(post.timezone or context.of(request).settings.timezone)
    starts = post.starts_at.astimezone(zone) if post.starts_at else None
    ends = post.ends_at.astimezone(zone) if post.ends_at else None
    return forms.blank(
        request,
        title=post.title,
        date=starts.date() if starts else None,
        time=f"{starts:%H:%M}" if starts else None,
        end_date=ends.date() if ends and starts and ends.date() != starts.date() else None,
        end_time=f"{ends:%H:%M}" if ends else None,
        place=post.place,
        address=post.place_address,
        coordinates=f"{post.latitude}, {post.longitude}" if post.latitude is not None else None,
        online_url=post.online_url,
        reminds="1" if post.reminds else None,
        category=categories.label(post.category, lambda one: render.say(request, one)),
        text=post.source,
        language=post.language,
        door=post.door,
        door_url=post.door_url,
        capacity=post.capacity,
        cancelled="1" if post.cancelled else None,
    )


def _form(request: Request, form: Form, action: str, *, is_edit: bool = False, status: int = 200) -> Response:
    return render.page(
        request,
        "event/write",
        status=status,
        form=form,
        action=action,
        is_edit=is_edit,
        categories=categories.labels(categories.EVENTS, lambda words: render.say(request, words)),
        languages=writing.languages(request),
    )
