"""pyHanko's difference analysis, without what its package loads beside it.

`pyhanko.sign` imports its signers at once, and with them validation, timestamps and an HTTP client:
five sixths of the time that loading the difference analysis takes, none of it used here. So the
package is entered into `sys.modules` with its names not loaded yet; whoever asks for one of them,
now or later, gets it as ever. Only where its `__init__` says nothing but "import these names from
`.signers`"; any other form is loaded in full.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

__all__ = ["difference_analysis"]

_PACKAGE: Final = "pyhanko.sign"
_NAMES_FROM: Final = "signers"


def difference_analysis() -> Any:
    """Return the module `pyhanko.sign.diff_analysis`; its constructors carry no types."""
    if _PACKAGE not in sys.modules:
        _enter()
    return importlib.import_module(f"{_PACKAGE}.diff_analysis")


class _Deferred(ModuleType):
    """A package whose names come from one of its modules, loaded when first asked for."""

    def __getattr__(self, name: str) -> Any:
        """Load the names; a dunder, and what is not there then either, is missing as in any module."""
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        source = importlib.import_module(f"{_PACKAGE}.{_NAMES_FROM}")
        names = self.__dict__["_deferred_names"]
        if name == "__all__":
            return list(names)
        if name in names:
            return getattr(source, name)
        try:
            return self.__dict__[name]  # a module of the package that was loaded with it
        except KeyError:
            raise AttributeError(f"module {_PACKAGE!r} has no attribute {name!r}") from None


def _enter() -> None:
    from importlib.util import find_spec, module_from_spec

    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return
    names = _names(Path(spec.origin).read_text(encoding="utf-8"))
    if names is None:
        return
    module = module_from_spec(spec)
    module.__dict__["_deferred_names"] = names
    module.__class__ = _Deferred
    if (
        sys.modules.setdefault(_PACKAGE, module) is module
    ):  # else another thread has loaded it meanwhile
        parent, _, name = _PACKAGE.rpartition(".")
        setattr(sys.modules[parent], name, module)


def _names(source: str) -> tuple[str, ...] | None:
    """Return the names that an `__init__` imports from its one module, or None for any other form."""
    import ast

    found: list[str] = []
    for statement in ast.parse(source).body:
        match statement:
            case ast.ImportFrom(module=module, level=1, names=aliases) if module == _NAMES_FROM:
                if any(alias.asname or alias.name == "*" for alias in aliases):
                    return None
                found += [alias.name for alias in aliases]
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List()):
                continue
            case _:
                return None
    return tuple(found) or None
