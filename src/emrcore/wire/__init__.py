"""How values are written, so that they can be read for as long as records are kept."""

from emrcore.wire.codec import TAGS, Done, canonical, decode, decode_any, encode, plain, tag

__all__ = ["TAGS", "Done", "canonical", "decode", "decode_any", "encode", "plain", "tag"]
