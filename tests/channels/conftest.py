import pytest


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    """Where the console driver writes."""
    settings.DATA = tmp_path
    return tmp_path
