"""The link as a picture, to be read off a screen or a sheet of paper (SHL-5)."""

import io

import segno

from emrcore import rules
from emrcore.errors import Fault, Malformed

_SCALE = 4


def svg(link: str, *, scale: int = _SCALE) -> bytes:
    """*link* as an SVG drawing, *scale* units to a module.

    Raises:
        Malformed: the link is too long for a QR code.
    """
    out = io.BytesIO()
    _code(link).save(out, kind="svg", scale=scale)
    return out.getvalue()


def png(link: str, *, scale: int = _SCALE) -> bytes:
    """*link* as a PNG picture, *scale* pixels to a module.

    Raises:
        Malformed: the link is too long for a QR code.
    """
    out = io.BytesIO()
    _code(link).save(out, kind="png", scale=scale)
    return out.getvalue()


def _code(link: str) -> segno.QRCode:
    """Level M exactly, as the specification recommends: a higher one makes smaller modules."""
    try:
        return segno.make_qr(link, error="m", boost_error=False)
    except segno.DataOverflowError:
        raise Malformed(
            "link", (Fault("link", "is too long for a QR code", rules.SHL_5),)
        ) from None
