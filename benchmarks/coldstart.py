"""One file, one process: processor time of `ecert verify` against a bare pyHanko script on the same file.

Both start a fresh interpreter, read root and revocation list from disk, judge one RSA-2048 file and end;
user and system time of the process are added, interpreter included. The file with two revisions is the
same licence with a second revision that adds an unused object.
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from material import AT, Material
from timing import Row, Turns

SRC = Path(__file__).resolve().parents[1] / "src"
_PEER = """
import io, sys
from datetime import datetime
from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
root, revoked, name, at = sys.argv[1:]
context = ValidationContext(
    trust_roots=[x509.Certificate.load(open(root, "rb").read())],
    crls=[crl.CertificateList.load(open(revoked, "rb").read())],
    revocation_mode="require", moment=datetime.fromisoformat(at), allow_fetching=False,
)
signature = PdfFileReader(io.BytesIO(open(name, "rb").read())).embedded_signatures[0]
print(validate_pdf_signature(signature, context).summary())
"""


def _second_revision(data: bytes) -> bytes:
    size, root = re.findall(rb"/Size (\d+)", data)[-1], re.findall(rb"/Root (\d+) 0 R", data)[-1]
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    added = b"%s 0 obj\n<< >>\nendobj\n" % size
    tail = b"xref\n%s 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s 0 R /Prev %s >>\n"
    tail += b"startxref\n%d\n%%%%EOF\n"
    numbers = (size, len(data), int(size) + 1, root, previous, len(data) + len(added))
    return data + added + tail % numbers


def _seconds(command: Sequence[str]) -> float:
    """Return the processor time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *command],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert done.returncode in {0, 10, 11, 12}, (done.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(material: Material, turns: Turns) -> list[Row]:
    """Return the comparisons: rates are runs a second of processor time."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in material.trust_files.items():
            (folder / "trust" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "trust" / path).write_bytes(data)
        root, revoked = folder / "root.cer", folder / "root.crl"
        root.write_bytes(material.parties["rsa"].issuer.der)
        revoked.write_bytes(material.pki.crl("rsa"))
        whole = material.issued("rsa")
        for what, data in (("one revision", whole), ("two revisions", _second_revision(whole))):
            file = folder / "file.pdf"
            file.write_bytes(data)
            ours = [
                "-m",
                "ecert",
                "verify",
                str(file),
                "--trust",
                str(folder / "trust"),
                "--test-trust",
            ]
            ours += ["--at", AT.strftime("%Y-%m-%dT%H:%M:%SZ"), "--json"]
            peer = ["-c", _PEER, str(root), str(revoked), str(file), AT.isoformat()]
            times = [(_seconds(ours), _seconds(peer)) for _ in range(turns.repetitions)]
            mine, theirs = (statistics.median(side) for side in zip(*times, strict=True))
            found.append(
                Row(
                    what=f"cold `ecert verify`, {what}, processor time ({mine:.2f} s)",
                    ours=1 / mine,
                    peer=1 / theirs,
                    peer_name=f"bare pyHanko script ({theirs:.2f} s)",
                    repetitions=turns.repetitions,
                )
            )
    return found
