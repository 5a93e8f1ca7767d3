"""Makes the virtual environment `.venv`: python3 project/venv.py

Runs on a bare Python, so it uses the standard library only. Debian and Ubuntu keep `ensurepip` apart from
python3; where PIP_INDEX_URL names a package index, pip is then fetched from there as one file and checked
against the digest below, else a sentence says what to install.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / ".venv"
PIP = "pip-25.3-py3-none-any.whl"
PIP_SHA256 = "9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd"
NO_PIP = """\
This Python has no ensurepip, and pip could not be fetched ({fault}).
Install what Debian and Ubuntu keep apart, then run make again:

    sudo apt install python3-venv
"""


def main():
    if sys.version_info < (3, 11):
        sys.exit(f"Tangram needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    with_pip = bool(importlib.util.find_spec("ensurepip"))
    # --clear mends an environment whose Python was upgraded or removed.
    without = [] if with_pip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", *without, str(VENV)], check=True)
    if not with_pip:
        install_pip()


def install_pip():
    index = os.environ.get("PIP_INDEX_URL", "").rstrip("/")
    try:
        if not index:
            raise ValueError("PIP_INDEX_URL names no package index")
        wheel = fetch_pip(f"{index}/pip/")
    except (OSError, ValueError) as fault:
        # Half an environment would look like a whole one to make.
        shutil.rmtree(VENV)
        sys.exit(NO_PIP.format(fault=fault))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PIP
        path.write_bytes(wheel)
        # A wheel is a zip file that Python can run from.
        subprocess.run(
            [str(VENV / "bin" / "python"), f"{path}/pip", "install", "--quiet", "--no-index", str(path)],
            check=True,
        )


def fetch_pip(listing: str) -> bytes:
    """Raises OSError when the index does not answer, ValueError when it has another file or none."""
    with urllib.request.urlopen(listing, timeout=30) as page:
        links = re.findall(r'href="([^"#]+)', page.read().decode())
    link = next((link for link in links if link.endswith(PIP)), None)
    if not link:
        raise ValueError(f"it has no {PIP}")
    with urllib.request.urlopen(urllib.parse.urljoin(listing, link), timeout=60) as file:
        wheel = file.read()
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        raise ValueError(f"its {PIP} is not the one expected")
    return wheel


if __name__ == "__main__":
    main()
