"""Another implementation of SMART Health Links, npm's kill-the-clipboard: both ways.

The office is served on loopback by the handlers of the manual. Where npm's registry cannot be
reached this is not tested, aloud.
"""

import json
from collections.abc import Generator

import pytest

import clipboard_js
from emrcore.adapters import smart_health_links as shl
from emrcore.office import Citizen
from links import Portal, serving
from shares import DOCTOR, SECTIONS, share, signed_in, wrong
from world import Town, new_town


@pytest.fixture(scope="module")
def package(request: pytest.FixtureRequest) -> None:
    """The package, installed."""
    try:
        clipboard_js.install()
    except clipboard_js.NoPackageError as failure:
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            why = f"\nNOT TESTED AGAINST kill-the-clipboard: {failure}"
            reporter.write_line(why, red=True, bold=True)
        pytest.skip(f"no kill-the-clipboard: {failure}")


@pytest.fixture
def town() -> Town:
    """A town on 14 January 2020, at ten in the morning."""
    return new_town()


@pytest.fixture
def mother(town: Town) -> Citizen:
    """The mother at her own card."""
    return signed_in(town)


@pytest.fixture
def portal(town: Town, package: None, mother: Citizen) -> Generator[Portal]:  # noqa: ARG001
    """The town's office, served."""
    with serving(town.office) as found:
        yield found


@pytest.mark.parametrize("most", [None, 0, 10**6], ids=["as it comes", "fetched", "embedded"])
def test_it_opens_ours(town: Town, mother: Citizen, portal: Portal, most: int | None) -> None:
    """SHL-1, SHL-2, SHL-4: with the passcode it sees the documents, within the answer or apart."""
    made = share(town, mother)
    told = clipboard_js.read(portal.link(made), recipient=DOCTOR, passcode=made.passcode, most=most)
    (bundle,) = told["resources"]
    references = [one["resource"] for one in bundle["entry"]]
    identifiers = {
        one["masterIdentifier"]["value"]
        for one in references
        if one["resourceType"] == "DocumentReference"
    }
    assert identifiers == set(SECTIONS)
    assert (told["flag"], told["label"]) == ("LP", "Медицинская карта")


def test_it_understands_a_wrong_passcode(town: Town, mother: Citizen, portal: Portal) -> None:
    """SHR-4, SHL-4: 401 to it is a wrong passcode, and 404 a link that leads nowhere any more."""
    made = share(town, mother)
    link = portal.link(made)
    first = clipboard_js.read(link, recipient=DOCTOR, passcode=wrong(made))
    assert first["error"] == "SHL_INVALID_PASSCODE_ERROR"
    town.office.end_share(mother, town.own, made.share.id)
    second = clipboard_js.read(link, recipient=DOCTOR, passcode=made.passcode)
    assert second["error"] == "SHL_MANIFEST_NOT_FOUND_ERROR"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("most", [0, 10**6], ids=["fetched", "embedded"])
@pytest.mark.usefixtures("package")
def test_we_open_its(*, compressed: bool, most: int) -> None:
    """SHL-1, SHL-2, SHL-3: its link, its manifest and its file, packed or not."""
    resource = {"resourceType": "Bundle", "type": "collection", "id": "анна" * 1000}
    told = clipboard_js.write("https://x.example", resource, compressed=compressed, most=most)
    link = shl.read_link(told["link"])
    assert link.flags == {shl.Flag.LONG_TERM, shl.Flag.PASSCODE}
    assert link.label == "Результаты"
    body = json.dumps(told["manifest"]).encode()
    (listed,) = shl.read_manifest(body, largest=10**6)
    name = (listed.location or "").rpartition("/")[2]
    file = shl.decrypt(listed.embedded or told["files"][name], key=link.key)
    assert file.content_type == listed.content_type == shl.FHIR
    assert json.loads(file.content) == resource
