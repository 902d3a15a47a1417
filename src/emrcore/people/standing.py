"""How somebody stands to a portal, to a family and to the law: the words a rulebook may name.

They stand apart from the facts that carry them, so that reading a rulebook loads no fact.
"""

import enum


class AccountLevel(enum.StrEnum):
    """How far the portal has proven whose login it is, least first."""

    SIMPLIFIED = "simplified"
    STANDARD = "standard"
    FULL = "full"


class KinshipStatus(enum.StrEnum):
    """What has become of the claim that *guardian* is a parent of *ward*."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ENDED = "ended"


class CapacityKind(enum.StrEnum):
    """How far a person acts in law."""

    FULL = "full"
    LIMITED = "limited"
    NONE = "none"
