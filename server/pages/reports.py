"""Telling us that something is wrong: anyone may, without an account, about anything."""

import re
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.errors import NotFound
from community.people import actors
from community.people.actors import Actor
from community.posts import discussions
from community.posts.post import Post
from community.settings import Settings
from federation import outbox
from moderation import queue, reports, rules
from moderation.tables import Origin
from server import clients, context, forms, letters, mail, render, sessions, showing
from server.forms import Form
from themes.filters import ACTIONS, N_
from themes.views.moderation import Rule, Words

OTHER = "other"
MOST_REASON = 3000
PAGE_OF_POST = re.compile(r"/(?:posts|events|announcements)/([a-z0-9-]{4,40})")


@dataclass(frozen=True)
class Subject:
    """What somebody may report, found by its address."""

    post: Post | None
    author: Actor
    where: str
    is_page: bool = False  # neither words nor a person: `where` is the address


async def write(request: Request) -> Response:
    """GET /report?about=ADDRESS"""
    uri = request.query_params.get("about", "")[:500]
    return await _form(request, uri, forms.blank(request))


async def create(request: Request) -> Response:
    """POST /report"""
    here = context.of(request)
    here.limits.check("report address", clients.address(request))
    form = await forms.read(
        request,
        about=forms.optional(500),
        rule=forms.required(40, missing=N_("Please choose what fits best.")),
        reason=forms.optional(MOST_REASON),
        email=forms.optional(320, forms.email),
        forward=forms.optional(5, forms.checkbox),
    )
    uri = form.values.get("about", "")[:500].replace("\0", "")
    rule = None if form.values.get("rule") == OTHER else form.values.get("rule")
    if rule is None and not form.given.get("reason"):
        form.refuse("reason", N_("Please say in a few words what is wrong."))
    if rule is not None and rules.policy().find(rule) is None:
        form.refuse("rule", N_("Please choose one of these."))
    if form.errors:
        return await _form(request, uri, form, 422)
    found = await _find(request, uri)
    member = sessions.signed(request)
    email = form["email"] or (member.email if member else None)
    async with here.library.database.transaction() as session:
        post = await session.get(Post, found.post.id) if found.post and found.post.id else None
        if post is None and found.post is not None and found.post.about_id is not None:
            post = await discussions.find(session, here.library, found.post.about_id)
        report = await reports.open_report(
            session,
            post=post,
            actor=None if post else await session.get_one(Actor, found.author.id),
            origin=Origin.form,
            reason="\n".join(part for part in (form["reason"], found.where if found.is_page else "") if part),
            rule=rule,
            reporter=await session.get(Actor, member.actor_id) if member else None,
            reporter_email=email,
        )
        code = report.code or ""
        if form["forward"] and not found.author.is_local:
            said = "\n".join(part for part in (rules.policy().title(rule, "en"), form["reason"] or "") if part)
            await outbox.flag(session, here.library, found.author, [post.uri] if post else [], said)
        if email and mail.works(here.settings):
            values = {"code": code, "track_url": f"{here.settings.root}/report/track?code={code}"}
            letters.owe(session, email, here.renderer.text(render.language(request), "mail/receipt.txt", values))
    here.hub.delivery_bell.ring()
    is_sent = bool(email) and mail.works(here.settings)
    return render.page(request, "report/done", code=code, track_url=f"/report/track?code={code}", email_sent=is_sent, status=201)


async def track(request: Request) -> Response:
    """GET /report/track?code="""
    code = request.query_params.get("code", "")[:60]
    found = await context.of(request).library.database.read(lambda session: queue.tracked(session, code)) if code else None
    language = render.language(request)
    return render.page(
        request,
        "report/track",
        status=404 if code and found is None else 200,
        code=code,
        found=found is not None,
        made=found.made if found else None,
        state=found.state if found else "",
        outcome=render.say(request, ACTIONS.get(action_name(found.action), found.action)) if found and found.action else "",
        reason=found.reason if found else "",
        rule=rules.policy().title(found.rule, language) if found else "",
    )


def action_name(action: str) -> str:
    """What templates call an action of moderation."""
    return {"refuse_server": "refuse"}.get(action, action)


def policy_rules(request: Request, *, clauses: bool = False) -> tuple[Rule, ...]:
    """The rules in the reader's language, hate speech first; with its clauses for those who decide."""
    language = render.language(request)
    made: list[Rule] = []
    for rule in rules.policy().rules:
        said = rule.said(language)
        made.append(Rule(rule.key, str(rule.number), said.title, said.text))
        if clauses:
            made += [Rule(one.key, f"{rule.number} {one.key}", one.said(language).title) for one in rule.clauses]
    return tuple(made)


async def _form(request: Request, uri: str, form: Form, status: int = 200) -> Response:
    found = await _find(request, uri)
    look = showing.Show(context.of(request).settings)
    post = found.post
    words = Words(Markup(post.html), post.published_at, post.title or "", post.warning or "") if post and post.html else None
    return render.page(
        request,
        "report/write",
        status=status,
        about_uri=uri,
        about=words,
        author=look.actor(found.author),
        where=found.where,
        rules=policy_rules(request),
        form=form,
        may_forward=not found.author.is_local,
    )


async def _find(request: Request, uri: str) -> Subject:
    """The post or person at this address, as far as whoever asks may see it; for any other page of ours, the library. Raises NotFound."""
    here = context.of(request)
    reader = sessions.reader(request)

    def ask(session: Session) -> Subject | None:
        loads = (joinedload(Post.author), joinedload(Post.about))
        named = PAGE_OF_POST.fullmatch(uri.removeprefix(here.settings.root))
        wanted = Post.token == named[1] if named and here.uris.is_ours(uri) else Post.uri == uri
        post = session.scalars(select(Post).where(wanted).options(*loads)).first()
        if post is not None:
            said = timelines.by_id(session, post.id)
            if said is None or not timelines.may_see(said, reader):
                return None
            return Subject(post, post.author, post.about.title if post.about else "")
        host = session.scalars(select(Actor).where(Actor.uri == here.uris.library)).first()
        if (work_id := here.uris.work_id(uri)) is not None:
            return Subject(Post(about_id=work_id, html="", kind="discussion"), host, "") if host else None
        actor = session.scalars(select(Actor).where(Actor.uri == uri)).first() or _profile(session, here.settings, uri)
        if actor is not None:
            return Subject(None, actor, "")
        return Subject(None, host, uri, is_page=True) if host is not None and (not uri or here.uris.is_ours(uri)) else None

    found = await here.library.database.read(ask)
    if found is None:
        raise NotFound("We do not have what you want to report, or it is gone already. Use the “Report” link beside it.")
    return found


def _profile(session: Session, settings: Settings, uri: str) -> Actor | None:
    """Whose page of ours this is."""
    name, _, domain = uri.removeprefix(f"{settings.root}/@").partition("@")
    return actors.find_by_handle(session, name, domain or None) if uri.startswith(f"{settings.root}/@") else None
