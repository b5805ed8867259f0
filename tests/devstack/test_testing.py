"""What `dev.py test` makes of its arguments."""

import pytest

from devstack.testing import IN_PARALLEL, pytest_arguments


@pytest.mark.parametrize(
    ("given", "parallel"),
    [
        ([], True),
        (["-q"], True),
        (["-k", "merge", "-x"], True),
        (["-n", "0"], False),
        (["-n4"], False),
        (["--pdb"], False),
        (["tests/test_frame.py"], False),
        (["tests/test_frame.py::test_health"], False),
    ],
)
def test_all_cores_unless_told_otherwise(given, parallel):
    assert pytest_arguments(given) == ([*IN_PARALLEL, *given] if parallel else given)
