"""The arrows between packages: who may know whom. See docs of the house in README.md."""

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = {"project", "rules", "flows", "templates", "fixtures", "tests", "docs", "bench"}
# What the pure part of the rules may use beside Python itself.
ENGINE_MAY_USE = {"business_rules", "ahocorasick", "opencc", "re2"}


def imported_modules(path):
    """Every module a file imports, wherever in it, as full dotted names."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from flows import tickets` imports flows.tickets.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def modules_of(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)


def named(path):
    return str(path.relative_to(ROOT))


def starts_with(module, packages):
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", modules_of("rules"), ids=named)
def test_rules_know_nothing_of_flows(path):
    assert [m for m in imported_modules(path) if starts_with(m, ["flows", "project", "tests"])] == []


@pytest.mark.parametrize("path", modules_of("rules/engine"), ids=named)
def test_the_engine_is_pure_python(path):
    allowed = sys.stdlib_module_names | ENGINE_MAY_USE
    assert [
        module
        for module in imported_modules(path)
        if module.split(".")[0] not in allowed and not starts_with(module, ["rules.engine"])
    ] == []


@pytest.mark.parametrize("path", modules_of("rules/sql"), ids=named)
def test_sql_builds_on_the_engine_only(path):
    assert [m for m in imported_modules(path) if starts_with(m, ["rules.store", "rules.editor"])] == []


@pytest.mark.parametrize("path", modules_of("rules/store"), ids=named)
def test_the_store_does_not_know_its_editor(path):
    assert [m for m in imported_modules(path) if starts_with(m, ["rules.editor"])] == []


@pytest.mark.parametrize("path", modules_of("flows"), ids=named)
def test_only_the_project_knows_every_app(path):
    assert [m for m in imported_modules(path) if starts_with(m, ["project", "tests"])] == []


def test_flow_apps_do_not_import_each_other_in_circles():
    apps = {path.parent.name for path in (ROOT / "flows").glob("*/__init__.py")}
    graph = {app: set() for app in apps}
    because = {}
    for app in apps:
        for path in modules_of(f"flows/{app}"):
            for module in imported_modules(path):
                package, _, rest = module.partition(".")
                other = rest.partition(".")[0]
                if package == "flows" and other in apps - {app}:
                    graph[app].add(other)
                    because[app, other] = f"{named(path)} imports {module}"
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
        steps = [because[user, used] for used, user in pairwise(circle)]
        pytest.fail("Flow apps import each other in a circle: " + "; ".join(steps))


def test_the_top_level_holds_what_the_house_names():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    folders = {name.split("/")[0] for name in listed if "/" in name}
    assert {folder for folder in folders if not folder.startswith(".")} <= FOLDERS


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name):
    lines = (ROOT / name).read_text().splitlines()
    needs = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert needs
    assert [line for line in needs if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+", line)] == []
