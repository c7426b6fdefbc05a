"""SM2 through ecert's public keys against `openssl speed sm2`, the C program of the same library."""

from __future__ import annotations

import re
import shutil
import subprocess

from timing import Row, Turns, compare

from ecert.crypto.keys import PrivateKey
from ecert.memo import forget_all

_LINE = re.compile(r"SM2 \(CurveSM2\)\s+\S+s\s+\S+s\s+([\d.]+)\s+([\d.]+)")
_MESSAGE = b"message of 20 bytes."
_SECONDS = 1


def _speed() -> tuple[float, float] | None:
    """Return signatures and verifications a second of `openssl speed`, or None where it cannot."""
    program = shutil.which("openssl")
    if program is None:
        return None
    run = subprocess.run(
        [program, "speed", "-seconds", str(_SECONDS), "sm2"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = _LINE.search(run.stdout)
    return (float(found[1]), float(found[2])) if found else None


def rows(turns: Turns) -> list[Row]:
    """Return the comparison; empty where `openssl speed` knows no SM2."""
    if _speed() is None:
        return []
    key = PrivateKey.generate("sm2")
    signature = key.sign(_MESSAGE)
    assert key.public.verify(_MESSAGE, signature, digest="sm3").ok

    def check() -> None:
        forget_all()  # or the answer would be remembered
        assert key.public.verify(_MESSAGE, signature, digest="sm3").ok

    sign = compare(
        "SM2 sign: `PrivateKey.sign`, Z and SM3 included",
        lambda: key.sign(_MESSAGE),
        lambda: (_speed() or (0.0, 0.0))[0],
        peer_name="`openssl speed sm2`",
        turns=turns,
        external=True,
    )
    verify = compare(
        "SM2 verify: `PublicKey.verify`, Z and SM3 included",
        check,
        lambda: (_speed() or (0.0, 0.0))[1],
        peer_name="`openssl speed sm2`",
        turns=turns,
        external=True,
    )
    return [sign, verify]
