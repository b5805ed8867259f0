"""History can't be changed: not through the ORM, not by SQL, not by the role under which the application runs."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from config.deploy import grant_to_application
from history.models import ChainHead, Event, Seal, SealedEnd
from history.verification import verify
from tests.history.forging import seal_everything
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

ROLE = "serviceloop_under_test"
TABLES = ("history_event", "history_chainhead", "history_seal", "history_sealedend")


@pytest.fixture
def incident(cast, units):
    """An incident with a history of two events, on a sealed day."""
    incident = substantiate(report(cast, units), cast)
    seal_everything()
    run("SET CONSTRAINTS ALL IMMEDIATE")  # what is pending would by itself keep a table from being emptied
    return incident


def everything() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Event, ChainHead, Seal, SealedEnd)]


def refused(error, act) -> None:
    before = everything()
    with pytest.raises(error), transaction.atomic():
        act()
    assert everything() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda: Event.objects.update(actor_name="Somebody Else"),
        lambda: Event.objects.order_by("pk").first().save(),
        lambda: Event.objects.all().delete(),
        lambda: Event.objects.order_by("pk").first().delete(),
        lambda: Event.objects.bulk_update([Event(pk=Event.objects.first().pk, reason="Because")], ["reason"]),
        lambda: ChainHead.objects.update(seq=1),
        lambda: ChainHead.objects.all().delete(),
        lambda: ChainHead.objects.create(case="incident:999", seq=0, hash=""),
        lambda: Seal.objects.update(digest="0" * 64),
        lambda: Seal.objects.all().delete(),
        lambda: SealedEnd.objects.update(seq=1),
        lambda: SealedEnd.objects.all().delete(),
    ],
)
def test_the_program_itself_changes_nothing(incident, change):
    refused(IntegrityError, change)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "TRUNCATE {} CASCADE",
        "WITH gone AS (DELETE FROM {} RETURNING 1) SELECT count(*) FROM gone",
    ],
)
def test_sql_changes_nothing(incident, table, statement):
    column = {"history_event": "reason", "history_seal": "digest"}.get(table, "hash")
    refused(IntegrityError, lambda: run(statement.format(table, column, f"reverse({column})")))


def test_an_insert_that_overwrites_changes_nothing(incident):
    refused(
        IntegrityError,
        lambda: run(
            'INSERT INTO history_chainhead ("case", seq, hash) VALUES (%s, 1, %s)'
            ' ON CONFLICT ("case") DO UPDATE SET seq = 1',
            [incident.case, "x"],
        ),
    )


def test_the_database_numbers_and_chains_whatever_the_writer_says(incident, cast):
    Event.objects.create(
        case=incident.case, seq=77, label=incident.number, act="incident.comment", at=incident.reported_at,
        actor=cast.admin, actor_name="Ma Lin", unit=incident.unit, source="web", payload="{}",
        previous_hash="0" * 64, hash="f" * 64,
    )  # fmt: skip
    second, third = Event.objects.of(incident.case).order_by("seq")[1:]
    assert third.seq == 3 and third.previous_hash == second.hash and third.hash != "f" * 64


# The role under which web, worker and beat connect in production ------------------------------------------------------
@pytest.fixture
def application_role(db):
    run(f"CREATE ROLE {ROLE}")
    grant_to_application(ROLE)
    return ROLE


def as_role(act) -> None:
    """Act under the application's role; when it is refused, the savepoint around it gives the role back."""
    run(f"SET LOCAL ROLE {ROLE}")
    act()
    run("RESET ROLE")


def run(statement: str, parameters=None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_the_application_can_add(cast, units, application_role):
    incident = report(cast, units)
    as_role(lambda: substantiate(incident, cast))
    assert Event.objects.of(incident.case).count() == ChainHead.objects.get(case=incident.case).seq == 2
    assert list(verify()) == []


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM {table}" for table in TABLES),
        *(f"TRUNCATE {table}" for table in TABLES),
        *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in TABLES),
        *(f"DROP TABLE {table}" for table in TABLES),
        "UPDATE history_event SET reason = 'x'",
        "UPDATE history_chainhead SET seq = 1",
        "UPDATE history_seal SET chains = 0",
        "UPDATE history_sealedend SET seq = 1",
        "INSERT INTO history_chainhead VALUES ('incident:999', 0, '')",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION history_chain() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP TRIGGER event_frozen ON history_event",
    ],
)
def test_the_application_can_change_nothing(incident, application_role, statement):
    refused(ProgrammingError, lambda: as_role(lambda: run(statement)))


def test_a_trigger_of_its_own_lends_the_application_no_rights(incident, application_role):
    """A nested trigger could pass the guard that looks at the depth: the missing grant stops it."""

    def nested():
        run("CREATE TEMP TABLE door (x int) ON COMMIT DROP")
        run(
            "CREATE FUNCTION pg_temp.through() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN UPDATE history_chainhead SET seq = 1; RETURN NEW; END'"
        )
        run("CREATE TRIGGER door AFTER INSERT ON door FOR EACH ROW EXECUTE FUNCTION pg_temp.through()")
        run("INSERT INTO door VALUES (1)")

    refused(ProgrammingError, lambda: as_role(nested))
