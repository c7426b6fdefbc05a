"""PDFBox Preflight over the issued CMS files (ecosystem.md 1.3).

Preflight knows ISO 19005-1 (PDF/A-1b) only. What it says of ours may be nothing but the known differences
between part 1 and part 3; anything else (fonts, widths, XMP, colour, structure) is a fault.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue, locate_fonts
from ecert.issuance.sealart import seal_picture
from issuing_kit import AT, certificate, seal, signer

JARS = [
    Path("/usr/share/java") / f"{name}.jar"
    for name in (
        "preflight",
        "pdfbox2",
        "fontbox2",
        "xmpbox",
        "commons-logging",
        "commons-io",
        "javax.activation",
        "jaxb-api",
    )
]
FALSE_ALARMS = {
    "1.2.9": "part 3 allows embedded files (ISO 19005-3, 6.8)",
    "1.4.7": "part 3 allows the EmbeddedFiles name tree (ISO 19005-3, 6.8)",
    "2.1.6": "parts 2 and 3 allow ICC profiles of version 4 (ISO 19005-3, 6.2.4.2)",
    "2.2.2": "parts 2 and 3 allow soft masks (ISO 19005-3, 6.2.10)",
    "4.1.3": "parts 2 and 3 allow the blend mode Multiply (ISO 19005-3, 6.2.10)",
    "7.11.2": "the part stated in XMP is 3, as it must be",
}
CASES = [
    ("sm2", "business_license"),
    ("rsa", "business_license"),
    ("p256", "id_card"),
    ("sm2", "driving_licence"),
]
needs_preflight = pytest.mark.skipif(
    shutil.which("java") is None or not JARS[0].is_file(),
    reason="needs java and Debian's libpdfbox2-java (installed by .ci/run)",
)


@needs_preflight
def test_preflight_knows_no_fault_but_the_differences_of_part_3(tmp_path) -> None:
    picture = seal_picture("示例市市场监督管理局", fonts=locate_fonts())
    names = []
    for kind, of in CASES:
        document = issue(
            certificate(of),
            signer=signer(kind),
            seal=seal(picture),
            at=AT,
            options=IssueOptions(notice=SAMPLE_NOTICE),
        )
        names.append(document.save(tmp_path / f"{of}-{kind}.pdf").name)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\nnot a document\n")
    classpath = ":".join(str(j) for j in JARS if j.is_file())
    source = Path(__file__).with_name("Preflight.java")
    done = subprocess.run(
        ["java", "-cp", classpath, source, *names, "broken.pdf"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [r[0] for r in rows if r[1] == "done"] == [*names, "broken.pdf"], done.stderr[-2000:]
    found = {
        name: {r[1] for r in rows if r[0] == name and r[1] != "done"}
        for name in [*names, "broken.pdf"]
    }
    assert found.pop("broken.pdf") - set(FALSE_ALARMS), "the check must be able to fail"
    for name, codes in found.items():
        assert codes <= set(FALSE_ALARMS), (
            name,
            [r for r in rows if r[0] == name and r[1] not in FALSE_ALARMS],
        )
