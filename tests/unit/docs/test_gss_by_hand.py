"""What docs/products/gssapi.md tells administrators to type finds, and makes comments of, NTLM's lines of any name."""

import subprocess
from pathlib import Path

from tests.unit.docs.pages import ROOT, blocks

OID = "1.3.6.1.4.1.311.2.2.10"
BEFORE = f"""\
# {OID} in a comment
gssntlmssp_v1\t{OID}\t/usr/lib/gssntlmssp.so
x {{{OID}}} gssntlmssp.so
y 01.3..6.1.4.1.0311.2.2.10. gssntlmssp.so [option]
\t{OID} gssntlmssp.so
z {OID}0 other.so
#w {OID} gssntlmssp.so
spnego 1.3.6.1.5.5.2 spnego.so
"""
AFTER = f"""\
# {OID} in a comment
#gssntlmssp_v1\t{OID}\t/usr/lib/gssntlmssp.so
#x {{{OID}}} gssntlmssp.so
#y 01.3..6.1.4.1.0311.2.2.10. gssntlmssp.so [option]
#\t{OID} gssntlmssp.so
z {OID}0 other.so
#w {OID} gssntlmssp.so
spnego 1.3.6.1.5.5.2 spnego.so
"""


def typed(folder: Path) -> list[str]:
    """The lines of the page that concern the folder, and what they need, for this one."""
    lines = next(each.text for each in blocks(ROOT / "docs/products/gssapi.md") if each.language == "sh").splitlines()
    last = max(number for number, line in enumerate(lines) if "/etc/gss" in line)
    return [line.replace("/etc/gss", str(folder)) for line in lines[: last + 1]]


def test_the_lines_work_with_any_name_and_spelling(tmp_path: Path) -> None:
    """grep shows the four, and sed changes no other."""
    file = tmp_path / "mech.d/m.conf"
    file.parent.mkdir()
    file.write_text(BEFORE)
    said = subprocess.run(["sh", "-ec", "\n".join(typed(tmp_path))], capture_output=True, text=True, check=True)
    assert [line.split(":")[1] for line in said.stdout.splitlines()] == ["2", "3", "4", "5"]
    assert file.read_text() == AFTER
