"""Persons and their ages, identity papers and guardianship facts."""

from emrcore.people.ages import AgeConvention, LeapBirthday, age_on, has_reached, reached_on
from emrcore.people.birth_certificate import BirthCertificate, parse_birth_certificate
from emrcore.people.family import (
    Assent,
    Assessment,
    Capacity,
    CapacityKind,
    Custody,
    Fact,
    Kinship,
    KinshipStatus,
    Nomination,
    OptOut,
    PolicyCover,
    Residence,
    Restriction,
    Tie,
)
from emrcore.people.identity import IdentityPapers, parse_identity
from emrcore.people.mobile import Mobile, parse_mobile
from emrcore.people.oms import (
    OldPolicy,
    Policy,
    TemporaryCertificate,
    UnifiedPolicy,
    parse_oms,
)
from emrcore.people.passport import Passport, parse_passport
from emrcore.people.persons import (
    Account,
    AccountId,
    AccountLevel,
    Card,
    PatientId,
    Person,
    PersonId,
    PersonName,
    Sex,
)
from emrcore.people.snils import Snils, parse_snils

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
