"""Names for SM2, SM3 and GM/T 0010 in asn1crypto's tables, for libraries that read through them.

Our own readers do not need this (they use ``der``); pyHanko and certvalidator do. This is the only
module that touches private attributes of asn1crypto (``_map``, ``_reverse_map``, ``_oid_specs``:
1.5.1 has no public way but for curves), so asn1crypto is pinned below 2. Existing names are never
changed.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import algos, cms, keys

from ecert.crypto.algorithms import GM_DATA, GM_SIGNED_DATA

__all__ = ["GM_DATA", "GM_SIGNED_DATA", "SM2_MECHANISM", "register"]

SM2_MECHANISM = "sm3_sm2"
"""asn1crypto's name for SM2 with SM3 (1.2.156.10197.1.501) after ``register``."""

_SM2_CURVE = "1.2.156.10197.1.301"
_COORDINATE = 32

_NAMES: tuple[tuple[Any, str, str], ...] = (
    (algos.DigestAlgorithmId, "1.2.156.10197.1.401", "sm3"),
    (algos.DigestAlgorithmId, "1.2.156.10197.1.401.1", "sm3_plain"),
    (algos.SignedDigestAlgorithmId, "1.2.156.10197.1.501", SM2_MECHANISM),
    (algos.SignedDigestAlgorithmId, "1.2.156.10197.1.301.1", "sm2_sign"),
    (algos.SignedDigestAlgorithmId, _SM2_CURVE, "sm2"),
    (cms.ContentType, GM_DATA, "gm_data"),
    (cms.ContentType, GM_SIGNED_DATA, "gm_signed_data"),
)


def register() -> None:
    """Add the names; process-wide, any number of times."""
    keys.NamedCurve.register("sm2", _SM2_CURVE, _COORDINATE)
    for table, oid, name in _NAMES:
        _add(table, oid, name)
    cms.ContentInfo._oid_specs.setdefault("gm_signed_data", cms.SignedData)  # noqa: SLF001


def _add(table: Any, oid: str, name: str) -> None:
    if oid in table._map:  # noqa: SLF001
        return
    table._map[oid] = name  # noqa: SLF001
    # Built once at first use; a later entry must be added by hand or unmap() never finds it.
    if table._reverse_map is not None:  # noqa: SLF001
        table._reverse_map[name] = oid  # noqa: SLF001
