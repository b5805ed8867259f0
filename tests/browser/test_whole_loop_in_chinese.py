"""The whole loop in 简体中文, among the slow ones: every run tells it in English, and a customer's story in Chinese."""

import pytest

from tests.browser.test_whole_loop import tell_it_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_from_a_phone_report_to_a_proven_archived_case(visit, cast, units):
    tell_it_in("zh-hans", visit, cast, units)
