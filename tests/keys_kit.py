"""Small certificates around any key, and the standard's SM2 vector; everything is made on the spot."""

from __future__ import annotations

from datetime import UTC, datetime

from ecert.crypto import der_build as b
from ecert.crypto.algorithms import default_digest, signature_oid
from ecert.crypto.keys import PrivateKey
from ecert.crypto.x509 import CertificateFacts

# GB/T 32918.5-2017 A.2
D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
E = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


def _name(common_name: str) -> bytes:
    return b.sequence(b.set_of([b.sequence(b.oid("2.5.4.3"), b.utf8(common_name))]))


def certificate(key: PrivateKey, *, name: str = "TEST-ONLY 测试", usage: int | None = 0x80):
    """Return a self-signed certificate; ``usage`` is the first octet of keyUsage, None for none."""
    scheme = b.algorithm(
        signature_oid(key.kind, default_digest(key.kind)),
        b.NULL_VALUE if key.kind == "rsa" else b"",
    )
    period = b.sequence(
        b.time(datetime(2024, 1, 1, tzinfo=UTC)), b.time(datetime(2034, 1, 1, tzinfo=UTC))
    )
    parts = [b.explicit(0, b.integer(2)), b.integer(7), scheme, _name(name), period, _name(name)]
    parts.append(key.public.spki)
    if usage is not None:
        unused = (usage & -usage).bit_length() - 1
        bits = b.bit_string(bytes((usage,)), unused)
        extension = b.sequence(b.oid("2.5.29.15"), b.boolean(value=True), b.octet_string(bits))
        parts.append(b.explicit(3, b.sequence(extension)))
    tbs = b.sequence(*parts)
    return CertificateFacts.parse(b.sequence(tbs, scheme, b.bit_string(key.sign(tbs))))
