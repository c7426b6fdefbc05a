"""Locations inside an OFD package (ST_Loc, GB/T 33190-2016 7.1).

Tried in order: absolute, relative to the referring file, relative to the package root; doubled
slashes are one. A location never leaves the package, and a URL, drive letter or backslash never
resolves. Another case is accepted only where the exact one does not exist: packages with case
variants are refused (L9), so it cannot be ambiguous.
"""

from __future__ import annotations

from ecert.documents.ofd.package import Package, fold

__all__ = ["candidates", "is_external", "resolve"]


_LENGTH = 2048
"""Characters of a location: no entry name has more than 512, and folding makes text up to 18 times longer."""


def is_external(location: str, referrer: str) -> bool:
    """Whether a location points out of the package: by scheme, drive, share or ``..``."""
    return bool(location.strip()) and not candidates(location, referrer)


def candidates(location: str, referrer: str) -> tuple[str, ...]:
    """Return the absolute paths that a location may mean, best first; empty for unusable text.

    Args:
        location: text as written.
        referrer: absolute path of the file, or with a final ``/`` of the folder, it stands in.

    """
    text = location.strip()
    if not text or len(text) > _LENGTH or "\\" in text or ":" in text or not text.isprintable():
        return ()
    if text.startswith("/"):
        found = [_normal("/", text)]
    else:
        found = [_normal(referrer.rsplit("/", 1)[0] + "/", text), _normal("/", text)]
    return tuple(dict.fromkeys(path for path in found if path))


def resolve(location: str, referrer: str, package: Package) -> str | None:
    """Return the path of the entry that a location means, or None when there is none."""
    paths = candidates(location, referrer)
    for path in paths:
        if path in package:
            return path
    for path in paths:
        other = package.folded.get(fold(path))
        if other is not None:
            return other
    return None


def _normal(folder: str, text: str) -> str | None:
    """Join and normalise; None when the result lies outside the package or is no file."""
    segments: list[str] = []
    for segment in (text if text.startswith("/") else folder + text).split("/"):
        if segment in ("", "."):
            continue
        if segment == "..":
            if not segments:
                return None
            segments.pop()
        else:
            segments.append(segment)
    return "/" + "/".join(segments) if segments else None
