"""Draws a plan: edits from every product on the host, tried in memory, with what must be so before and afterwards."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from msgspec import UNSET, Struct
from msgspec.structs import replace

from tightlip.model.endpoint import Security
from tightlip.model.finding import Finding
from tightlip.model.posture import NoteKind, Posture, Service
from tightlip.model.remedy import Remedy, WithdrawMechanism
from tightlip.products._product import Advice, Declined, FileEdit, Files, Mending, Product
from tightlip.remediate.foresight import foreseen
from tightlip.remediate.out_of_reach import out_of_reach
from tightlip.remediate.outlook import (
    Basis,
    expectations,
    keeps,
    left_silent,
    left_to_others,
    left_unknown,
    left_without_login,
    may_break,
    preconditions,
    restored,
)
from tightlip.remediate.plan import SCHEMA, Patch, Plan, PlannedFile, ProductPlan, Unmet, reload_of

Link = Callable[[tuple[Posture, ...]], tuple[Posture, ...]]


class Surveyed(Struct, frozen=True, kw_only=True):
    """One instance as the audit found it: its plug, its files, and its posture, not yet linked with others."""

    plug: Product
    files: Files
    posture: Posture


class Survey(Struct, frozen=True, kw_only=True):
    """What a plan is drawn from.

    ``host`` is the host's identity, ``tool`` our version, ``now`` the moment (UTC) that certificates are judged at.
    ``left_out`` tells of instances that were not read.
    """

    host: str
    tool: str
    now: datetime
    instances: tuple[Surveyed, ...]
    findings: tuple[Finding, ...]
    basis: Basis
    left_out: tuple[Advice, ...] = ()


class Refusal(Struct, frozen=True, kw_only=True):
    """Why no plan is made, and what to do about it."""

    why: str
    hint: str = ""


class Drawn(Struct, frozen=True, kw_only=True):
    """A plan together with the texts that only people see: each edit with the file it is for."""

    plan: Plan
    edits: tuple[tuple[FileEdit, bytes], ...]


def draw(survey: Survey, goal: str, rules: Sequence[str], remedy: Remedy, link: Link) -> Drawn | Refusal:
    """The plan that carries out ``remedy``; ``link`` follows what one product leaves to another.

    Refused only where the last usable mechanism would go, the files are more than is read, one to be edited was not
    read whole, or the product's own view contradicts them. Nothing to do gives an empty plan.
    """
    ordered = sorted(survey.instances, key=lambda each: (each.plug.order, each.posture.product, each.posture.config))
    mended: list[tuple[Surveyed, Mending]] = []
    for each in ordered:
        if each.files.cut:
            return _cut_off(each)
        outcome = each.plug.edit(each.files, remedy)
        if isinstance(outcome, Declined):
            return _declined(each, outcome, ordered)
        if outcome.edits and (refusal := _contradicted(each)):
            return refusal
        mended.append((each, outcome))
    before = link(tuple(each.posture for each in ordered))
    after = link(tuple(foreseen(each.plug, each.files, mending, each.posture) for each, mending in mended))
    changed = frozenset(config for config in _changed(mended, before))
    if refusal := _at_odds(mended) or _locked_out(before, after):
        return refusal
    texts = tuple((edit, _text(each.files, edit.path)) for each, mending in _once(mended) for edit in mending.edits)
    return Drawn(plan=_plan(survey, goal, rules, remedy, mended, (before, after), changed), edits=texts)


def _plan(
    survey: Survey,
    goal: str,
    rules: Sequence[str],
    remedy: Remedy,
    mended: list[tuple[Surveyed, Mending]],
    views: tuple[tuple[Posture, ...], tuple[Posture, ...]],
    changed: frozenset[str],
) -> Plan:
    before, after = views
    touched = [posture for posture in after if posture.config in changed]
    was = [posture for posture in before if posture.config in changed]
    return Plan(
        schema=SCHEMA,
        tool=survey.tool,
        host=survey.host,
        goal=goal,
        remedies=(remedy,),
        findings=tuple(sorted({finding.id for finding in _answered(survey, rules, after)})),
        products=tuple(_product(each, mending) for each, mending in _once(mended) if each.posture.config in changed),
        expectations=tuple(expectations(was, touched, remedy)),
        restored=tuple(restored(was)),
        keeps=tuple(keeps(touched)) if changed else (),
        may_break=tuple(may_break(remedy, was)) if changed else (),
        unmet=tuple(_unmet(survey, remedy, was, touched, after)) if changed else (),
        advice=(*survey.left_out, *_advice(mended), *left_to_others(remedy, before)),
        left_out=tuple(dict.fromkeys(out_of_reach((*was, *touched)))) or UNSET,
    )


def _answered(survey: Survey, rules: Sequence[str], after: tuple[Posture, ...]) -> Iterator[Finding]:
    """The findings of these rules but those that stay: NTLM may be left before TLS where only advice can be given."""
    left = {
        (offer.place.file, offer.place.setting)
        for posture in after
        for service in posture.services
        for offer in service.offers
        if offer.carries_ntlm and Security.PLAIN in offer.states
    }
    for finding in survey.findings:
        stays = any((place.file, place.setting) in left for place in finding.places)
        if finding.rule in rules and not stays:
            yield finding


def _unmet(
    survey: Survey, remedy: Remedy, was: list[Posture], touched: list[Posture], after: tuple[Posture, ...]
) -> Iterator[Unmet]:
    yield from preconditions(was, touched, remedy, survey.now, survey.basis)
    yield from left_unknown(touched, remedy)
    yield from _still_there(after, remedy)


def _changed(mended: list[tuple[Surveyed, Mending]], before: tuple[Posture, ...]) -> Iterator[str]:
    """The main files of the instances to reload: those that are edited, and those that ask an edited one."""
    edited, products = set[str](), set[str]()
    for each, mending in mended:
        if mending.edits or mending.invocations:
            edited.add(each.posture.config)
            products.add(each.posture.product)
            yield each.posture.config
    for posture in before:
        if any(_asks(service, edited, products) for service in posture.services):
            yield posture.config


def _asks(service: Service, edited: Collection[str], products: Collection[str]) -> bool:
    """Whether it asks an instance that is edited; where none was followed, it asks for mechanisms that it names."""
    asked = service.delegation
    if asked is None or asked.answered_by:
        return asked is not None and asked.answered_by in edited
    return bool(service.offers) and asked.product in products


def _product(each: Surveyed, mending: Mending) -> ProductPlan:
    instance = replace(each.files.instance, pid=None)
    commands = each.plug.commands(instance)
    return ProductPlan(
        product=each.posture.product,
        instance=instance,
        version=each.posture.version,
        files=tuple(_file(edit) for edit in mending.edits),
        invocations=mending.invocations,
        check=commands.check,
        reload=reload_of(commands.reload),
    )


def _file(edit: FileEdit) -> PlannedFile:
    patches = tuple(
        Patch(hunk.splice.span.start, hunk.splice.span.end, hunk.splice.replacement, hunk.reason) for hunk in edit.hunks
    )
    return PlannedFile(path=edit.path, before=edit.before, after=edit.after, patches=patches)


def _advice(mended: list[tuple[Surveyed, Mending]]) -> Iterator[Advice]:
    """What the plugs say, and for each managed file that would be edited, what to change instead."""
    for each, mending in mended:
        yield from mending.advice
        paths = {edit.path for edit in mending.edits}
        for note in each.posture.notes:
            if note.kind is NoteKind.MANAGED and note.file in paths:
                yield Advice(text=f"{note.file}: {note.text}")


def _still_there(after: tuple[Posture, ...], remedy: Remedy) -> Iterator[Unmet]:
    """Services that would still accept what is to be withdrawn: what could only be advised on."""
    if not isinstance(remedy, WithdrawMechanism):
        return
    for posture in after:
        for service in posture.services:
            carriers = {offer.name for offer in service.offers if offer.carries_ntlm and offer.states}
            left = sorted(carriers & set(remedy.mechanisms))
            if left:
                yield Unmet(
                    what=f"{posture.product} {service.name} without {', '.join(left)}",
                    why="this plan cannot change what still offers it; see the advice",
                )


def _once(mended: list[tuple[Surveyed, Mending]]) -> Iterator[tuple[Surveyed, Mending]]:
    """Each edit of a file that several instances include, with the first of them alone."""
    seen: set[str] = set()
    for each, mending in mended:
        yield each, replace(mending, edits=tuple(edit for edit in mending.edits if edit.path not in seen))
        seen |= {edit.path for edit in mending.edits}


def _at_odds(mended: list[tuple[Surveyed, Mending]]) -> Refusal | None:
    """Instances that would make different texts of one file."""
    planned: dict[str, FileEdit] = {}
    for _, mending in mended:
        for edit in mending.edits:
            if planned.setdefault(edit.path, edit).after != edit.after:
                hint = "plan for one of them: --product, --config"
                why = f"{edit.path}: several instances read it, and need it changed differently"
                return Refusal(why=why, hint=hint)
    return None


def _locked_out(before: tuple[Posture, ...], after: tuple[Posture, ...]) -> Refusal | None:
    for was, would_be in zip(before, after, strict=True):
        if name := left_without_login(was, would_be):
            return Refusal(
                why=f"{would_be.product} {name} ({would_be.config}): no usable mechanism would be left",
                hint="set up another mechanism first (PLAIN over TLS, SCRAM, OAUTHBEARER), then plan again",
            )
        if silenced := left_silent(was, would_be):
            return _silenced(would_be, *silenced)
    return None


def _silenced(posture: Posture, service: Service, state: Security) -> Refusal:
    """A server that ends where it has nothing to announce takes its other clients along, and mail of strangers."""
    bars = [bar for bar in (service.delegation.bars if service.delegation else ()) if state in bar.states]
    cause = f", for {bars[0].place.said} ({bars[0].place.where})" if bars else ""
    when = "before TLS" if state is Security.PLAIN else "with TLS"
    why = f"{posture.product} {service.name} would have no mechanism left to announce {when}{cause}: it ends of that"
    first = "demand TLS before logins first: plan --goal require-tls"
    return Refusal(
        why=f"{why}, and takes no mail any more",
        hint=first if state is Security.PLAIN else "let it accept a usable mechanism with TLS first",
    )


def _cut_off(each: Surveyed) -> Refusal:
    why = f"{each.posture.product} ({each.posture.config}) was not read to its end: {each.files.cut}"
    return Refusal(why=why, hint="what was not read may say otherwise: tightlip audit names where it was cut off")


def _contradicted(each: Surveyed) -> Refusal | None:
    note = next((note for note in each.posture.notes if note.kind is NoteKind.CONTRADICTION), None)
    if note is None:
        return None
    return Refusal(
        why=f"{each.posture.product}: {note.text}",
        hint="what the product itself says and what its files say must agree before anything is changed",
    )


def _declined(each: Surveyed, outcome: Declined, all_of_them: Sequence[Surveyed]) -> Refusal:
    """Why one product declines, with its place once, and how to plan for the others all the same.

    Not for those that it asks: what becomes of it then would not be looked at.
    """
    asked = {service.delegation.product for service in each.posture.services if service.delegation}
    others = sorted({other.posture.product for other in all_of_them} - {each.posture.product} - asked)
    hint = f"this is {each.plug.title}; nothing was changed"
    if others:
        hint += f". To plan without it: {' '.join(f'--product {name}' for name in others)}"
    return Refusal(why=f"{_before(outcome)}{outcome.why}", hint=hint)


def _before(outcome: Declined) -> str:
    """The place, where the reason does not name it itself."""
    if outcome.place is None or outcome.place.file in outcome.why:
        return ""
    line = "" if outcome.place.line is None else f", line {outcome.place.line}"
    return f"{outcome.place.file}{line}: "


def _text(files: Files, path: str) -> bytes:
    return next(file.reading.text for file in files.files if file.path == path)
