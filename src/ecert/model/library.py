"""Where profiles lie: inside an installed wheel, in the checkout, or where the user says.

This is the edge of the model that reads files. A name never reaches the file system unless it is a
plain identifier, so no name can point outside the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from ecert.errors import ProfileError
from ecert.limits import Limits
from ecert.model.profile import Profile
from ecert.model.profile_spec import PROFILE_ID

__all__ = [
    "find_profile", "folder_digest", "list_profiles", "load_profile", "open_profile",
    "shipped_folder",
]  # fmt: skip

_SUFFIXES = (".yaml", ".yml")


def shipped_folder() -> Path:
    """Return the folder of the profiles that came with this package or checkout."""
    here = Path(__file__).resolve()
    installed = here.parents[1] / "_data" / "profiles"
    return installed if installed.is_dir() else here.parents[3] / "profiles"


def list_profiles(*, search: Path | Iterable[Path] | None = None) -> tuple[str, ...]:
    """Return the names of all profiles, those of ``search`` included, sorted."""
    return tuple(
        sorted(
            {f.stem for folder in _folders(search) for f in folder.glob("*.yaml") if f.is_file()}
        )
    )


def open_profile(
    name_or_path: str | Path, *, search: Path | Iterable[Path] | None = None
) -> Profile:
    """Return one profile by name or path, as a user states it; see Profile.load."""
    if isinstance(name_or_path, Path) or name_or_path.endswith(_SUFFIXES):
        return _read(Path(name_or_path))
    return load_profile(name_or_path, search=search)


def load_profile(name: str, *, search: Path | Iterable[Path] | None = None) -> Profile:
    """Return one profile by name alone: safe for names that a presented file states.

    Raises:
        ProfileError: no such profile.
        ExceptionGroup: of ProfileError, when the file is unusable.

    """
    if not re.fullmatch(PROFILE_ID, name):
        raise ProfileError("profile.unknown", f"no profile {name[:64]!r}", params={"profile": "-"})
    if search is None and name in _shipped():
        return _shipped_profile(name)
    for folder in _folders(search):
        file = folder / f"{name}.yaml"
        if file.is_file():
            profile = _read(file)
            if profile.id != name:
                raise ProfileError(
                    "profile.id_differs",
                    f"{file.name}: id is {profile.id}, expected {name}",
                    params={"source": file.name, "id": profile.id},
                )
            return profile
    raise ProfileError(
        "profile.unknown",
        f"no profile {name!r}, known: {', '.join(list_profiles(search=search))}",
        params={"profile": name},
    )


def find_profile(type_code: str, *, search: Path | Iterable[Path] | None = None) -> Profile | None:
    """Return the profile of a certificate type code, or None; the first folder that has it wins."""
    if search is None:
        shipped = map(_shipped_profile, _shipped())
        return next((p for p in shipped if p.type_code == type_code), None)
    for folder in _folders(search):
        for file in sorted(folder.glob("*.yaml")):
            profile = _read(file)
            if profile.type_code == type_code:
                return profile
    return None


def folder_digest(folder: Path) -> str:
    """Return a digest over the names and contents of a folder's profiles; one may be unreadable."""
    found = sha256()
    for file in sorted(folder.glob("*.yaml")):
        try:
            data = sha256(_bytes(file)).hexdigest()
        except ProfileError as error:
            data = error.code
        found.update(f"{file.name}\0{data}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, ...]:
    """Return the names of the shipped profiles in the order of their files; looked up once."""
    return tuple(file.stem for file in sorted(shipped_folder().glob("*.yaml")))


@lru_cache(maxsize=64)
def _shipped_profile(name: str) -> Profile:
    """Return one of them, read once: they came with this package and stay as they are."""
    return load_profile(name, search=())


def _folders(search: Path | Iterable[Path] | None) -> tuple[Path, ...]:
    given = (search,) if isinstance(search, Path) else tuple(search or ())
    return (*given, shipped_folder())


def _read(file: Path) -> Profile:
    return _parsed(_bytes(file), file.name)


def _bytes(file: Path) -> bytes:
    limit = Limits().json_bytes
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= limit else b""
    except OSError as error:
        raise ProfileError(
            "profile.unreadable", f"{file.name}: cannot be read", params={"source": file.name}
        ) from error
    if size > limit:
        raise ProfileError(
            "profile.unreadable", f"{file.name}: {size} bytes", params={"source": file.name}
        )
    return data


@lru_cache(maxsize=256)
def _parsed(data: bytes, name: str) -> Profile:
    return Profile.parse(data, name=name)
