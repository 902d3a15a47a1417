"""Pictures as they come in, and what is left of them."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from emrcore.adapters.photos import PillowPhotos
from emrcore.errors import Malformed
from lives import picture

PHOTOS = PillowPhotos()
RED = (200, 30, 30)
SECRET = b"55.7558 N, Vera"


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    drawn = io.BytesIO()
    image.save(drawn, kind, **options)
    return drawn.getvalue()


def faults(content: bytes, photos: PillowPhotos = PHOTOS) -> list[str]:
    with pytest.raises(Malformed) as error:
        photos.redraw(content)
    assert {fault.where for fault in error.value.faults} == {"photo"}
    return [fault.what for fault in error.value.faults]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def with_exif(**options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (55.0, 45.0, 21.0)
    if "turned" in options:
        exif[0x0112] = options.pop("turned")
    return saved(Image.new("RGB", (400, 300), RED), "JPEG", exif=exif, **options)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def as_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", "y")
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_drawn_anew(kind: str) -> None:
    """APP-21: a JPEG or a PNG becomes a JPEG of the same size and colour."""
    photo = PHOTOS.redraw(picture(kind))
    assert (photo.seen.media_type, photo.seen.width, photo.seen.height) == ("image/jpeg", 400, 300)
    assert photo.seen.colour
    drawn = opened(photo.content).convert("RGB").getpixel((200, 150))
    assert isinstance(drawn, tuple)
    assert all(abs(a - b) < 8 for a, b in zip(drawn, RED, strict=True))
    assert "content" not in repr(photo)


def test_exif_and_the_place_are_gone() -> None:
    """APP-21: neither the place nor any other tag is left, in the tags or anywhere in the bytes."""
    content = with_exif()
    assert opened(content).getexif().get_ifd(0x8825)[1] == "N"
    assert SECRET in content
    kept = PHOTOS.redraw(content).content
    assert not opened(kept).getexif()
    assert SECRET not in kept
    assert b"Exif" not in kept


def test_every_other_rider_is_gone() -> None:
    """APP-21: no XMP, colour profile, comment or text is left, and nothing behind the picture."""
    profile = bytes(128) + SECRET
    image = Image.new("RGB", (400, 300), RED)
    xmp = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    jpeg = saved(image, "JPEG", icc_profile=profile, xmp=xmp, comment=SECRET) + SECRET
    text = PngInfo()
    text.add_text("Author", SECRET.decode())
    png = saved(image, "PNG", icc_profile=profile, pnginfo=text) + SECRET
    for content in (jpeg, png):
        assert SECRET in content
        kept = PHOTOS.redraw(content).content
        assert SECRET not in kept
        assert set(opened(kept).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_turned_as_the_camera_was_held() -> None:
    """APP-21: the orientation is drawn, since its tag is gone."""
    photo = PHOTOS.redraw(with_exif(turned=6))
    assert (photo.seen.width, photo.seen.height) == (300, 400)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GIF89a" + bytes(100), id="GIF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(saved(Image.new("RGB", (400, 300)), "WEBP"), id="WebP"),
        pytest.param(saved(Image.new("RGB", (400, 300)), "BMP"), id="BMP"),
    ],
)
def test_another_type(content: bytes) -> None:
    """APP-21: the type is told by the content, whatever the file was called."""
    assert faults(content) == ["is neither a JPEG nor a PNG picture by its content"]


def test_polyglots() -> None:
    """APP-21: what also reads as an archive or a PDF is refused, and every fault is told."""
    assert faults(picture() + as_zip()) == ["reads as a ZIP archive as well"]
    pdf = saved(Image.new("RGB", (400, 300)), "JPEG", comment=b"%PDF-1.7")
    assert faults(pdf) == ["reads as a PDF as well"]
    assert faults(pdf + as_zip()) == ["reads as a PDF as well", "reads as a ZIP archive as well"]
    assert faults(b"%PDF-1.7" + as_zip())[0].startswith("is neither")


@pytest.mark.parametrize("side", [5001, 10_000, 60_000])
def test_a_bomb_is_not_decoded(side: int) -> None:
    """APP-21: more pixels than allowed are refused by what the header says."""
    assert faults(bomb(side, 5000 if side == 5001 else side)) == ["has more than 25000000 pixels"]


def test_limits() -> None:
    """APP-21: at a limit is allowed, one beyond is not; all faults of a header come at once."""
    content = picture("PNG", size=(300, 200))
    exactly = PillowPhotos(most_bytes=len(content), most_pixels=60_000, least_side=200)
    assert exactly.redraw(content).seen.width == 300
    assert faults(content, PillowPhotos(most_bytes=len(content) - 1)) == [
        f"is larger than {len(content) - 1} bytes"
    ]
    narrow = PillowPhotos(most_pixels=59_999, least_side=201)
    assert faults(content, narrow) == [
        "has more than 59999 pixels",
        "is less than 201 pixels wide or high",
    ]
    assert faults(picture(size=(1, 1))) == ["is less than 200 pixels wide or high"]


def test_a_large_picture_is_kept_smaller() -> None:
    """APP-21: no more is kept than is needed to read a passport."""
    seen = PHOTOS.redraw(picture(size=(4800, 3600))).seen
    assert (seen.width, seen.height) == (2400, 1800)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(kind: str, share: float) -> None:
    """APP-21: a picture that is cut short is refused, not shown in part."""
    noise = Image.effect_noise((400, 300), 80)
    content = saved(noise, kind)
    assert faults(content[: int(len(content) * share)]) == [
        "cannot be decoded: it is damaged or cut short"
    ]


def test_damaged() -> None:
    """APP-21: a signature alone makes no picture."""
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        assert faults(start + b"x" * 500) == ["cannot be decoded: it is damaged or cut short"]


def test_animated() -> None:
    """APP-21: a PNG of several pictures is refused: which of them would be checked?"""
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "green")]
    content = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert faults(content) == ["is animated"]


@pytest.mark.parametrize(
    ("mode", "kind", "colour", "fill"),
    [
        ("L", "JPEG", False, 128),
        ("L", "PNG", False, 128),
        ("1", "PNG", False, 1),
        ("LA", "PNG", False, (128, 255)),
        ("I;16", "PNG", False, 128 * 256),
        ("CMYK", "JPEG", True, (0, 200, 200, 20)),
        ("RGBA", "PNG", True, (200, 30, 30, 255)),
    ],
)
def test_every_kind_of_pixel(mode: str, kind: str, colour: bool, fill: Any) -> None:
    """APP-21: grey, black and white, 16 bits, print colours: drawn in RGB, with a verdict."""
    photo = PHOTOS.redraw(saved(Image.new(mode, (400, 300), fill), kind))
    drawn = opened(photo.content)
    assert drawn.mode == "RGB"
    assert photo.seen.colour is colour
    if fill in (128, 128 * 256):
        shade = drawn.getpixel((9, 9))
        assert isinstance(shade, tuple)
        assert abs(shade[0] - 128) < 4


def test_a_palette_with_colour() -> None:
    """APP-21: a picture of few colours is one in colour."""
    content = saved(Image.new("RGB", (400, 300), RED).quantize(4), "PNG")
    assert PHOTOS.redraw(content).seen.colour


def test_a_grey_scan_in_colour_is_grey() -> None:
    """APP-21: the noise of a scanner is no colour."""
    grey = Image.effect_noise((400, 300), 60)
    shade = Image.new("L", grey.size, 6)
    tinted = Image.merge(
        "RGB", (ImageChops.add(grey, shade), grey, ImageChops.subtract(grey, shade))
    )
    assert not PHOTOS.redraw(saved(tinted, "JPEG")).seen.colour


def test_what_is_transparent_is_not_uncovered() -> None:
    """APP-21: what nobody could see stays unseen: it is drawn in white."""
    hidden = saved(Image.new("RGBA", (400, 300), (200, 30, 30, 0)), "PNG")
    assert opened(PHOTOS.redraw(hidden).content).getpixel((9, 9)) == (255, 255, 255)
