import pytest


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Every test has its own place for files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
