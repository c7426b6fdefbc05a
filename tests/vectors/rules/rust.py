"""The vector suite's protocol, spoken by another CEL: ``common-expression-language``, written in Rust.

Its own functions and its own reading of the facts, so that it agrees with this package only where both
are right. It checks no types and knows no tables of divisions: run it with ``--standard``.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

DAYS = ("issue_date", "valid_from", "valid_to")
LEVELS = {"low": 1, "substantial": 2, "high": 3}


def engine() -> Any:
    """Return the compiled module alone; its package would import a command line that is not installed."""
    for folder in map(Path, sys.path):
        for file in sorted(folder.glob("cel/cel.*.so")):
            spec = importlib.util.spec_from_file_location("cel", file)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return None


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def last_day(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def plus_months(day: int, count: int) -> int:
    start = date.fromordinal(day)
    year, month = start.year, start.month
    if abs(count) > 120_000:
        raise ValueError(count)
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month in (0, 13):
            year, month = (year + 1, 1) if month == 13 else (year - 1, 12)
    return date(year, month, min(start.day, last_day(year, month))).toordinal()


def state(windows: list[dict[str, str]], moment: datetime) -> str:
    for window in windows:
        end = window.get("to")
        if instant(window["from"]) <= moment and (end is None or moment < instant(end)):
            return window["state"]
    raise LookupError(moment)


def variables(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts as maps; what is absent or no value of its type is left out."""
    made: dict[str, Any] = {k: dict(v) for k, v in facts.items() if isinstance(v, dict)}
    cert = made["cert"]
    for name in DAYS:
        if name in cert:
            cert[name] = date.fromisoformat(cert[name]).toordinal()
    fields = cert["fields"]
    cert["fields"] = {k: v for k, v in fields.items() if isinstance(v, str) and v}
    cert["lists"] = {k: v for k, v in fields.items() if isinstance(v, list) and v}
    cert["numbers"] = {k: int(v) for k, v in cert["fields"].items() if v.isdigit()}
    cert["dates"] = {k: written_day(v) for k, v in cert["fields"].items() if written_day(v)}
    made["t_issue"] |= {k: instant(made["t_issue"][k]) for k in ("earliest", "latest")}
    made["t_eval"] = instant(facts["t_eval"])
    return {**{k: {} for k in ("holder", "matter")}, **made}


def written_day(text: str) -> int:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date().toordinal()
    except ValueError:
        return 0


def context(module: Any, facts: dict[str, Any]) -> Any:
    found = module.Context()
    for name, value in variables(facts).items():
        found.add_variable(name, value)
    history, codes = facts["history"], facts["codes"]
    beijing = timezone(timedelta(hours=8))
    functions = {
        "date": lambda text: date.fromisoformat(text).toordinal(),
        "day": lambda moment: moment.astimezone(beijing).date().toordinal(),
        "plus_days": lambda day, n: (date.fromordinal(day) + timedelta(days=n)).toordinal(),
        "plus_months": plus_months,
        "plus_years": lambda day, n: plus_months(day, 12 * n),
        "level_at_least": lambda one, other: LEVELS[one] >= LEVELS[other],
        "code_map": lambda table, code: codes[table][code],
        "status_at": lambda moment: state(history["status"], moment),
        "issuer_service_at": lambda kind, moment: state(history["issuer"][kind], moment),
    }
    for name, function in functions.items():
        found.add_function(name, function)
    return found


def answer(module: Any, case: dict[str, Any]) -> str:
    """Return true, false or unknown: whatever the engine raises is an error, hence an unknown."""
    try:
        found = module.evaluate(case["expression"], context(module, case["facts"]))
    except Exception:  # noqa: BLE001 - the engine raises KeyError, ValueError, RuntimeError and more
        return "unknown"
    return str(found).lower() if isinstance(found, bool) else f"not a truth: {found!r}"


if __name__ == "__main__":
    loaded = engine()
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps({"id": asked["id"], "answer": answer(loaded, asked)}) + "\n")
