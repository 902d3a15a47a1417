"""Pictures looked at and drawn anew by Pillow (the extra ``photos``).

What is kept is a JPEG made here from the decoded pixels alone, so that nothing else of what came in
survives: no EXIF and no place, no XMP, no colour profile, no comment, no bytes behind the picture.
Phones put harmless things there, which are dropped; what also reads as a PDF or a ZIP is refused.
"""

import io
from collections.abc import Iterator

import attrs
from PIL import Image, ImageChops, ImageOps

from emrcore import rules
from emrcore.applications import Seen
from emrcore.errors import Fault, Malformed
from emrcore.ports import Photo

_TYPES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_PDF, _PDF_WITHIN = b"%PDF-", 1024
_ZIP, _ZIP_WITHIN = b"PK\x05\x06", 22 + 65535
_SAMPLE = 64
_TINT = 24
_QUALITY = 90


@attrs.frozen(kw_only=True)
class PillowPhotos:
    """Takes pictures of up to ``most_bytes`` and ``most_pixels``, ``least_side`` pixels at least.

    Of a larger picture, one of ``longest_side`` pixels is kept, on which a passport can be read.
    The two upper limits hold before anything is decoded.
    """

    most_bytes: int = 12 * 1024 * 1024
    most_pixels: int = 25_000_000
    least_side: int = 200
    longest_side: int = 2400

    def redraw(self, content: bytes) -> Photo:
        """See ``Photos.redraw``."""
        faults = [*self._outside(content)]
        _refuse(faults)
        try:
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
                faults += self._inside(image)
                _refuse(faults)
                picture = _flat(self._upright(image))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _malformed([self._too_many()]) from None
        except Malformed:
            raise
        except Exception:  # noqa: BLE001 - a decoder fails on hostile bytes in any way it likes
            raise _malformed([_fault("cannot be decoded: it is damaged or cut short")]) from None
        return _photo(picture)

    def _outside(self, content: bytes) -> Iterator[Fault]:
        """What can be told before anything is read as a picture."""
        if len(content) > self.most_bytes:
            yield _fault(f"is larger than {self.most_bytes} bytes")
        if not content.startswith(_TYPES):
            yield _fault("is neither a JPEG nor a PNG picture by its content")
        if _PDF in content[:_PDF_WITHIN]:
            yield _fault("reads as a PDF as well")
        if _ZIP in content[-_ZIP_WITHIN:]:
            yield _fault("reads as a ZIP archive as well")

    def _inside(self, image: Image.Image) -> Iterator[Fault]:
        """What the header tells before anything is decoded."""
        if image.width * image.height > self.most_pixels:
            yield self._too_many()
        if min(image.size) < self.least_side:
            yield _fault(f"is less than {self.least_side} pixels wide or high")
        # A phone's JPEG may hold a second picture, such as a preview; only the first is drawn.
        if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
            yield _fault("is animated")

    def _too_many(self) -> Fault:
        return _fault(f"has more than {self.most_pixels} pixels")

    def _upright(self, image: Image.Image) -> Image.Image:
        """*image* decoded, not larger than needed, and turned as the camera was held."""
        image.thumbnail((self.longest_side, self.longest_side))
        return ImageOps.exif_transpose(image)


def _flat(image: Image.Image) -> Image.Image:
    """*image* in 8-bit colour on white, with no memory of where it came from."""
    if image.mode.startswith("I"):
        # 16 bits of grey: scaled, where a mere conversion would cut off all but the darkest.
        wide = image.convert("I")
        image = wide.point(lambda value: value * (1 / 256)).convert("L")  # pyright: ignore[reportUnknownMemberType]
    picture = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        seen_through = image.convert("RGBA")
        picture.paste(seen_through, mask=seen_through.getchannel("A"))
    else:
        picture.paste(image.convert("RGB"))
    return picture


def _photo(picture: Image.Image) -> Photo:
    drawn = io.BytesIO()
    picture.save(drawn, "JPEG", quality=_QUALITY)
    seen = Seen(
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        colour=_has_colour(picture),
    )
    return Photo(content=drawn.getvalue(), seen=seen)


def _has_colour(picture: Image.Image) -> bool:
    """Whether more than a hundredth of *picture* is tinted, beyond the noise of a grey scan."""
    size = (_SAMPLE, _SAMPLE)
    sample = picture.resize(size, Image.Resampling.BOX)  # pyright: ignore[reportUnknownMemberType]
    red, green, blue = sample.split()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    tints = ImageChops.subtract(lightest, darkest).histogram()
    return sum(tints[_TINT:]) * 100 > _SAMPLE * _SAMPLE


def _fault(what: str) -> Fault:
    return Fault("photo", what, rules.APP_21)


def _malformed(faults: list[Fault]) -> Malformed:
    return Malformed("photo", tuple(faults))


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise _malformed(faults)
