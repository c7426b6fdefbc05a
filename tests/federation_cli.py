"""Plays the people of a federation through the command line, in a temporary folder."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli_kit import Done, call
from ecert.testpki import SyntheticPKI

PASSWORD = "example-password"
SICHUAN_LIST = """list_id: sichuan-issuers
territory: "510000"
version: "{version}"
issued_at: "2026-11-01T00:00:00Z"
next_update: "2030-01-01T00:00:00Z"
entries:
  - issuer_id: 11510000MB0000000X
    names: [{{name: 示例省公安厅}}]
    territory: "510000"
    legal_basis: 示例文件
    services:
      - kind: certificate-issuer
        certificate_types: [driving_licence]
        status: {state}
        status_start: "2020-01-01T00:00:00Z"
        anchors: [{{spki_sha256: "{spki}"}}]
"""


@contextmanager
def password(*lines: str):
    """Give the number of a descriptor from which a password can be read once."""
    read, write = os.pipe()
    os.write(write, "\n".join(lines or (PASSWORD,)).encode() + b"\n")
    os.close(write)
    try:
        yield read
    finally:
        os.close(read)


@dataclass
class Federation:
    """A workspace and the keys of its people, each in a folder of his own."""

    capfd: object
    root: Path

    @property
    def space(self) -> Path:
        return self.root / "federation"

    def run(self, *arguments: object) -> Done:
        return call(self.capfd, "trust", *arguments, "--lang", "en")

    def good(self, *arguments: object) -> Done:
        done = self.run(*arguments)
        assert done.code == 0, done.err
        return done

    def key_file(self, name: str) -> Path:
        return self.root / f"{name}.pem"

    def new_key(self, name: str, kind: str = "sm2") -> str:
        with password() as fd:
            done = self.good(
                "key", "new", self.key_file(name), "--kind", kind, "--password-fd", fd, "--json"
            )
        return done.json["keyid"]

    def give(self, role: str, *names: str, **options: object) -> None:
        """Register the public keys of some people for a role."""
        files = [self.root / f"{n}.pub.json" for n in names]
        more = [x for o, v in options.items() for x in (f"--{o}", v)]
        self.good("key", "add", self.space, *files, "--role", role, *more)

    def sign(self, request: str, *names: str) -> None:
        """Carry a request to some people's machines, and what they signed back."""
        for name in names:
            with password() as fd:
                self.good(
                    "sign", self.space / "requests" / request, "--key", self.key_file(name),
                    "--out", self.space / "signatures", "--yes", "--password-fd", fd,
                )  # fmt: skip

    def publish(self, *names: str) -> Done:
        keys = [x for n in names for x in ("--key", self.key_file(n))]
        with password() as fd:
            return self.run("publish", self.space, *keys, "--password-fd", fd, "--json")

    def kept(self, name: str) -> Path:
        """Keep a copy of what is published now, as somebody with a memory stick would."""
        return Path(shutil.copytree(self.space / "published", self.root / name))

    def update(self, version: str, state: str = "granted", **more: str) -> None:
        """Publish another issuer list."""
        self.add("sichuan", "issuers", "list.yaml", listed(version, state, **more))
        self.stage()
        self.sign(f"sichuan.{version}.json", "sichuan")
        assert self.publish("online").code == 0

    def stage(self, *options: object) -> Done:
        return self.good("stage", self.space, *options)

    def refused(self, code: str, *arguments: object) -> Done:
        """Run what must be refused with exit 5 and this code."""
        done = self.run(*arguments)
        assert (done.code, f"[{code}]" in done.err) == (5, True), done.err + done.out
        return done

    def add(self, role: str, kind: str, name: str, text: str) -> None:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        self.good("add", self.space, role, kind, path)


def stand_up(capfd, root: Path, *, test_only: bool = True) -> Federation:
    """Return a federation of Sichuan, planned and with keys: two of three for the root."""
    made = Federation(capfd, root)
    more = ["--test-only"] if test_only else []
    made.good("init", made.space, "--name", "示例互认", "--territory", "510000", *more)
    for name in ("root-a", "root-b", "root-c", "online", "targets", "sichuan"):
        made.new_key(name)
    made.give("root", "root-a", "root-b", "root-c", threshold=2, compulsory="sm2=2")
    for role in ("timestamp", "snapshot"):
        made.give(role, "online")
    made.give("targets", "targets")
    made.good(
        "delegate", made.space, "sichuan", "--title-zh", "四川省", "--title-en", "Sichuan",
        "--territory", "510000", "--complete",
    )  # fmt: skip
    made.give("sichuan", "sichuan")
    made.add("sichuan", "issuers", "list.yaml", listed("1"))
    anchor = root / "root.cer"
    anchor.write_bytes(SyntheticPKI(at=datetime.now(UTC)).root()[1].der)
    made.good("add", made.space, "sichuan", "anchors", anchor)
    return made


def listed(version: str, state: str = "granted", spki: str = "ab" * 32) -> str:
    return SICHUAN_LIST.format(version=version, state=state, spki=spki)


def first_bundle(made: Federation) -> Done:
    """Sign and publish for the first time."""
    made.good("stage", made.space)
    made.sign("root.1.json", "root-a", "root-c")
    made.sign("targets.1.json", "targets")
    made.sign("sichuan.1.json", "sichuan")
    done = made.publish("online")
    assert done.code == 0, done.err + done.out
    return done
