"""Messages over SMPP 3.4 to a short message centre (``aiosmpplib`` writes and reads the PDUs).

The sessions are our own: the library's client ends its session over a receipt whose dates have
seconds or a status of the centre's own, logs texts, and has no synchronous face. What it knows of
the protocol's bytes is used here, and nothing else of it.
"""

from emrcore.adapters.smpp.sending import SmppSms

__all__ = ["SmppSms"]
