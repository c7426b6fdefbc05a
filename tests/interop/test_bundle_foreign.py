"""Bundles read by others: python-tuf and securesystemslib (stock), openssl and gmalg for SM2.

A federation that wants foreign readers publishes a parallel root without SM2; the payloads and the
envelopes are the same kind. What stock TUF accepts and we refuse is shown here too (ADR 0015).
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bundle_kit import NOW, Simulator, issuers_json, key, reader
from ecert.errors import TrustError
from ecert.trust.bundle.dsse import PAYLOAD_TYPE, Envelope, pae, parse_envelope, sign
from ecert.trust.bundle.keys import Key
from ecert.trust.bundle.machine import open_top, walk
from ecert.trust.bundle.parsing import parse_root, parse_snapshot, parse_targets, parse_timestamp

tuf = pytest.importorskip("tuf.api.metadata", reason="needs python-tuf")
tuf_dsse = pytest.importorskip("tuf.api.dsse", reason="needs python-tuf")


def federation(kinds: tuple[str, ...] = ("p256", "ed25519")) -> Simulator:
    made = Simulator(kinds=kinds)
    made.role("sichuan", "510000")
    made.role("chengdu", "510100", parent="sichuan")
    made.put("sichuan/issuers/list.json", issuers_json("510000", "a" * 64))
    made.put("chengdu/issuers/list.json", issuers_json("510100", "b" * 64))
    return made


def foreign(data: bytes):
    """Return the envelope and payload as stock python-tuf reads them."""
    envelope = tuf_dsse.SimpleEnvelope.from_bytes(data)
    assert envelope.payload_type == PAYLOAD_TYPE
    return envelope, envelope.get_signed()


def stands(delegator, role: str, envelope) -> bool:
    return bool(delegator.get_verification_result(role, envelope.pae(), envelope.signatures))


def test_stock_tuf_verifies_every_role_of_a_parallel_root() -> None:
    made = federation()
    for spec in made.specs.values():
        spec.threshold = 2
    files = made.publish()
    envelope, root = foreign(files["metadata/root/1.json"])
    assert root.type == "root"
    assert stands(root, "root", envelope)
    stamped, timestamp = foreign(files["metadata/timestamp.json"])
    assert stands(root, "timestamp", stamped)
    data = files["metadata/1.snapshot.json"]
    timestamp.snapshot_meta.hashes.pop("sm3")  # hashlib has it only where its OpenSSL does
    timestamp.snapshot_meta.verify_length_and_hashes(data)
    pinned, snapshot = foreign(data)
    assert stands(root, "snapshot", pinned)
    assert set(snapshot.meta) == {"root.json", "targets.json", "sichuan.json", "chengdu.json"}
    top, targets = foreign(files["metadata/1.targets.json"])
    assert stands(root, "targets", top)
    province, sichuan = foreign(files["metadata/roles/1.sichuan.json"])
    assert stands(targets, "sichuan", province)
    city, chengdu = foreign(files["metadata/roles/1.chengdu.json"])
    assert stands(sichuan, "chengdu", city)
    listed = chengdu.targets["chengdu/issuers/list.json"]
    listed.hashes.pop("sm3")
    listed.verify_length_and_hashes(files[f"files/{listed.hashes['sha256']}"])
    # And the other way round: our own machine opens what stock TUF has just verified.
    read = reader(files)
    names = [r.name for r in walk(read, open_top(read, made.start()), lambda _d, _s: True)]
    assert names == ["targets", "sichuan", "chengdu"]


def test_both_readers_find_the_same_in_every_payload() -> None:
    files = federation().publish()
    parsers = {"root": parse_root, "timestamp": parse_timestamp, "snapshot": parse_snapshot}
    for path, data in files.items():
        if not path.startswith("metadata/"):
            continue
        _, theirs = foreign(data)
        payload = parse_envelope(data, path, limit=10**6).payload
        if theirs.type == "targets":
            role = path.rsplit(".", 2)[1]
            ours = parse_targets(payload, path, role=role)
            assert {f.path for f in ours.files} == set(theirs.targets)
            below = theirs.delegations.roles if theirs.delegations else {}
            assert [d.name for d in ours.delegations] == list(below)
            assert [d.role.threshold for d in ours.delegations] == [
                r.threshold for r in below.values()
            ]
        else:
            ours = parsers[theirs.type](payload, path)
        assert (ours.base.version, ours.base.expires) == (theirs.version, theirs.expires)
        assert theirs.to_dict() == json.loads(payload)


def test_stock_securesystemslib_signs_what_we_verify() -> None:
    from securesystemslib.dsse import Envelope as ForeignEnvelope
    from securesystemslib.signer import CryptoSigner, SSlibKey

    from ecert.trust.bundle.dsse import verify
    from ecert.trust.bundle.keys import Role

    for kind in ("ed25519", "p256", "p384"):
        ours = Key.of(key("foreign", kind).public)
        public = SSlibKey.from_dict(ours.keyid, ours.to_json())
        signer = CryptoSigner(key("foreign", kind)._secret, public)
        made = ForeignEnvelope(b'{"a":1}', PAYLOAD_TYPE, {})
        made.sign(signer)
        envelope = parse_envelope(json.dumps(made.to_dict()).encode(), "x", limit=10**5)
        verify(envelope, Role(keyids=(ours.keyid,), threshold=1), {ours.keyid: ours}, name="x")
        assert envelope.payload == b'{"a":1}'
        back = Envelope(payload=b"{}").with_signatures([sign(b"{}", key("foreign", kind))])
        ForeignEnvelope.from_dict(json.loads(back.to_bytes())).verify([public], 1)


def test_rsa_pss_of_securesystemslib_is_verified() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from securesystemslib.dsse import Envelope as ForeignEnvelope
    from securesystemslib.signer import CryptoSigner

    from ecert.trust.bundle.dsse import Signature, verify
    from ecert.trust.bundle.keys import Role

    signer = CryptoSigner(rsa.generate_private_key(65537, 2048))
    their = signer.public_key
    ours = Key(their.keytype, their.scheme, their.keyval["public"])
    assert ours.scheme == "rsassa-pss-sha256"
    made = ForeignEnvelope(b"{}", PAYLOAD_TYPE, {})
    signature = made.sign(signer)
    envelope = Envelope(
        payload=b"{}", signatures=(Signature(ours.keyid, bytes.fromhex(signature.signature)),)
    )
    verify(envelope, Role(keyids=(ours.keyid,), threshold=1), {ours.keyid: ours}, name="x")
    changed = Envelope(payload=b"{ }", signatures=envelope.signatures)
    with pytest.raises(TrustError):
        verify(changed, Role(keyids=(ours.keyid,), threshold=1), {ours.keyid: ours}, name="x")


def test_a_stock_tuf_client_cannot_read_a_root_with_an_sm2_key() -> None:
    files = federation(("sm2",)).publish()
    with pytest.raises(ValueError, match="sm2"):
        foreign(files["metadata/root/1.json"])


def test_stock_tuf_counts_one_key_under_two_ids_and_we_refuse_it() -> None:
    made = federation(("ed25519",))
    made.specs["sichuan"].threshold = 2
    signer = made.specs["sichuan"].keys[0]
    other = "ab" * 32

    def doubled(payload: bytes) -> bytes:
        body = json.loads(payload)
        keys, role = body["delegations"]["keys"], body["delegations"]["roles"][0]
        keys[other] = keys[role["keyids"][0]]
        role["keyids"].append(other)
        return json.dumps(body).encode()

    made.edit["targets"] = doubled
    files = made.publish()
    _, targets = foreign(files["metadata/1.targets.json"])
    body = json.loads(files["metadata/roles/1.sichuan.json"])
    payload = base64.b64decode(body["payload"])
    value = base64.b64encode(signer.sign(pae(payload))).decode()
    body["signatures"].append({"keyid": other, "sig": value})
    envelope, _ = foreign(json.dumps(body).encode())
    assert stands(targets, "sichuan", envelope)
    with pytest.raises(TrustError) as caught:
        open_top(reader(files), made.start())
    assert caught.value.code == "bundle.key_id"


def test_plain_tuf_accepts_other_white_space_and_we_sign_bytes() -> None:
    """What DSSE is for: stock metadata verifies a re-canonicalisation, so the bytes may change."""
    from securesystemslib.signer import CryptoSigner

    signer = CryptoSigner.generate_ed25519()
    root = tuf.Root(expires=NOW)
    for role in ("root", "timestamp", "snapshot", "targets"):
        root.add_key(signer.public_key, role)
    plain = tuf.Metadata(root)
    plain.sign(signer)
    spaced = json.dumps(json.loads(plain.to_bytes()), indent=7).encode()
    assert spaced != plain.to_bytes()
    again = tuf.Metadata.from_bytes(spaced)
    assert again.verify_delegate("root", again) is None


def test_openssl_verifies_an_sm2_signature_of_an_envelope(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    made = federation(("sm2",))
    data = made.publish()["metadata/timestamp.json"]
    envelope = parse_envelope(data, "timestamp", limit=10**6)
    signer = Key.of(key("timestamp").public)
    assert envelope.signatures[0].keyid == signer.keyid
    (tmp_path / "key.pem").write_text(signer.text)
    (tmp_path / "sig").write_bytes(envelope.signatures[0].value)
    # Written out here, not taken from our own code: DSSE protocol, PAE.
    kind = b"application/vnd.ecert.tuf+json"
    message = b"DSSEv1 30 " + kind + b" " + str(len(envelope.payload)).encode() + b" "
    (tmp_path / "message").write_bytes(message + envelope.payload)

    def verified(name: str) -> bool:
        done = subprocess.run(
            [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "key.pem"), "-rawin",
             "-digest", "sm3", "-in", str(tmp_path / name), "-sigfile", str(tmp_path / "sig"),
             "-pkeyopt", "distid:1234567812345678"],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    assert verified("message")
    (tmp_path / "changed").write_bytes(message + envelope.payload.replace(b"{", b"{ ", 1))
    assert not verified("changed")


def test_gmalg_verifies_an_sm2_signature_of_an_envelope() -> None:
    gmalg = pytest.importorskip("gmalg", reason="needs gmalg")
    made = federation(("sm2",))
    envelope = parse_envelope(made.publish()["metadata/1.snapshot.json"], "s", limit=10**6)
    from ecert.crypto.sm2.curve import decode_signature

    r, s, _ = decode_signature(envelope.signatures[0].value)
    public = key("snapshot").public.point
    other = gmalg.SM2(uid=b"1234567812345678", pk=public)
    assert other.verify(pae(envelope.payload), r.to_bytes(32, "big"), s.to_bytes(32, "big"))
    assert not other.verify(envelope.payload, r.to_bytes(32, "big"), s.to_bytes(32, "big"))
