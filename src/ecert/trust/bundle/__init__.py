"""Signed trust bundles (recognition.md D2): TUF roles in DSSE envelopes, without any I/O.

Bytes in, trusted objects or a ``TrustError`` with its own code out; the clock is an argument. Only
``folder`` and ``local`` touch files.
"""
