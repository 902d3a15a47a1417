"""Applications in the states that the manual's sentences begin with."""

import io

from PIL import Image

from emrcore.adapters.memory import MemoryBlobs
from emrcore.adapters.photos import PillowPhotos
from emrcore.applications import (
    Application,
    ApplicationId,
    Asked,
    Decided,
    Paper,
    Question,
    Rejection,
    form,
)
from emrcore.office import Album
from emrcore.ports import Shard
from emrcore.rulebook import Check, Role
from world import Town


def album() -> Album:
    """Pictures kept in memory."""
    return Album(photos=PillowPhotos(), blobs=MemoryBlobs())


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    """A picture of red, as bytes."""
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, kind, **options)
    return drawn.getvalue()


def apply(town: Town, *, own: bool = True, wards: bool = False) -> ApplicationId:
    """File for the own card, for the child's, or for both."""
    asked = (
        *((Asked(patient=town.own, role=Role.SELF),) if own else ()),
        *((Asked(patient=town.wards, role=Role.GUARDIAN),) if wards else ()),
    )
    return form(town.office.file(town.account, asked=asked, papers=town.papers)).id


def check_all(town: Town, application: ApplicationId) -> None:
    """Let every check pass."""
    for check in Check:
        town.office.record_check(
            town.account.id, application, check=check, passed=True, by=town.operator
        )


def ask(town: Town, application: ApplicationId) -> Application:
    """Ask for a better photo."""
    return town.office.ask(
        town.account.id, application, questions=(Question.PHOTO_UNCLEAR,), by=town.operator
    )


def send_back(town: Town, application: ApplicationId) -> Application:
    """Have the passport corrected."""
    return town.office.send_back(
        town.account.id, application, papers=(Paper.PASSPORT,), by=town.operator
    )


def reject(town: Town, application: ApplicationId) -> Application:
    """Refuse the own card."""
    return town.office.reject(
        town.account.id, application, town.own, why=Rejection.NOT_ENTITLED, by=town.operator
    )


def in_state(town: Town, name: str) -> ApplicationId:
    """An application for the own card, checked, in the state called *name*."""
    application = apply(town)
    check_all(town, application)
    bring = {"Filed": None, "Suspended": ask, "Returned": send_back, "Decided": reject}[name]
    if bring:
        bring(town, application)
    return application


def now_is(town: Town, application: ApplicationId) -> Application:
    """What has become of it."""
    found = town.office.find_applications(town.account.id)
    return next(one for one in found if form(one).id == application)


def actions(town: Town, shard: Shard | None = None) -> list[str]:
    """What the journal of the account says, in order."""
    place = shard or Shard.of_account(town.account.id)
    return [link.entry.action for link in town.office.storage.links(place)]


def is_decided(state: Application) -> bool:
    """Whether nothing is open any more."""
    return isinstance(state, Decided)
