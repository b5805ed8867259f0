"""Addresses nobody types: nothing is there, and nothing breaks."""

import pytest

ODD = (
    "/incidents/%00/", "/incidents/%00/agree/", "/incidents/SQ-2026-000001%00/", "/incidents/?q=%00", "/incidents/?q=%27%27",
    "/incidents/?after=%00", "/incidents/?unit=999999999999999999999", "/incidents/board/?stage=nowhere",
    "/measures/%00/", "/measures/?unit=x", "/people/find/?q=%00", "/people/99999999999999999999/", "/audit/?case=%00",
    "/notices/99999999999999999999/", "/report/?unit=%00", "/follow/%00/", "/evidence/00000000-0000-0000-0000-000000000000/",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("address", ODD)
def test_an_odd_address_breaks_nothing(client, cast, address):
    client.force_login(cast.quality)
    client.raise_request_exception = False
    assert client.get(address).status_code < 500
