"""Where Python comes without ensurepip, as on Debian, pip is fetched and checked."""

import functools
import hashlib
import http.server
import threading

import pytest

from project import venv


@pytest.fixture
def index(tmp_path):
    """A package index on this machine; put files into `index.folder`."""
    folder = tmp_path / "pip"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.folder = folder
        server.listing = f"http://127.0.0.1:{server.server_port}/pip/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_the_expected_pip_is_taken(index, monkeypatch):
    (index.folder / venv.PIP).write_bytes(b"pip itself")
    monkeypatch.setattr(venv, "PIP_SHA256", hashlib.sha256(b"pip itself").hexdigest())
    assert venv.fetch_pip(index.listing) == b"pip itself"


def test_another_file_under_the_same_name_is_refused(index):
    (index.folder / venv.PIP).write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the one expected"):
        venv.fetch_pip(index.listing)


def test_an_index_without_it_is_refused(index):
    with pytest.raises(ValueError, match="it has no pip"):
        venv.fetch_pip(index.listing)


def test_without_pip_nothing_half_made_stays_and_the_package_to_install_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    (tmp_path / ".venv").mkdir()
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        venv.install_pip()
    assert not (tmp_path / ".venv").exists()
