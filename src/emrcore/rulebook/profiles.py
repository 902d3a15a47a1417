"""How one gets in, by the standard somebody is held to, for any rulebook."""

import functools
import pathlib
import tomllib

from emrcore import rules
from emrcore.errors import Fault, Malformed
from emrcore.rulebook.entry import EntryRule
from emrcore.rulebook.reading import read_entry, read_sources, unknown_sources
from emrcore.rulebook.tables import Places, Report, Table, a_text

_FILE = pathlib.Path(__file__).parents[1] / "rulebooks" / "profiles" / "entry.toml"


def entry_profile(name: str) -> EntryRule:
    """The entry rule of that *name*; each is stricter than the one before it.

    ``default``; ``nist-aal2``: first passwords on demand; ``bank``: longer codes, shorter sessions;
    ``asvs-l3``: no SMS.

    Raises:
        Malformed: there is none of that name.
    """
    found = _profiles().get(name)
    if found is None:
        known = ", ".join(_profiles())
        fault = Fault("name", f"not one of {known}", rules.RB_1)
        raise Malformed(f"entry profile {name!r}", (fault,))
    return found


def profile_names() -> tuple[str, ...]:
    """The names of the profiles that come with the library, the loosest first."""
    return tuple(_profiles())


@functools.cache
def _profiles() -> dict[str, EntryRule]:
    content = _FILE.read_text("utf-8")
    report = Report(Places(content, _FILE.name))
    top = Table(tomllib.loads(content), (), report)
    sources = read_sources(top)
    found: dict[str, EntryRule] = {}
    for table in top.array("edition"):
        name = table.plain("profile", a_text, "")
        found[name] = read_entry(table.table("entry"))
        table.close()
    top.close()
    for path, what in unknown_sources(sources, report.citations):
        report.fault(path, what, rules.RB_2)
    if report.faults:
        raise Malformed(_FILE.name, tuple(report.faults))
    return found
