"""Names the colours of a drawn face by device, under the output intent that says which device.

typst gives every colour through a profile inside the page's resources; a reader builds a table from
each before it sees a character, which takes twice as long as reading the text. The file states the
same profile as its output intent, so the short names mean the same colours.
Clause: ISO 19005-3 6.2.4.3 (device colours under an output intent).
"""

from __future__ import annotations

import io

import pikepdf

__all__ = ["device_colours"]

_GREY, _RGB = 1, 3


def device_colours(body: bytes) -> bytes:
    """Return a PDF whose contents name RGB of its output intent, and grey, as device colours."""
    with pikepdf.open(io.BytesIO(body)) as document:
        intents = document.Root.get("/OutputIntents", pikepdf.Array())
        stated = [i.DestOutputProfile.read_raw_bytes() for i in intents]
        for holder in document.objects:
            if isinstance(holder, pikepdf.Dictionary | pikepdf.Stream):
                _rename(holder.get("/Resources"), stated)
        out = io.BytesIO()
        document.save(out, compress_streams=False, deterministic_id=True)
    return out.getvalue()


def _rename(resources: pikepdf.Object | None, stated: list[bytes]) -> None:
    if resources is None or "/ColorSpace" not in resources:
        return
    spaces = resources.ColorSpace
    for name, space in list(spaces.items()):
        if not isinstance(space, pikepdf.Array) or space[0] != pikepdf.Name.ICCBased:
            continue
        if stated and space[1].N == _GREY:
            spaces[name] = pikepdf.Name.DeviceGray
        elif space[1].N == _RGB and space[1].read_raw_bytes() in stated:
            spaces[name] = pikepdf.Name.DeviceRGB
