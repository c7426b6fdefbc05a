"""Hold a program against the rule vectors: ``python run.py [--standard] PROGRAM [ARGUMENT...]``.

The program reads one case a line on stdin (JSON: id, expression, facts) and writes one answer a line on
stdout (JSON: id, answer). An answer is ``true``, ``false``, ``unknown``, or anything else for an expression
that it refuses. Exit: 0 all as expected, 1 not; differences on stdout.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VALUES = ("true", "false", "unknown")


def cases(*, standard: bool) -> Iterator[dict[str, Any]]:
    """Return every case with its facts; of ``standard`` ones those that are valid expressions."""
    for file in sorted(HERE.glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        if document.get("schema") != "ecert.rule-vectors/1":
            continue
        for case in document["cases"]:
            if standard and (not case["standard"] or case["expected"] not in VALUES):
                continue
            facts = copy.deepcopy(document["facts"])
            for path, value in case.get("set", {}).items():
                *above, last = path.split(".")
                inside = facts
                for name in above:
                    inside = inside[name]
                inside[last] = value
            yield {**case, "id": f"{file.stem}/{case['id']}", "facts": facts}


def differing(case: dict[str, Any], answer: str) -> bool:
    """Whether an answer is not the expected one; programs may name refusals as they like."""
    if case["expected"] in VALUES:
        return bool(answer != case["expected"])
    return answer in VALUES


def main(arguments: list[str]) -> int:
    """Run the program over all cases."""
    standard = arguments[:1] == ["--standard"]
    program = arguments[1:] if standard else arguments
    asked = list(cases(standard=standard))
    lines = "".join(
        json.dumps({k: c[k] for k in ("id", "expression", "facts")}) + "\n" for c in asked
    )
    done = subprocess.run(program, input=lines, capture_output=True, text=True, check=True)
    answers = {a["id"]: a["answer"] for a in map(json.loads, done.stdout.splitlines())}
    wrong = [c for c in asked if differing(c, answers.get(c["id"], "unanswered"))]
    for case in wrong:
        expected, got = case["expected"], answers.get(case["id"])
        said = f"{case['id']}: expected {expected}, got {got}: {case['expression']}"
        sys.stdout.write(said + "\n")
    sys.stdout.write(f"{len(asked)} cases, {len(wrong)} differ\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
