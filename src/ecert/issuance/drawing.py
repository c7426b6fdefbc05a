"""What decides how a face is drawn, as one short digest: for the file, and for whoever draws it anew.

Two drawings of the same data by the same version are the same to the last dot; of two versions that
differ nothing can be said beforehand. The version covers the template, the library it imports, its
geometry, the fonts, this package and the programs that lay out and draw the code.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path

from ecert import __version__
from ecert.issuance.fonts import FontSet

__all__ = ["drawing_mark"]

_DIGITS = 32


def drawing_mark(template: str | Path, fonts: FontSet) -> dict[str, str]:
    """Return the template's name and the version of the drawing, as they stand in the file."""
    name = template.stem if isinstance(template, Path) else template.removesuffix(".typ")
    return {"template": name, "version": _version(template, fonts)}


@lru_cache(maxsize=16)
def _version(template: str | Path, fonts: FontSet) -> str:
    library = Path(str(resources.files("ecert.issuance").joinpath("templates")))
    files = [*sorted(library.iterdir()), *fonts.paths]
    if isinstance(template, Path):
        files += [template, template.with_suffix(".toml")]
    whole = hashlib.sha256(repr(fonts.fallback).encode())
    for program in (__version__, metadata.version("typst"), metadata.version("qrcode")):
        whole.update(program.encode() + b"\0")
    for path in files:
        if path.is_file():
            whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:_DIGITS]
