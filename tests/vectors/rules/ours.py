"""The vector suite's protocol, spoken by this package: cases in, answers out, one JSON a line."""

from __future__ import annotations

import json
import sys
from typing import Any

from ecert.errors import TrustError
from ecert.recognition.rules.engine import compile_expression
from ecert.recognition.rules.plain import facts_from_json
from ecert.recognition.rules.reading import read_expression
from ecert.recognition.rules.running import decide


def answer(case: dict[str, Any]) -> str:
    """Return ``true``, ``false``, ``unknown``, or the code of a refusal."""
    try:
        program = compile_expression(case["expression"])
        reads = read_expression(case["expression"], program.checked)
    except TrustError as error:
        return error.code
    found, _ = decide(program, reads, facts_from_json(case["facts"]))
    return "unknown" if isinstance(found, str) else str(found).lower()


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps({"id": asked["id"], "answer": answer(asked)}) + "\n")
