"""Name constraints and policies under openssl verify: the same certificates, the same answer."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der_build as build
from ecert.crypto.chain import build_chain
from ecert.crypto.path_validation import PathRules

OPENSSL = shutil.which("openssl")
if OPENSSL is None:
    pytest.skip("the openssl command is absent", allow_module_level=True)

NAME = [("C", "CN"), ("O", "测试机构 TEST ONLY")]


def email(text: str) -> bytes:
    return build.tlv(0x81, text.encode())


def dns(text: str) -> bytes:
    return build.tlv(0x82, text.encode())


def uri(text: str) -> bytes:
    return build.tlv(0x86, text.encode())


def ip(text: str) -> bytes:
    return build.tlv(0x87, bytes.fromhex(text))


def directory(*pairs: tuple[str, str]) -> bytes:
    kinds = {"C": ("2.5.4.6", 0x13), "O": ("2.5.4.10", 0x0C), "OU": ("2.5.4.11", 0x0C)}
    rdns = [
        build.set_of(
            [build.sequence(build.oid(kinds[k][0]), build.tlv(kinds[k][1], text.encode()))]
        )
        for k, text in pairs
    ]
    return build.tlv(0xA4, build.sequence(*rdns))


def constraints(permitted: list[bytes], excluded: list[bytes]) -> bytes:
    parts = [
        build.tlv(tag, *(build.sequence(name) for name in names))
        for tag, names in ((0xA0, permitted), (0xA1, excluded))
        if names
    ]
    return build.sequence(*parts)


def policies(*oids: str) -> bytes:
    return build.sequence(*(build.sequence(build.oid(oid)) for oid in oids))


@cache
def authority() -> kit.Entity:
    return kit.entity("openssl root", kind="p256", is_ca=True, key_usage=kit.CA)


def pem(data: bytes) -> str:
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"


def both(tmp_path: Path, middle: dict, leaf: dict, *more: str, rules: PathRules | None = None):
    """Our answer, and openssl's, for root, middle, leaf with these extensions."""
    root = authority()
    ca = kit.entity(
        "openssl middle", kind="p256", issuer=root, is_ca=True, key_usage=kit.CA,
        critical_extensions=middle,
    )  # fmt: skip
    end = kit.entity("openssl leaf", kind="p256", issuer=ca, extensions=leaf)
    chain = build_chain(end.cert, pool=[ca.cert], anchors=[root.cert], rules=rules)
    for name, one in (("root", root), ("middle", ca), ("leaf", end)):
        (tmp_path / f"{name}.pem").write_text(pem(one.cert.der))
    done = subprocess.run(
        [str(OPENSSL), "verify", "-CAfile", "root.pem", "-untrusted", "middle.pem", *more, "leaf.pem"],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return chain.problem, done.returncode == 0, done.stderr.decode(errors="replace")


def names(tmp_path: Path, permitted: list[bytes], excluded: list[bytes], *borne: bytes):
    middle = {"2.5.29.30": constraints(permitted, excluded)}
    return both(tmp_path, middle, {"2.5.29.17": build.sequence(*borne)})


OWN = directory(*NAME)
OTHER = directory(("C", "CN"), ("O", "另一机构"))
CASES = [
    ([dns("a.cn")], [], dns("a.cn"), True),
    ([dns("a.cn")], [], dns("x.a.cn"), True),
    ([dns("a.cn")], [], dns("X.A.CN"), True),
    ([dns("a.cn")], [], dns("xa.cn"), False),
    ([dns("a.cn")], [], dns("a.cn.evil"), False),
    ([dns("a.cn"), dns("b.cn")], [], dns("b.cn"), True),
    ([], [dns("a.cn")], dns("a.cn"), False),
    ([], [dns("a.cn")], dns("x.a.cn"), False),
    ([], [dns("a.cn")], dns("b.cn"), True),
    ([dns("a.cn")], [dns("x.a.cn")], dns("x.a.cn"), False),
    ([dns("a.cn")], [], email("u@b.cn"), True),
    ([email("a.cn")], [], email("u@a.cn"), True),
    ([email("a.cn")], [], email("u@x.a.cn"), False),
    ([email(".a.cn")], [], email("u@x.a.cn"), True),
    ([email(".a.cn")], [], email("u@a.cn"), False),
    ([email("u@a.cn")], [], email("u@A.cn"), True),
    ([email("u@a.cn")], [], email("U@a.cn"), False),
    ([email("u@a.cn")], [], email("v@a.cn"), False),
    ([], [email("a.cn")], email("u@a.cn"), False),
    ([uri("a.cn")], [], uri("http://a.cn/x"), True),
    ([uri("a.cn")], [], uri("http://x.a.cn/x"), False),
    ([uri(".a.cn")], [], uri("https://x.a.cn:8443/y?z"), True),
    ([], [uri(".a.cn")], uri("https://x.a.cn"), False),
    ([ip("0a000000ff000000")], [], ip("0a010203"), True),
    ([ip("0a000000ff000000")], [], ip("0b010203"), False),
    ([], [ip("0a000000ff000000")], ip("0a010203"), False),
    ([ip("20010db8" + "00" * 12 + "ffffffff" + "00" * 12)], [], ip("20010db8" + "01" * 12), True),
    ([ip("0a000000ff000000")], [], ip("20010db8" + "01" * 12), False),
    ([OWN], [], dns("a.cn"), True),
    ([OTHER], [], dns("a.cn"), False),
    ([], [OWN], dns("a.cn"), False),
    ([], [OTHER], dns("a.cn"), True),
    ([directory(("C", "CN"))], [], dns("a.cn"), True),
    ([directory(("C", "cn"))], [], dns("a.cn"), True),
    ([directory(("O", "测试机构 TEST ONLY"))], [], dns("a.cn"), False),
    ([directory(("C", "CN"), ("O", "  测试机构   test only "))], [], dns("a.cn"), True),
    ([OWN], [], OTHER, False),
]


@pytest.mark.parametrize(("permitted", "excluded", "name", "holds"), CASES)
def test_names_as_openssl_judges_them(tmp_path, permitted, excluded, name, holds):
    ours, theirs, why = names(tmp_path, permitted, excluded, name)
    assert theirs is holds, why
    assert ours.ok is holds, ours


STRICTER = [
    # a wildcard that can stand for an excluded host
    ([], [dns("x.a.cn")], dns("*.a.cn"), False),
    # RFC 5280 4.2.1.10: a URI without a host name is to be rejected
    ([], [uri("a.cn")], uri("urn:x"), False),
    ([], [uri("a.cn")], uri("http://10.0.0.1/"), False),
    # the local part of an excluded mailbox in other case
    ([], [email("u@a.cn")], email("U@a.cn"), False),
    # a trailing dot names the same host
    ([], [dns("a.cn")], dns("x.a.cn."), False),
    # a leading dot in an excluded DNS subtree takes the domain with it
    ([], [dns(".a.cn")], dns("a.cn"), False),
    # forms that are not processed, and names that cannot be read
    ([build.tlv(0x88, b"\x2a\x03")], [], build.tlv(0x88, b"\x2a\x03"), None),
    ([dns("a.cn")], [], build.tlv(0x82, b"x\0.a.cn"), None),
    ([ip("0a000000ff00ff00")], [], ip("0a010203"), None),
    ([email("a.cn")], [], build.tlv(0xA0, build.oid("1.3.6.1.5.5.7.8.9"), build.explicit(0, build.utf8("u@b.cn"))), None),
]  # fmt: skip


@pytest.mark.parametrize(("permitted", "excluded", "name", "ok"), STRICTER)
def test_names_that_we_judge_more_strictly_whatever_openssl_says(
    tmp_path, permitted, excluded, name, ok
):
    ours, _theirs, _why = names(tmp_path, permitted, excluded, name)
    assert ours.ok is ok
    assert ours.code == ("signer.chain_unsupported" if ok is None else "signer.chain_name_excluded")


ONE, TWO = "1.2.156.1", "1.2.156.2"


@pytest.mark.parametrize(
    ("middle", "leaf", "wanted", "holds"),
    [
        ((ONE,), (ONE,), ONE, True),
        ((ONE,), (TWO,), ONE, False),
        ((ONE,), (TWO,), None, False),
        ((ONE, TWO), (TWO,), TWO, True),
        ((ONE, TWO), (TWO,), ONE, False),
        (("2.5.29.32.0",), (ONE,), ONE, True),
        (("2.5.29.32.0",), (ONE,), TWO, False),
        ((ONE,), ("2.5.29.32.0",), ONE, True),
        ((ONE,), (), None, False),
        ((), (ONE,), None, False),
    ],
)
def test_policies_as_openssl_judges_them(tmp_path, middle, leaf, wanted, holds):
    rules = PathRules(
        explicit_policy=True, policies=frozenset({wanted} if wanted else {"2.5.29.32.0"})
    )
    ours, theirs, why = both(
        tmp_path,
        {"2.5.29.32": policies(*middle)} if middle else {},
        {"2.5.29.32": policies(*leaf)} if leaf else {},
        "-policy_check",
        "-explicit_policy",
        *(["-policy", wanted] if wanted else []),
        rules=rules,
    )
    assert theirs is holds, why
    assert ours.ok is holds, ours


@pytest.mark.parametrize("mapped", [True, False])
def test_mappings_as_openssl_judges_them(tmp_path, mapped):
    middle = {"2.5.29.32": policies(ONE)}
    if mapped:
        middle["2.5.29.33"] = build.sequence(build.sequence(build.oid(ONE), build.oid(TWO)))
    rules = PathRules(explicit_policy=True, policies=frozenset({ONE}))
    ours, theirs, why = both(
        tmp_path, middle, {"2.5.29.32": policies(TWO)},
        "-policy_check", "-explicit_policy", "-policy", ONE, rules=rules,
    )  # fmt: skip
    assert theirs is mapped, why
    assert ours.ok is mapped
