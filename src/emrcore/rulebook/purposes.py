"""What a look at a card is for."""

import enum


class PurposeOfUse(enum.StrEnum):
    """What a look is for, by the codes of HL7 PurposeOfUse."""

    PATIENT_REQUEST = "PATRQT"
    FAMILY_REQUEST = "FAMRQT"
    ATTORNEY = "PWATRNY"
    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    COORDINATION = "COC"
    OPERATIONS = "HOPERAT"
    SAFETY = "PATSFTY"
