"""The workbench of the analysis."""

import pytest
from django.urls import reverse

from tests.walks import analysed, confirmed

pytestmark = pytest.mark.django_db


def test_everybody_who_sees_the_case_reads_it(cast, units, client):
    incident = confirmed(cast, units)
    for who in ("owner", "reporter"):
        client.force_login(getattr(cast, who))
        page = client.get(reverse("workbench", args=[incident.number]))
        assert page.status_code == 200
        assert ('data-editable="yes"' in page.content.decode()) == (who == "owner")
    incident = analysed(cast, units, incident)
    page = client.get(reverse("workbench", args=[incident.number]))
    assert page.status_code == 200
