"""The reason of an answer, said to the citizen."""

from emrcore.access.view import Reason
from emrcore.texts import Language, marked, say

SENTENCES = {
    "ACC-1": marked("The record opens to patients on {constant}."),
    "ACC-2": marked("The own card is shown to the patient in person."),
    "ACC-3": marked("The own card opens at the age of {constant}."),
    "ACC-4": marked("Parents see the card of a child under {constant}."),
    "ACC-5": marked("The family tie is not confirmed in the account."),
    "ACC-6": marked("An authority has restricted access to this card."),
    "ACC-7": marked("Access has ended with the death of the patient."),
    "ACC-8": marked("Access has not been granted: file an application."),
    "ACC-9": marked("The section is announced and not open yet."),
    "ACC-10": marked("Documents are shown from {constant} on."),
    "ACC-11": marked("Documents of an unknown kind or date are not shown."),
    "ACC-12": marked("The section is not meant for this kind of viewer."),
    "ACC-13": marked("The document is not published yet."),
    "ACC-16": marked("Some documents are withheld from this viewer."),
    "ACC-17": marked("A fact that is asked for is not in the register."),
    "ACC-18": marked("The patient's legal capacity decides, not the age."),
    "ACC-19": marked("The document is not released yet."),
    "ACC-20": marked("Nobody sees the card in this capacity."),
    "ACC-21": marked("What is dated in a time of opting out is not shown."),
    "SCT-1": marked("The section is closed since {constant}."),
    "ACC-15": marked("Documents are shown whatever their date."),
    "SHR-2": marked("The section is not part of the share."),
}
"""What a citizen is told of each rule that can decide; the keys are rule ids."""


def explain(reason: Reason, language: Language) -> str:
    """*reason* as one sentence in *language*."""
    return say(language, SENTENCES[reason.rule.id], constant=reason.constant)
