"""Lays out a face with typst: data in, PDF/A-3b body out; same data, fonts and instant, same bytes.

Every text is checked before it is laid out (`ecert.issuance.glyphs`), a text that does not fit its
box even at the smallest legible size is an error, never an overlap. Templates are files; they fetch
nothing.
"""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from ecert.errors import MissingExtra, ProfileError
from ecert.issuance.colours import device_colours
from ecert.issuance.fonts import FontSet
from ecert.issuance.glyphs import FaceError, check_text

__all__ = ["Face", "Geometry", "Item", "compile_template", "geometry", "render_face"]

_COMPILERS = threading.local()
_OVERFLOW = "face.overflow:"
_DECIMALS = re.compile(r"[0-9]+\.[0-9]{3,}")


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled value; ``long`` marks running text that is set smaller and may shrink first."""

    label: str
    value: str
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Everything a template draws, already as text.

    Args:
        title: name of the certificate. subtitle: e.g. ``"（副　本）"``, or ``""``.
        holder: for the document title. code: the value set apart (upper left), or None.
        left: values of the first column. right: of the second.
        authority: issuing authority with its label. date: date of issue as printed.
        ecid: identifier. qr: the code as SVG. photo: picture bytes, or None.
        notice: a line such as 示例证照 SAMPLE, or None.

    """

    title: str
    holder: str
    authority: Item
    date: str
    ecid: str
    qr: str
    subtitle: str = ""
    code: Item | None = None
    left: tuple[Item, ...] = ()
    right: tuple[Item, ...] = ()
    photo: bytes | None = field(default=None, repr=False)
    notice: str | None = None

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield (label, text) of everything that is printed."""
        items = (*((self.code,) if self.code else ()), *self.left, *self.right, self.authority)
        yield from (("title", self.title), ("subtitle", self.subtitle), ("date", self.date))
        yield from (("ecid", self.ecid), ("notice", self.notice or ""))
        for item in items:
            yield item.label, item.label
            yield item.label, item.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Places of a template in millimetres, and which rows of a profile go where (faces.toml).

    Args:
        page: width, height. frame: left, top, right, bottom of its inner line.
        clear: width inside the frame that stays free of ink. seal: centre of the seal.
        qr: left, top, side. photo: whether a picture is drawn.
        code: row set apart. subtitle: row below the title. right: rows of the second column.
        long: rows of running text.

    """

    page: tuple[float, float]
    frame: tuple[float, float, float, float]
    clear: float
    seal: tuple[float, float]
    qr: tuple[float, float, float]
    photo: bool = False
    code: str = ""
    subtitle: str = ""
    right: tuple[str, ...] = ()
    long: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _geometries() -> dict[str, Any]:
    text = resources.files("ecert.issuance").joinpath("templates/faces.toml").read_text("utf-8")
    return tomllib.loads(text)


def geometry(template: str | Path) -> Geometry:
    """Return the geometry of a template; one outside the package has a ``.toml`` beside it.

    Raises:
        ProfileError: unknown template, or unusable geometry.

    """
    name = _name(template)
    try:
        if isinstance(template, Path):
            row = tomllib.loads(template.with_suffix(".toml").read_text("utf-8"))
        else:
            row = _geometries()[name]
        parts: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        return Geometry(**parts)
    except (KeyError, TypeError, OSError, ValueError) as error:
        raise ProfileError(
            "face.template_unknown", f"no usable face template {name}", params={"name": name}
        ) from error


def _name(template: str | Path) -> str:
    return template.stem if isinstance(template, Path) else template.removesuffix(".typ")


def render_face(face: Face, *, template: str | Path, fonts: FontSet, at: datetime) -> bytes:
    """Return the face as a PDF/A-3b body.

    Args:
        face: what to draw.
        template: packaged name, or the path of a ``.typ`` file, which may
            use the packaged library: ``#import sys.inputs.library + "/face.typ": *``.
        fonts: where glyphs come from.
        at: the instant written into the file.

    Raises:
        FaceError: a character cannot be printed, or a text does not fit.
        ProfileError: the template is unknown or broken.
        MissingExtra: typst is not installed.

    """
    geometry(template)
    check_text(face.texts(), fonts.glyphs())
    data = {
        "title": face.title,
        "subtitle": face.subtitle,
        "holder": face.holder,
        "code": _plain(face.code) if face.code else None,
        "left": [_plain(i) for i in face.left],
        "right": [_plain(i) for i in face.right],
        "authority": _plain(face.authority),
        "date": face.date,
        "ecid": face.ecid,
        "qr": face.qr,
        "photo": list(face.photo) if face.photo else None,
        "notice": face.notice,
        "fallback": list(fonts.fallback),
        "ground": _ground(template, fonts),
    }
    options = {"pdf_standards": ["a-3b"], "timestamp": int(at.timestamp()), "pdf_tags": False}
    return device_colours(compile_template(template, data, fonts=fonts, options=options))


@lru_cache(maxsize=16)
def _ground(template: str | Path, fonts: FontSet) -> str | None:
    """Return the template's ground and frame as SVG, or None where it has no ground of its own.

    The same for every document of a type, and three quarters of the drawing time: drawn once.
    """
    name = f"{_name(template)}-ground"
    own = template.with_name(f"{name}.typ") if isinstance(template, Path) else name
    path = own if isinstance(own, Path) else _library() / f"{own}.typ"
    if not path.is_file():
        return None
    svg = compile_template(own, {}, fonts=fonts, options={"format": "svg"}).decode()
    return _DECIMALS.sub(lambda match: f"{float(match[0]):.2f}", svg)


def _plain(item: Item) -> dict[str, Any]:
    return {"label": item.label, "value": item.value, "long": item.long}


def compile_template(
    template: str | Path, data: dict[str, Any], *, fonts: FontSet, options: dict[str, Any]
) -> bytes:
    """Return what typst makes of a template and its data; warnings are errors.

    Raises:
        FaceError: a text does not fit its box. ProfileError: the template is broken.
        MissingExtra: typst is not installed.

    """
    compiler = _compiler(template, fonts)
    import typst

    inputs = {"data": json.dumps(data, ensure_ascii=False), "library": _library().as_posix()}
    try:
        made, warnings = compiler.compile_with_warnings(sys_inputs=inputs, **options)
    except typst.TypstError as error:
        raise _failure(str(getattr(error, "message", error)), template) from error
    if warnings:
        raise _failure(str(warnings[0]), template)
    return bytes(made)


def _failure(message: str, template: str | Path) -> FaceError | ProfileError:
    if _OVERFLOW in message:
        box = message.split(_OVERFLOW, 1)[1].split(maxsplit=1)[0].strip("\"'")
        return FaceError(
            "face.overflow",
            f"the text of {box} does not fit its place on the face",
            params={"box": box},
        )
    name = _name(template)
    return ProfileError(
        "face.template_broken",
        f"face template {name} failed: {message[:200]}",
        params={"name": name, "message": message[:200]},
    )


def _compiler(template: str | Path, fonts: FontSet) -> Any:
    """Return this thread's compiler for a template: a compiler is not shared between threads."""
    try:
        import typst
    except ImportError as error:
        raise MissingExtra(
            "extra.missing", "drawing a face needs ecert[typst]", params={"extra": "typst"}
        ) from error
    cache: dict[Any, Any] = _COMPILERS.__dict__.setdefault("by_template", {})
    if (template, fonts) not in cache:
        packaged = _library() / f"{_name(template)}.typ"
        path = template.resolve() if isinstance(template, Path) else packaged
        root = path.anchor if isinstance(template, Path) else str(path.parent)
        cache[template, fonts] = typst.Compiler(
            str(path), root=root, font_paths=_fonts(fonts.paths)
        )
    return cache[template, fonts]


def _library() -> Path:
    return Path(str(resources.files("ecert.issuance").joinpath("templates")))


def _fonts(paths: Sequence[Path]) -> Any:
    import typst

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=sorted({str(p.parent) for p in paths}),
    )
