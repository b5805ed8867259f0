"""Emptying the tables after a transactional test gets past the guards of history; nothing else does."""

import pytest
from django.db import DatabaseError, connection, transaction

from devstack.pytest_plugin import guards_lifted


def truncate_history():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE history_event CASCADE")


@pytest.mark.django_db
def test_history_refuses_to_be_emptied_unless_the_guards_are_lifted():
    with pytest.raises(DatabaseError, match="append-only"):
        truncate_history()
    with guards_lifted():
        truncate_history()
    with pytest.raises(DatabaseError, match="append-only"):
        truncate_history()


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_meets_the_guards_too():
    # Its own end empties the tables: an error there would fail this test.
    with pytest.raises(DatabaseError, match="append-only"):
        truncate_history()
