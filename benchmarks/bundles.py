"""A national bundle: importing it, and what it adds to a cold start beside a plain trust folder.

31 provinces, 333 prefectures, 60 certificate types, 500 rules; every role has an issuer list, every
province agreements, rules, a status list and a revocation list. Nothing is compared with another
program: the limits are those of the issue (import under 2 s; 0.15 s of processor time more than a
folder for the first question of a process). The least of several runs is printed: other work on the
machine only adds.

    python benchmarks/bundles.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import material

from bundle_kit import Simulator, reader
from ecert.model.textdata import load_yaml
from ecert.trust.bundle.local import LocalStore

ROOT = Path(__file__).resolve().parents[1]
PROVINCES, PREFECTURES, TYPES, RULES = 31, 333, 60, 500
RULE = ROOT / "federations/chuanyu/roles/sichuan/rules/AR-510000-0001.yaml"
REPETITIONS = 9


def divisions() -> list[tuple[str, str, str]]:
    """Return (role, division, parent) of every province and prefecture, evenly spread."""
    provinces = [f"{n}0000" for n in (
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
        53, 54, 61, 62, 63, 64, 65,
    )]  # fmt: skip
    found = [(f"p{code[:2]}", code, "nation") for code in provinces]
    for number in range(PREFECTURES):
        province = provinces[number % PROVINCES]
        code = f"{province[:2]}{number // PROVINCES + 1:02}00"
        found.append((f"c{code[:4]}", code, f"p{province[:2]}"))
    return found


def issuer(division: str, number: int = 0) -> str:
    """Return a code of a body; its check digit does not matter to a list."""
    return f"11{division}MB{number:07}X"


def spki(division: str, number: int = 0) -> str:
    """Return the digest of a key that nobody has."""
    return f"{int(division) * 100 + number:064x}"


def issuers(division: str, types: list[str], bodies: int) -> bytes:
    """Return an issuer list."""
    entries = [
        {
            "issuer_id": issuer(division, n),
            "names": [{"name": f"示例机关 {division}-{n}"}],
            "territory": division,
            "services": [
                {
                    "kind": "certificate-issuer",
                    "certificate_types": types,
                    "status": "granted",
                    "status_start": "2020-01-01T00:00:00Z",
                    "anchors": [
                        {"spki_sha256": spki(division, n), "subject": f"CN={division}-{n}"}
                    ],
                }
            ],
        }
        for n in range(bodies)
    ]
    return as_json(
        list_id=f"issuers-{division}", territory=division, version="1",
        issued_at="2026-10-01T00:00:00Z", next_update="2027-10-01T00:00:00Z", entries=entries,
    )  # fmt: skip


def agreement(number: int, relying: str, issuing: str, types: list[str]) -> bytes:
    """Return an agreement of two provinces."""
    return as_json(
        schema="ecert.agreement/1", agreement_id=f"bench-{number}", version="1",
        title=f"示例互认 {number}", kind="bilateral",
        legal_basis=[{"document": f"示例〔2026〕{number}号", "clause": "第一条"}],
        edges=[{"relying": relying, "issuing": issuing, "covers": "subtree"},
               {"relying": issuing, "issuing": relying, "covers": "subtree"}],
        scope={"certificate_types": types, "matters": ["*"]}, effect="equivalent", status="enacted",
        status_start="2026-01-01T00:00:00Z", confidence="confirmed",
    )  # fmt: skip


def status(division: str, type_code: str, entries: int) -> bytes:
    """Return a status snapshot of one body and type."""
    code = issuer(division)
    return as_json(
        schema="ecert.status/1", list_id=f"status-{division}", publisher="示例", version="1",
        issuer=code, certificate_type=type_code, issued_at="2026-10-31T00:00:00Z",
        next_update="2026-11-30T00:00:00Z",
        certificates=[{"id": f"1.2.156.3005.2.{type_code}.{code}.{n:08}.001.0", "state": "valid"}
                      for n in range(entries)],
    )  # fmt: skip


def as_json(**body: object) -> bytes:
    """Return the bytes of a document."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def rules(owner: str, count: int, first: int, type_code: str) -> dict[str, bytes]:
    """Return rules like one of the worked federation, of one owner."""
    body = load_yaml(RULE.read_bytes())
    found = {}
    for number in range(first, first + count):
        name = f"AR-{owner}-{number:04}"
        made = body | {"rule_id": name, "owner": owner}
        made["applies_to"] = {"certificate_types": [type_code], "relying": [owner]}
        found[f"{name}.json"] = as_json(**made)
    return found


def real(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what a folder says of one authority of Beijing, as files of a bundle."""
    listed = load_yaml(files["issuers.yaml"]) | {"list_id": "real"}
    found = {"nation/issuers/real.json": as_json(**listed)}
    known = json.loads(files["status/status.json"])
    code, type_code = _parts(known["certificates"][0]["id"])
    known |= {"list_id": "real", "issuer": code, "certificate_type": type_code}
    found["p11/status/real.json"] = as_json(**known)
    for path, data in files.items():
        kind, _, name = path.partition("/")
        if kind in ("anchors", "crls"):
            found[f"nation/{kind}/{name}"] = data
    return found


def _parts(ecid: str) -> tuple[str, str]:
    type_code, code = ecid.split(".")[5:7]
    return code, type_code


def federation(files: Mapping[str, bytes]) -> Simulator:
    """Return the publisher with everything in it."""
    types = [f"{11100000000 + n:018}001" for n in range(TYPES)]
    made = Simulator(at=material.AT, kinds=("sm2", "p256"))
    made.role("nation", "100000")
    for name, division, parent in divisions():
        made.role(name, division, parent=parent)
        own = name.startswith("p")
        made.put(f"{name}/issuers/list.json", issuers(division, types, 20 if own else 5))
        if own:
            made.put(f"{name}/status/one.json", status(division, types[0], 200))
            for path, data in rules(division, 12, 1, types[0]).items():
                made.put(f"{name}/rules/{path}", data)
    made.put("nation/issuers/list.json", issuers("100000", types, 30))
    for path, data in rules("100000", RULES - 12 * PROVINCES, 1, types[0]).items():
        made.put(f"nation/rules/{path}", data)
    provinces = [d for n, d, _ in divisions() if n.startswith("p")]
    for number, (relying, issuing) in enumerate(pairwise(provinces)):
        data = agreement(number, relying, issuing, types)
        for side in (relying, issuing):
            made.put(f"p{side[:2]}/agreements/{number}.json", data)
    for path, data in real(files).items():
        made.put(path, data)
    return made


def seconds(command: Sequence[str]) -> float:
    """Return the processor time of one run of Python, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, env=environment
    )
    assert done.returncode in {0, 10, 11, 12}, (done.returncode, done.stderr[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    made = material.make(documents=1)
    files = federation(made.trust_files)
    published = files.publish()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in made.trust_files.items():
            (folder / "trust" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "trust" / path).write_bytes(data)
        imports = []
        for number in range(REPETITIONS):
            store = LocalStore(folder / f"store{number}")
            wall, cpu = time.perf_counter(), time.process_time()
            admitted = store.import_(reader(published), files.start(), at=material.AT)
            imports.append((time.perf_counter() - wall, time.process_time() - cpu))
        wall, cpu = (min(side) for side in zip(*imports, strict=True))
        size = sum(map(len, admitted.files.values()))
        print(
            f"{len(admitted.loaded.roles)} roles, {len(admitted.loaded.items)} files, {size} bytes"
        )
        print(f"import, everything verified and flushed: {wall:.2f} s ({cpu:.2f} s processor time)")
        (folder / "file.pdf").write_bytes(made.issued("sm2"))
        command = ["-m", "ecert", "verify", str(folder / "file.pdf"), "--test-trust", "--json"]
        command += ["--at", material.AT.strftime("%Y-%m-%dT%H:%M:%SZ"), "--relying", "110105"]
        times: dict[str, list[float]] = {"trust": [], "store0": []}
        for _ in range(REPETITIONS):
            for trust, spent in times.items():
                spent.append(seconds([*command, "--trust", str(folder / trust)]))
        plain, bundle = (min(spent) for spent in times.values())
        print(f"cold verify: {plain:.3f} s with a folder, {bundle:.3f} s with the store")
        print(f"more with the store: {bundle - plain:.3f} s of processor time")


if __name__ == "__main__":
    main()
