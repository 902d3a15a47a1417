"""What the applicant reads about a question or a rejection."""

import types
from collections.abc import Mapping

from emrcore.applications.events import Question
from emrcore.applications.outcomes import Rejection
from emrcore.texts import Language, marked, say

_TEXTS: Mapping[Question | Rejection, str] = types.MappingProxyType(
    {
        Question.PHOTO_UNCLEAR: marked(
            "The photo does not show you and the open passport clearly: send another one."
        ),
        Question.PAPERS_DIFFER: marked(
            "The passport, the policy and the account do not say the same: say which is right."
        ),
        Question.KINSHIP_UNPROVEN: marked(
            "The family tie could not be found in the register: have it confirmed in the account."
        ),
        Question.POLICY_UNKNOWN: marked(
            "The insurance policy could not be found: check whether it is valid in this city."
        ),
        Rejection.NO_RECORD_YET: marked(
            "There is no medical record yet: it begins with the first visit to a clinic."
        ),
        Rejection.IDENTITY_NOT_VERIFIED: marked("It could not be verified who you are."),
        Rejection.POLICY_NOT_VALID: marked("The insurance policy is not valid here."),
        Rejection.NOT_ENTITLED: marked("Your right to this record is not proven."),
        Rejection.NO_CONSENT: marked("The patient does not consent."),
        Rejection.LACKS_CAPACITY: marked("You cannot act for the patient."),
        # What is feared must not be told to whom it is feared of.
        Rejection.SAFEGUARDING: marked("The record cannot be opened to you."),
        Rejection.NOT_NEEDED: marked("Access to this record is not needed."),
    }
)


def told(what: Question | Rejection, language: Language) -> str:
    """*what* as the applicant reads it in *language*."""
    return say(language, _TEXTS[what])
