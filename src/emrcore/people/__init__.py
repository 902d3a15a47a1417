"""Persons and their ages, identity papers and guardianship facts.

Ages and standings are loaded at once and everything else when it is first asked for: whoever reads
a rulebook pays for no fact, and whoever decides for no paper.
"""

import importlib
from typing import TYPE_CHECKING

from emrcore.people.ages import AgeConvention, LeapBirthday, age_on, has_reached, reached_on
from emrcore.people.standing import AccountLevel, CapacityKind, KinshipStatus

if TYPE_CHECKING:
    from emrcore.people.birth_certificate import BirthCertificate, parse_birth_certificate
    from emrcore.people.family import (
        Assent,
        Assessment,
        Capacity,
        Custody,
        Fact,
        Kinship,
        Nomination,
        OptOut,
        PolicyCover,
        Residence,
        Restriction,
        Tie,
    )
    from emrcore.people.identity import IdentityPapers, parse_identity
    from emrcore.people.mobile import Mobile, parse_mobile
    from emrcore.people.oms import OldPolicy, Policy, TemporaryCertificate, UnifiedPolicy, parse_oms
    from emrcore.people.passport import Passport, parse_passport
    from emrcore.people.persons import (
        Account,
        AccountId,
        Card,
        PatientId,
        Person,
        PersonId,
        PersonName,
        Sex,
    )
    from emrcore.people.snils import Snils, parse_snils

_HOME = {
    "BirthCertificate": "emrcore.people.birth_certificate",
    "parse_birth_certificate": "emrcore.people.birth_certificate",
    "Assent": "emrcore.people.family",
    "Assessment": "emrcore.people.family",
    "Capacity": "emrcore.people.family",
    "Custody": "emrcore.people.family",
    "Fact": "emrcore.people.family",
    "Kinship": "emrcore.people.family",
    "Nomination": "emrcore.people.family",
    "OptOut": "emrcore.people.family",
    "PolicyCover": "emrcore.people.family",
    "Residence": "emrcore.people.family",
    "Restriction": "emrcore.people.family",
    "Tie": "emrcore.people.family",
    "IdentityPapers": "emrcore.people.identity",
    "parse_identity": "emrcore.people.identity",
    "Mobile": "emrcore.people.mobile",
    "parse_mobile": "emrcore.people.mobile",
    "OldPolicy": "emrcore.people.oms",
    "Policy": "emrcore.people.oms",
    "TemporaryCertificate": "emrcore.people.oms",
    "UnifiedPolicy": "emrcore.people.oms",
    "parse_oms": "emrcore.people.oms",
    "Passport": "emrcore.people.passport",
    "parse_passport": "emrcore.people.passport",
    "Account": "emrcore.people.persons",
    "AccountId": "emrcore.people.persons",
    "Card": "emrcore.people.persons",
    "PatientId": "emrcore.people.persons",
    "Person": "emrcore.people.persons",
    "PersonId": "emrcore.people.persons",
    "PersonName": "emrcore.people.persons",
    "Sex": "emrcore.people.persons",
    "Snils": "emrcore.people.snils",
    "parse_snils": "emrcore.people.snils",
}

__all__ = [
    "Account",
    "AccountId",
    "AccountLevel",
    "AgeConvention",
    "Assent",
    "Assessment",
    "BirthCertificate",
    "Capacity",
    "CapacityKind",
    "Card",
    "Custody",
    "Fact",
    "IdentityPapers",
    "Kinship",
    "KinshipStatus",
    "LeapBirthday",
    "Mobile",
    "Nomination",
    "OldPolicy",
    "OptOut",
    "Passport",
    "PatientId",
    "Person",
    "PersonId",
    "PersonName",
    "Policy",
    "PolicyCover",
    "Residence",
    "Restriction",
    "Sex",
    "Snils",
    "TemporaryCertificate",
    "Tie",
    "UnifiedPolicy",
    "age_on",
    "has_reached",
    "parse_birth_certificate",
    "parse_identity",
    "parse_mobile",
    "parse_oms",
    "parse_passport",
    "parse_snils",
    "reached_on",
]


def __getattr__(name: str) -> object:
    """Load *name* from the module it lives in."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'emrcore.people' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
