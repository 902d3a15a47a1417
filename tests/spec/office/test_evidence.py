"""The photo with the passport: kept sealed, for a purpose, and not for long."""

import attrs
import pytest

from emrcore import rules
from emrcore.adapters.memory import MemoryBlobs
from emrcore.applications import ApplicationId, Kept, form
from emrcore.errors import Corrupt, Malformed, RuleBroken, Unavailable
from emrcore.people import PersonId
from emrcore.rulebook import Check
from lives import actions, album, apply, check_all, is_decided, now_is, picture, reject
from world import Town


class Broken(MemoryBlobs):
    """Keeps nothing today."""

    def put(self, id: str, content: bytes) -> None:  # noqa: A002, ARG002
        raise Unavailable("blobs")


class Deciding(MemoryBlobs):
    """While it takes a picture in, an operator decides and a worker deletes."""

    def __init__(self, town: Town, application: ApplicationId) -> None:
        super().__init__()
        self.town, self.application = town, application

    def put(self, id: str, content: bytes) -> None:  # noqa: A002
        reject(self.town, self.application)
        assert self.town.office.delete_evidence(album=attrs.evolve(album(), blobs=self)) == 1
        super().put(id, content)


def test_the_picture_is_sealed(town: Town) -> None:
    """APP-22, STO-3: what lies with the host is neither a picture nor base64 of one."""
    town.move_in()
    application, where = apply(town), album()
    photo = town.office.keep_photo(town.account, application, picture(), album=where)
    sealed = where.blobs.get(photo)
    assert sealed
    assert b"\xff\xd8\xff" not in sealed
    shown = town.office.show_photo(town.account.id, photo, by=town.operator, album=where)
    assert shown not in sealed
    assert actions(town)[-1] == "evidence-shown.1"
    where.blobs.put(photo, sealed[:-8] + b"AAAAAAA=")
    with pytest.raises(Corrupt):
        town.office.show_photo(town.account.id, photo, by=town.operator, album=where)


def test_a_bad_picture_leaves_nothing(town: Town) -> None:
    """APP-21: refused with its faults, before anything is written."""
    town.move_in()
    application = apply(town)
    steps = actions(town)
    with pytest.raises(Malformed):
        town.office.keep_photo(town.account, application, b"%PDF-1.7", album=album())
    assert actions(town) == steps


def test_a_new_photo_opens_the_check_again(town: Town) -> None:
    """APP-6: a verdict is about the photo it was made of."""
    town.move_in()
    application = apply(town)
    check_all(town, application)
    town.office.keep_photo(town.account, application, picture(), album=album())
    (task,) = town.office.queue()
    assert task.missing == (Check.PHOTO,)


def test_nobody_else_sends_or_sees_it(town: Town) -> None:
    """APP-7, APP-13: not another person by the account, and not the applicant as an operator."""
    town.move_in()
    application, where = apply(town), album()
    stranger = attrs.evolve(town.account, person=PersonId("stranger"))
    with pytest.raises(RuleBroken) as sending:
        town.office.keep_photo(stranger, application, picture(), album=where)
    photo = town.office.keep_photo(town.account, application, picture(), album=where)
    herself = attrs.evolve(town.operator, person=town.account.person)
    with pytest.raises(RuleBroken) as seeing:
        town.office.show_photo(town.account.id, photo, by=herself, album=where)
    assert (sending.value.rule, seeing.value.rule) == (rules.APP_13, rules.APP_7)


def test_the_end_is_on_record_before_the_picture(town: Town) -> None:
    """APP-22: when the picture cannot be kept, what is left is a day to delete it on."""
    town.move_in()
    application = apply(town)
    where = attrs.evolve(album(), blobs=Broken())
    with pytest.raises(Unavailable):
        town.office.keep_photo(town.account, application, picture(), album=where)
    (kept,) = town.office.find_evidence(town.account.id)
    assert isinstance(kept, Kept)
    with pytest.raises(Unavailable):
        town.office.show_photo(town.account.id, kept.id, by=town.operator, album=where)


def test_no_picture_outlives_its_deletion(town: Town) -> None:
    """APP-22: one that comes in while its application is decided is not left behind."""
    town.move_in()
    application = apply(town)
    blobs = Deciding(town, application)
    where = attrs.evolve(album(), blobs=blobs)
    photo = town.office.keep_photo(town.account, application, picture(), album=where)
    assert is_decided(now_is(town, application))
    assert blobs.get(photo) is None


def test_what_is_known_of_it_is_no_picture(town: Town) -> None:
    """APP-22: a hash, a size, a verdict, a purpose and an end."""
    town.move_in()
    application = apply(town)
    town.office.keep_photo(town.account, application, picture(), album=album())
    (kept,) = town.office.find_evidence(town.account.id)
    assert isinstance(kept, Kept)
    assert len(kept.digest) == 64
    assert kept.seen.colour
    assert kept.application == form(now_is(town, application)).id
