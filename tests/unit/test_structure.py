"""Floors, size and purity of the source (architecture.md 2.2, 2.3), read from the syntax tree."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "ecert"
FLOORS = [
    "errors limits memo", "report", "ids", "crypto", "model", "seals", "documents", "trust", "verification",
    "recognition", "issuance", "testpki", "conversion", "workers", "facade", "manyfiles", "cli commands",
]  # fmt: skip
RANK = {name: i for i, row in enumerate(FLOORS) for name in row.split()}
MODULES = sorted(SRC.rglob("*.py"))
# Edges of the library: where the clock, the file system or randomness may be touched, and why.
EDGES = {
    "facade.py": {"clock", "open"},
    "crypto/signer.py": {"open"},  # a key is opened by URI
    "crypto/keys.py": {"random"},  # key generation
    "crypto/pkcs12.py": {"random"},  # salts
    "crypto/pbe.py": {"random"},
    "crypto/sm2/ecpoint.py": {"random"},  # nonce of a signature
    "model/library.py": {"open"},
    "trust/store.py": {"open"},
    "trust/bundle/files.py": {"open"},  # a published bundle, or one of a store
    "trust/bundle/local.py": {"open"},  # the store: state, bundles, lock
    "trust/opening.py": {"open"},
    "trust/publishing/workspace.py": {"open"},  # the publisher's folder
    "seals/seal.py": {"open"},
    "issuance/issuing.py": {"open"},  # save()
    "conversion/run.py": {"open"},
    "testpki/folder.py": {"open"},
    "verification/policy.py": {"open"},
}
FORBIDDEN = {
    "clock": re.compile(r"^(datetime\.(now|today|utcnow)|date\.today|time\.(time|monotonic|perf_counter|localtime))$"),
    "random": re.compile(r"^(random|secrets|uuid)\.|^os\.urandom$"),
    "open": re.compile(r"^open$|\.(write_bytes|write_text)$"),
    "environment": re.compile(r"^os\.(environ|getenv|putenv)"),
    "output": re.compile(r"^print$|^sys\.(exit|stdout|stderr)|^(exit|quit)$"),
}  # fmt: skip


def rel(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def floor_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, first component after ``ecert``) of every import of our own code."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names = [
                f"{node.module}.{a.name}" if node.module == "ecert" else node.module or ""
                for a in node.names
            ]
        for name in names:
            parts = name.split(".")
            if parts[0] == "ecert" and len(parts) > 1:
                yield node.lineno, parts[1]


def test_a_module_imports_only_floors_below_its_own() -> None:
    wrong = []
    for path in MODULES:
        own = floor_of(path)
        if own in ("__init__", "__main__"):
            continue
        for line, other in imports(path):
            if own == "errors" and other == "report":
                continue  # a type annotation only: VerificationError carries the report
            if other == "__version__" or other not in RANK:
                continue
            same = (
                RANK[other] == RANK[own]
                and other != own
                and not {own, other} <= {"cli", "commands"}
            )
            if RANK[other] > RANK[own] or same:
                wrong.append(f"{rel(path)}:{line} {own} -> {other}")
    assert not wrong


def test_every_top_level_module_has_a_floor() -> None:
    found = {floor_of(p) for p in MODULES} - {"__init__", "__main__"}
    assert found == set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=rel)
def test_size(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it does"
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        text_of = node.body[0] if ast.get_docstring(node) else None
        explained = (text_of.end_lineno or 0) - text_of.lineno + 1 if text_of else 0
        assert (node.end_lineno or 0) - node.lineno - explained < 50, node.name
        args = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        args = [a for a in args if a not in ("self", "cls")]
        allowed = 99 if rel(path).startswith("commands/") or node.name == "__init__" else 6
        assert len(args) <= allowed, node.name


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


@pytest.mark.parametrize(
    "path", [p for p in MODULES if not rel(p).startswith(("commands/", "cli"))], ids=rel
)
def test_purity(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = (
            dotted(node.func)
            if isinstance(node, ast.Call)
            else dotted(node)
            if isinstance(node, ast.Attribute)
            else ""
        )
        for kind, pattern in FORBIDDEN.items():
            if name and pattern.search(name):
                assert kind in EDGES.get(rel(path), set()), f"line {node.lineno}: {name}"  # type: ignore[attr-defined]


def test_nothing_swallows_errors() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                body = node.body
                silent = len(body) == 1 and isinstance(body[0], ast.Pass)
                assert not silent, f"{rel(path)}:{node.lineno}"


def tracked() -> list[Path]:
    out = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    return [ROOT / line for line in out.splitlines()]


def test_no_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry." + "npmjs", "deb." + "debian"]
    machine = re.compile(rb"/(work|farm|root)/[a-z]")
    for path in tracked():
        if not path.is_file():
            continue
        data = path.read_bytes()
        assert not [h for h in hosts if h.encode() in data], path
        assert path == Path(__file__) or not machine.search(data), path


def test_the_code_knows_no_certificate_type_by_name() -> None:
    types = [p.stem for p in (ROOT / "profiles").glob("*.yaml")]
    assert len(types) >= 5
    for path in MODULES:
        if rel(path).startswith(("commands/demo", "testpki/", "commands/demonstration")):
            continue
        texts = {
            n.value
            for n in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(n, ast.Constant)
        }
        assert not texts & set(types), path


# Groups whose alternatives never fail half-way, so that the fault below cannot show.
POSSESSIVE = {"model/canonical.py", "documents/pdf/lexer.py", "documents/pdf/guard.py"}


def test_no_possessive_group_that_can_fail_half_way():
    """Python 3.11.0 to 3.11.4 goes on from inside a failed iteration of one (gh-106052)."""
    group = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>")
    found = {m.relative_to(SRC).as_posix() for m in MODULES if group.search(m.read_text("utf-8"))}
    assert found == POSSESSIVE
