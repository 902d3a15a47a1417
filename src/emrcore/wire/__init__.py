"""How values are written, so that they can be read for as long as records are kept."""

from emrcore.wire.codec import TAGS, canonical, decode, decode_any, encode, tag

__all__ = ["TAGS", "canonical", "decode", "decode_any", "encode", "tag"]
