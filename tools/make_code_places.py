"""Write src/ecert/report/places.toml: in which checks each reason code was really seen.

Seen, not guessed: every row of the decision table and of the vectors of recognition is judged, every file of
sample_certs and (where they are there) of the shared samples is verified, and what stands in the trees is
written down. Pairs seen earlier stay while both the code and the check exist.

python tools/make_code_places.py
"""

from __future__ import annotations

import copy
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecert import Report, TrustStore, verify
from ecert.facade import Asking
from ecert.recognition import evaluate
from ecert.report import Check
from ecert.report.codes import registry
from ecert.report.words import title
from ecert.verification.case import Case
from ecert.verification.caseform import from_plain
from ecert.verification.policy import Policy
from ecert.verification.reporting import report_of

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "src/ecert/report/places.toml"
SAMPLES = ROOT / "../shared/samples"
VECTORS = ROOT / "tests/vectors/decision/decision.json"
RECOGNITION = ROOT / "tests/vectors/recognition/recognition.json"
HEAD = "# In which checks each reason code was seen; written by tools/make_code_places.py.\n\n"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
LARGEST = 1_000_000
INDEX = re.compile(r"\[\d+\]")


def patched(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return a base case with the changes of one vector."""
    out = copy.deepcopy(base)
    for path, value in patch.items():
        keys = [int(k) if k.isdigit() else k for k in re.findall(r"[^.\[\]]+", path)]
        node: Any = out
        for key in keys[:-1]:
            node = node[key] if isinstance(node, list) else node.setdefault(key, {})
        if keys[-1] == "+":
            node.append(value)
        else:
            node[keys[-1]] = value
    return out


def vectors() -> Iterator[Report[Any]]:
    """Yield the report of every row of the decision table."""
    data = json.loads(VECTORS.read_text("utf-8"))
    for vector in data["cases"]:
        case = from_plain(Case, patched(data["bases"][vector["base"]], vector["patch"]))
        yield report_of(case, Policy.default(), at=datetime.fromisoformat(vector["at"]))


def files() -> Iterator[Report[Any]]:
    """Yield the report of every sample, own and foreign."""
    trust = TrustStore.load(ROOT / "sample_certs/trust")
    asking = Asking(test_trust="allowed", relying="310000", matter="company.change")
    for folder in (ROOT / "sample_certs", SAMPLES):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".pdf", ".ofd") and path.stat().st_size < LARGEST:
                yield verify(path, trust=trust, at=AT, asking=asking)


def recognitions() -> Iterator[Check]:
    """Yield the recognition axis of every vector."""
    sys.path.insert(0, str(ROOT / "tests"))
    from recognition_kit import knowledge_of, question_of

    for vector in json.loads(RECOGNITION.read_text("utf-8"))["cases"]:
        at = datetime.fromisoformat(vector["at"])
        yield evaluate(question_of(vector["asked"]), knowledge_of(vector), at=at).axis


def seen(root: Check) -> Iterator[tuple[str, str]]:
    """Yield (code, check without index) of every reason in the tree."""
    for check in root.walk():
        for reason in check.reasons:
            yield reason.code, INDEX.sub("", check.id)


def main() -> int:
    """Judge everything and write the file."""
    places: dict[str, set[str]] = {}
    if OUT.is_file():
        for code, checks in tomllib.loads(OUT.read_text("utf-8")).items():
            if code in registry():
                places[code] = {c for c in checks if title(c, "en") != c}
    trees = (report.root for source in (vectors(), files()) for report in source)
    for root in (*recognitions(), *trees):
        for code, check in seen(root):
            places.setdefault(code, set()).add(check)
    lines = [f'"{code}" = {json.dumps(sorted(places[code]))}' for code in sorted(places)]
    OUT.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
