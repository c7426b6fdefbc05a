"""Time stamps made by the openssl command line, RSA, EC and SM2, under our rules (RFC 3161)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto import der
from ecert.crypto.tsp import parse_timestamp
from ecert.verification.tolerance import strange

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the openssl command line is absent")

STAMPED = b"a signature value"
CONFIG = """
[tsa]
default_tsa = one
[one]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = chain.pem
signer_key = tsa.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


def run(folder: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [OPENSSL, *map(str, arguments)], cwd=folder, capture_output=True, timeout=60, check=False
    )


def token(folder: Path, kind: str, *, imprint: str = "sha256", ess: str = "sha256") -> bytes:
    maker = kit.tsa(kind)
    (folder / "tsa.pem").write_bytes(kit.pem("CERTIFICATE", maker.cert.der))
    (folder / "chain.pem").write_bytes(kit.pem("CERTIFICATE", kit.root(kind).cert.der))
    (folder / "tsa.key").write_bytes(kit.pem("PRIVATE KEY", maker.key.to_pkcs8_der()))
    (folder / "data").write_bytes(STAMPED)
    (folder / "serial").write_text("01\n")
    digest = "sm3" if kind == "sm2" else "sha256"
    (folder / "ts.cnf").write_text(CONFIG.format(digest=digest, ess=ess))
    asked = run(folder, "ts", "-query", "-data", "data", f"-{imprint}", "-cert", "-out", "q.tsq")
    assert asked.returncode == 0, asked.stderr.decode()
    made = run(
        *(folder, "ts", "-reply", "-config", "ts.cnf", "-section", "one"),
        *("-queryfile", "q.tsq", "-out", "r.tsr"),
    )
    answer = der.parse((folder / "r.tsr").read_bytes()).children() if not made.returncode else []
    if len(answer) < 2:
        assert kind == "sm2", made.stderr.decode()
        pytest.skip("this openssl signs no CMS with SM2, so it makes no SM2 time stamp")
    return answer[1].raw


@pytest.mark.parametrize("kind", ["rsa", "p256", "sm2"])
@pytest.mark.parametrize("imprint", ["sha256", "sha512"])
def test_a_token_holds_and_says_how_exact_it_is(tmp_path, kind, imprint):
    facts = parse_timestamp(token(tmp_path, kind, imprint=imprint), STAMPED)
    assert [o.code for o in (facts.imprint_ok, facts.value, facts.problem)] == [None] * 3
    assert facts.accuracy == timedelta(seconds=1, milliseconds=500, microseconds=100)
    assert facts.imprint_algorithm == imprint
    assert facts.policy == "1.2.3.4.1"
    assert abs(facts.gen_time - datetime.now(UTC)) < timedelta(hours=1)
    assert strange(facts.quirks) == ()
    assert parse_timestamp(facts.raw, STAMPED + b".").imprint_ok.code == "tsp.imprint"


def test_l22_a_weak_imprint_and_a_weak_binding_are_named(tmp_path):
    weak = parse_timestamp(token(tmp_path, "p256", imprint="sha1"), STAMPED)
    assert "digest.weak" in strange(weak.quirks)
    bound = parse_timestamp(token(tmp_path, "p256", ess="sha1"), STAMPED)
    assert "cms.weak_binding" in strange(bound.quirks)
