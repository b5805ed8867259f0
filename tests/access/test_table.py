"""The authorisation table: every URL, method and kind of person, and what they get (QUALITY D9).

A URL that isn't declared fails the test. A denial must change nothing. What isn't yours doesn't exist: 404; what you
see but may not do is 403; who hasn't signed in is sent to the sign-in page.
"""

import datetime as dt
import io
import uuid

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from PIL import Image

from capa import cosigning, decisions, elsewhere, improve, meetings, plan
from capa.models import Decision, Meeting
from config import operations
from history.administration.tokens import create_token
from history.models import Event
from incidents import acts, evidence, identify
from incidents.models import ColumnMapping, Evidence, Incident, IncidentType, Job, SavedView
from people.models import Person, Post, Unit
from reminders import ruling
from reminders.absences import announce_absence
from reminders.deliveries import unsubscribing
from reminders.models import Deadline, Delivery, Endpoint, Heartbeat, Notice
from tests import walks
from tests.access import complaints_table, metrics_table
from tests.access.cells import (
    ADMIN,
    ADMIN_LIST,
    ADMIN_OBJECT,
    ADMINS,
    ANALYSTS,
    API,
    API_NOT,
    EVERYBODY,
    IMPORTERS,
    KEEPERS,
    KEPT_BY,
    LOGIN_ONLY,
    MEETING,
    NEITHER,
    NOBODY,
    PUBLIC,
    READERS,
    STAFF,
    Cell,
    only,
)

pytestmark = pytest.mark.django_db

#: url name -> (GET, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    # open to all
    "health": (PUBLIC, NEITHER),
    "health-live": (PUBLIC, NEITHER),
    "health-work": (PUBLIC, NEITHER),
    "metrics": (NOBODY, NOBODY),  # with its token only: tests/test_operations.py
    "operations": (ADMIN_LIST, NOBODY),
    "follow": (PUBLIC, NEITHER),
    "set_language": (NEITHER, PUBLIC),
    "setup": (only(set(), 404, 404), only(set(), 404, 404)),  # closed for ever once somebody exists
    # one's own
    "mywork": (LOGIN_ONLY, NOBODY),
    "profile": (LOGIN_ONLY, LOGIN_ONLY),
    "set_theme": (NOBODY, LOGIN_ONLY),
    "end-session": (NOBODY, only({"reporter"})),
    "people-find": (LOGIN_ONLY, NOBODY),
    "notices": (LOGIN_ONLY, NOBODY),
    "notices-read": (NOBODY, LOGIN_ONLY),
    "notices-bell": (LOGIN_ONLY, NOBODY),
    "notice": (only({"reporter"}), NOBODY),
    "notice-read": (NOBODY, only({"reporter"})),
    "preferences": (LOGIN_ONLY, LOGIN_ONLY),
    "digest-off": (PUBLIC, PUBLIC),  # whose token it is, whoever comes with it: see tests/reminders
    "absences": (LOGIN_ONLY, LOGIN_ONLY),
    "absence-end": (NOBODY, only({"reporter"})),
    # what quality managers rule
    "limits": (only(KEEPERS - ADMIN), NOBODY),
    "limit-set": (only(KEEPERS - ADMIN), only(KEEPERS - ADMIN)),
    "limit-end": (NOBODY, only({"quality"})),
    "limits-hours": (only(KEEPERS - ADMIN), only(KEEPERS - ADMIN)),
    "limits-day": (NOBODY, only({"quality"})),
    "limits-day-drop": (NOBODY, only({"quality"})),
    "limits-steps": (only(KEEPERS - ADMIN), only(KEEPERS - ADMIN)),
    "limits-step-drop": (NOBODY, only({"quality"})),
    # what leaves a unit
    "endpoints": (only(KEEPERS, 403), NOBODY),
    "endpoint-add": (only(KEEPERS, 403), only(KEEPERS, 403)),
    "endpoint": (KEPT_BY, KEPT_BY),
    "endpoint-test": (NOBODY, KEPT_BY),
    "endpoint-end": (NOBODY, KEPT_BY),
    "deliveries": (only(KEEPERS, 403), NOBODY),
    "delivery-resend": (NOBODY, KEPT_BY),
    # reporting
    "report": (LOGIN_ONLY, LOGIN_ONLY),
    "report-uploads": (
        NOBODY,
        only(EVERYBODY, anonymous=401),
    ),  # asked by a script, which a sign-in page would puzzle
    "report-upload": (NOBODY, NOBODY),  # DELETE: see tests/incidents/test_report.py
    "report-sent": (only({"reporter"}), NOBODY),
    "report-similar": (NOBODY, LOGIN_ONLY),  # of what the asker may see: tests/incidents/test_similar.py
    "similar": (only(READERS), NOBODY),
    "evidence": (only(READERS), NOBODY),
    "evidence-inline": (only(READERS), NOBODY),
    "evidence-thumbnail": (only(READERS), NOBODY),
    "evidence-view": (only(READERS), NOBODY),
    "evidence-withdraw": (NOBODY, only({"quality"}, refused=READERS)),
    "reveal-contact": (
        only({"quality", "handler"}, refused=READERS),
        only({"quality", "handler"}, refused=READERS),
    ),
    # lists
    "incident-list": (LOGIN_ONLY, NOBODY),
    "incident-board": (LOGIN_ONLY, NOBODY),
    "incident-export": (NOBODY, LOGIN_ONLY),
    "saved-views": (LOGIN_ONLY, NOBODY),
    "save-view": (LOGIN_ONLY, LOGIN_ONLY),
    "saved-view": (only({"quality"}), only({"quality"})),
    "delete-view": (NOBODY, only({"quality"})),
    "measure-list": (LOGIN_ONLY, NOBODY),
    "meeting-list": (LOGIN_ONLY, NOBODY),
    "meeting-call": (only(KEEPERS - ADMIN, 403), only(KEEPERS - ADMIN, 403)),
    "meeting": (only(MEETING | {"owner"}), NOBODY),  # who owns one of its decisions is led there
    "meeting-print": (only(MEETING), NOBODY),
    "meeting-act": (
        only({"quality", "supervisor"}, refused=MEETING),
        only({"quality", "supervisor"}, refused=MEETING),
    ),
    "decision": (only(MEETING | {"owner"}), only({"owner"}, refused=MEETING)),
    "decision-amend": (
        only({"quality", "supervisor"}, refused=MEETING | {"owner"}),
        only({"quality", "supervisor"}, refused=MEETING | {"owner"}),
    ),
    "decision-hand-over": (
        only({"quality", "supervisor"}, refused=MEETING | {"owner"}),
        only({"quality", "supervisor"}, refused=MEETING | {"owner"}),
    ),
    "how-long-to-watch": (LOGIN_ONLY, NOBODY),
    "design-answer": (only({"quality", "owner"}, refused=READERS), NOBODY),
    "archive": (LOGIN_ONLY, NOBODY),
    "what-works": (LOGIN_ONLY, NOBODY),
    "cause-pareto": (LOGIN_ONLY, NOBODY),
    "cause-pareto-csv": (LOGIN_ONLY, NOBODY),
    "measure-calendar": (LOGIN_ONLY, NOBODY),
    "measure-timeline": (LOGIN_ONLY, NOBODY),
    "measure-export": (NOBODY, LOGIN_ONLY),
    # the case
    "incident": (only(READERS), NOBODY),
    "papers": (only(READERS), NOBODY),
    "paper": (only(READERS), NOBODY),
    "paper-margins": (only(READERS), NOBODY),
    "paper-pdf": (NOBODY, only(READERS)),
    "plan-version": (only(READERS), NOBODY),
    "plan-compare": (only(READERS), NOBODY),
    "cosign-rules": (only(KEEPERS - {"admin"} | {"executive"}), only({"quality", "hotel_quality"})),
    "cosign-rule-end": (NOBODY, only({"quality"})),
    "workbench": (only(READERS), NOBODY),
    "workbench-add": (NOBODY, only(ANALYSTS, refused=READERS)),
    "workbench-cause": (NOBODY, only(ANALYSTS, refused=READERS)),
    "workbench-finding": (NOBODY, only(ANALYSTS, refused=READERS)),
    "workbench-words": (NOBODY, only(ANALYSTS, refused=READERS)),
    "workbench-take-over": (NOBODY, only(ANALYSTS, refused=READERS)),
    "fishbone-svg": (only(READERS), NOBODY),
    "fishbone-png": (only(READERS), NOBODY),
    "measure": (only(READERS), NOBODY),
    "measure-act": (
        only(READERS),
        only(READERS),
    ),  # led back to the measure unless it is theirs: see tests/capa
    # jobs
    "imports": (only(IMPORTERS, 403), only(IMPORTERS, 403)),
    "import-columns": (
        only({"quality"}, refused=EVERYBODY - IMPORTERS),
        only({"quality"}, refused=EVERYBODY - IMPORTERS),
    ),
    "import-start": (NOBODY, only({"quality"}, refused=EVERYBODY - IMPORTERS)),
    "job": (only({"quality"}), NOBODY),
    "job-cancel": (NOBODY, only({"quality"})),
    "job-result": (only({"quality"}), NOBODY),
    "mapping-delete": (NOBODY, only({"quality"})),
    # the handbook
    "handbook": (LOGIN_ONLY, NOBODY),
    "handbook-loop-file": (LOGIN_ONLY, NOBODY),
    "handbook-matrix": (LOGIN_ONLY, NOBODY),
    "handbook-matrix-file": (LOGIN_ONLY, NOBODY),
    "handbook-guide": (LOGIN_ONLY, NOBODY),
    # records
    "audit": (only(KEEPERS, 403), NOBODY),
    "audit-verify": (NOBODY, only({"quality", "admin"}, refused=EVERYBODY - KEEPERS)),
    "audit-export": (NOBODY, only(KEEPERS, 403)),
    # the installation's types
    "incident-types": (only(KEEPERS), NOBODY),
    "incident-type-add": (only(ADMINS), only(ADMINS)),
    "incident-type": (only(ADMINS), only(ADMINS)),
    "incident-type-change": (NOBODY, only(ADMINS)),
    # access tokens
    "tokens": (LOGIN_ONLY, LOGIN_ONLY),
    "token-revoke": (NOBODY, only({"reporter"})),
    # the API: nothing of it is there for who hasn't signed in
    "api-me": (API, API_NOT),
    "api-units": (API, API_NOT),
    "api-types": (API, API_NOT),
    "api-uploads": (API_NOT, API),
    "api-incidents": (API, API),
    "api-incident": (only(READERS, anonymous=401), API_NOT),
    "api-measure": (only(READERS, anonymous=401), API_NOT),
    "api-schema": (API, API_NOT),
    "api-nothing": (NOBODY, NOBODY),
    # administration
    "people": (ADMIN_LIST, NOBODY),
    "people-csv": (ADMIN_LIST, NOBODY),
    "people-xlsx": (ADMIN_LIST, NOBODY),
    "person-add": (ADMIN_LIST, ADMIN_LIST),
    "people-import": (ADMIN_LIST, ADMIN_LIST),
    "people-import-confirm": (NOBODY, ADMIN_LIST),
    "people-import-passwords": (NOBODY, ADMIN_LIST),
    "people-import-template": (ADMIN_LIST, NOBODY),
    "person": (ADMIN_OBJECT, NOBODY),
    "person-edit": (ADMIN_OBJECT, ADMIN_OBJECT),
    "person-password": (NOBODY, ADMIN_OBJECT),
    "person-two-step": (NOBODY, ADMIN_OBJECT),
    "person-leave": (NOBODY, ADMIN_OBJECT),
    "person-readmit": (NOBODY, ADMIN_OBJECT),
    "person-appoint": (NOBODY, ADMIN_OBJECT),
    "post-end": (NOBODY, ADMIN_OBJECT),
    "units": (ADMIN_LIST, NOBODY),
    "unit-add": (ADMIN_LIST, ADMIN_LIST),
    "unit": (ADMIN_OBJECT, NOBODY),
    "unit-rename": (NOBODY, ADMIN_OBJECT),
    "unit-close": (NOBODY, ADMIN_OBJECT),
    "unit-reopen": (NOBODY, ADMIN_OBJECT),
    "unit-poster": (ADMIN_OBJECT, NOBODY),
    "unit-move": (ADMIN_OBJECT, ADMIN_OBJECT),
    "hand-over": (only({"admin", "colleague"}), only({"admin", "colleague"})),  # one's own work, too
    "hand-over-undo": (
        NOBODY,
        LOGIN_ONLY,
    ),  # only with the signed ticket of one's own hand-over: tests/incidents
}

#: Of the sign-in library, kept apart: they concern the asker's own account only, and anonymous ones are its business.
LIBRARY = ("account_", "mfa_", "socialaccount_", "openid_connect_", "usersessions_")


def declared_elsewhere(name: str) -> bool:
    return name in ("act", "complaint-act") or name.startswith(
        (*LIBRARY, "api-incident-", "api-complaint-", "api-measure-")
    )


TABLE |= complaints_table.TABLE
TABLE |= metrics_table.TABLE


def url_names() -> set[str]:
    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield pattern.name
            else:
                yield from walk(pattern.url_patterns)

    return {name for name in walk(get_resolver().url_patterns) if name and not declared_elsewhere(name)}


@pytest.fixture
def world(cast, units) -> dict:
    """A case being carried out, with evidence, and one thing of each kind that a URL can name: url name -> args."""
    endpoint = Endpoint.objects.create(
        unit=units.east, name="Duty group", kind="webhook", url="http://127.0.0.1:9/hook", set_by=cast.quality
    )
    delivery = Delivery.objects.create(
        endpoint=endpoint, channel="endpoint", key="endpoint:1", message_id="1@localhost", state="poisoned"
    )
    upload = stored("log.txt", b"13:24 fan stopped\n", cast.reporter)
    picture = evidence.store_upload(a_picture(), by=cast.reporter, name="fan.jpg")
    case = walks.planned(
        cast, units, uploads=[upload.pk, picture.pk], reporter_kind="other", contact={"phone": "13800001402"}
    )
    key = uuid.uuid4()
    walks.report(cast, units, reporter_kind="anonymous", key=key)
    job = Job.objects.create(
        kind=Job.Kind.EXPORT_INCIDENTS, owner=cast.quality, status=Job.Status.DONE,
        result_file=SimpleUploadedFile("cases.csv", b"number\r\n"),
    )  # fmt: skip
    mapping = ColumnMapping.objects.create(owner=cast.quality, name="Hotline")
    view = SavedView.objects.create(owner=cast.quality, name="Mine", query="stage=plan")
    notice = Notice.objects.filter(recipient=cast.reporter).first()
    person, unit = cast.colleague, units.station
    post = Post.objects.filter(person=person).first()
    args = {
        "follow": [identify.follow_token(key)],
        "digest-off": [signing.dumps(cast.reporter.pk, salt=unsubscribing.SALT)],
        "endpoint": [endpoint.pk], "endpoint-test": [endpoint.pk], "endpoint-end": [endpoint.pk],
        "delivery-resend": [delivery.pk],
        "notice": [notice.pk], "notice-read": [notice.pk],
        "report-upload": [stored("later.txt", b"13:25 again\n", cast.reporter).pk], "report-sent": [case.number],
        "similar": [case.number], "design-answer": [case.number],
        "evidence-inline": [picture.pk], "evidence-thumbnail": [picture.pk],
        "saved-view": [view.pk], "delete-view": [view.pk], "mapping-delete": [mapping.pk],
        "reveal-contact": [case.number], "incident": [case.number], "post-end": [post.pk],
        "incident-type": [1], "incident-type-change": [1],
    }  # fmt: skip
    args["incident-type"] = args["incident-type-change"] = [IncidentType.objects.get(code="delay").pk]
    number = walks.open_measures(case)[0].number
    args["measure"] = args["api-measure"] = [number]
    args["measure-act"] = [number, "progress"]
    args |= _meeting(cast, units)
    args["api-incident"] = args["plan-compare"] = [case.number]
    cause = case.causes.earliest("pk").pk
    for name in ("workbench", "workbench-add", "workbench-words", "fishbone-svg", "fishbone-png"):
        args[name] = [case.number]
    for name in ("workbench-cause", "workbench-finding", "workbench-take-over"):
        args[name] = [case.number, cause]
    args["papers"] = [case.number]
    args["paper"] = args["paper-margins"] = args["paper-pdf"] = [case.number, "8d"]
    args["plan-version"] = [case.number, 1]
    args |= _ruled(cast, units)
    args |= complaints_table.world(cast, units)
    args |= metrics_table.world(cast, units)
    args["cosign-rule-end"] = [cosigning.add_rule(by=cast.quality, role="executive", from_cost=10_000_000).pk]
    for name in ("evidence", "evidence-view", "evidence-withdraw"):
        args[name] = [upload.pk]
    for name in ("job", "job-cancel", "job-result"):
        args[name] = [job.pk]
    table = SimpleUploadedFile("calls.csv", b"what,when\r\nLate,2026-11-01\r\n")
    sent = Job.objects.create(kind=Job.Kind.CHECK_INCIDENTS, owner=cast.quality, file=table, name="calls.csv")
    args["import-columns"] = [sent.pk]
    tried = Job.objects.create(
        kind=Job.Kind.CHECK_INCIDENTS, owner=cast.quality, file=table, status=Job.Status.DONE
    )
    args["import-start"] = [tried.pk]
    for name in url_names():
        if (
            name.startswith("person-")
            and name != "person-add"
            or name in ("person", "hand-over", "hand-over-undo")
        ):
            args[name] = [person.pk]
        if name.startswith("unit-") and name != "unit-add" or name == "unit":
            args[name] = [unit.pk]
    return args


def _ruled(cast, units) -> dict:
    """What Wang has ruled for the railway, Zhou's absence, and signs of life of what works behind the pages."""
    for name in operations.BEATS:
        Heartbeat.objects.create(name=name, at=timezone.now(), took=dt.timedelta(seconds=1))
    limit = ruling.set_policy(units.rail, by=cast.quality, kind="plan", amount=3, measured_in="working_days")
    calendar = ruling.set_hours(
        units.rail, by=cast.quality, version=0, hours=[[(dt.time(9), dt.time(18))]] * 5 + [[], []],
        keeps_public_holidays=True, time_zone="Asia/Shanghai",
    )  # fmt: skip
    day = ruling.set_day(
        calendar, by=cast.quality, day=dt.date(2027, 3, 1), works=False, name="Founders' day"
    )
    step = ruling.add_step(units.rail, by=cast.quality, offset=dt.timedelta(hours=9), audience="quality")
    today = timezone.localdate()
    absence = announce_absence(
        cast.reporter, by=cast.reporter, deputy=cast.colleague, begins_on=today, ends_on=today
    )
    return {
        "limit-end": [limit.pk], "limits-day": [calendar.pk], "limits-day-drop": [day.pk],
        "limits-step-drop": [step.pk], "absence-end": [absence.pk],
    }  # fmt: skip


def _meeting(cast, units) -> dict:
    """A review meeting that Sun chairs, with a decision that is Chen's."""
    today = timezone.localdate()
    meeting = meetings.call(
        by=cast.quality, unit=units.rail, title="Review", period_from=today, period_until=today,
        held_at=timezone.now(), chair=cast.supervisor,
    )  # fmt: skip
    decided = decisions.decide(
        meeting, by=cast.quality, version=1, text="Buy fans", owner=cast.owner, unit=units.depot, due_on=today,
        target="A fan on every shelf",
    )  # fmt: skip
    args = dict.fromkeys(("decision", "decision-amend", "decision-hand-over"), [decided.number])
    return args | {
        "meeting": [meeting.number], "meeting-print": [meeting.number], "meeting-act": [meeting.number, "minutes"],
    }  # fmt: skip


def stored(name: str, content: bytes, by: Person):
    return evidence.store_upload(SimpleUploadedFile(name, content), by=by, name=name)


def a_picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return SimpleUploadedFile("fan.jpg", buffer.getvalue())


def outcome(response) -> str | int:
    """in, login, or the status of a denial."""
    if response.status_code == 302 and "/account/login/" in response.headers["Location"]:
        return "login"
    return response.status_code if response.status_code in (401, 403, 404, 405) else "in"


KEPT = (
    Event, Incident, Person, Unit, Post, IncidentType, Deadline, Job, SavedView, ColumnMapping, Evidence, Meeting,
    Decision, *apps.get_app_config("complaints").get_models(), *apps.get_app_config("metrics").get_models(),
)  # fmt: skip


def everything_kept() -> list:
    """What a denial may not touch: a checksum over every row of these tables, in one statement."""
    sums = " UNION ALL ".join(
        f"SELECT count(*), sum(hashtextextended(row::text, 0)) FROM {table._meta.db_table} AS row"
        for table in KEPT
    )
    with connection.cursor() as cursor:
        cursor.execute(sums)
        return cursor.fetchall()


def writes() -> int:
    """How many rows this transaction has written so far, those taken back again included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = ANY(%s)",
            [[table._meta.db_table for table in KEPT]],
        )
        return cursor.fetchone()[0]


def ask(client: Client, method: str, url: str, body: dict | None = None) -> tuple[str | int, int]:
    """What comes of the request, undone afterwards; and the bare status.

    A denial that wrote anything must have taken it back: the tables are compared with what they are once it is undone.
    """
    left = None
    with transaction.atomic():
        written = writes()
        response = client.get(url) if method == "GET" else client.post(url, body)
        if getattr(response, "streaming", False):
            b"".join(response)
        found = outcome(response)
        if found != "in" and writes() != written:
            left = everything_kept()
        transaction.set_rollback(True)
    if left is not None:
        assert everything_kept() == left, f"{method} {url} was denied and changed something"
    return found, response.status_code


def test_every_url_is_declared():
    assert url_names() == set(TABLE), "declare new URLs in TABLE, with who may enter"


def test_every_cell_of_the_table(cast, world):
    visitors = {name: Client() for name in STAFF}
    for name, client in visitors.items():
        client.force_login(getattr(cast, name))
    visitors["stranger"] = Client()
    wrong, bodies = (
        [],
        {
            "audit-verify": {"case": Incident.objects.earliest("pk").case},
            "incident-type-change": {"change": "up"},
            "complaint-category-change": {"change": "up"},
        },
    )
    world["token-revoke"] = [create_token(cast.reporter, name="Script", days=30)[0].pk]
    world["end-session"] = [UserSession.objects.create(user=cast.reporter, ip="::1", session_key="k" * 32).pk]
    for name, cells in TABLE.items():
        url = reverse(name, args=world.get(name, []))
        for method, cell in zip(("GET", "POST"), cells, strict=True):
            expected = {who: cell.expects(who) for who in STAFF} | {"stranger": cell.anonymous}
            for who, client in visitors.items():
                found, status = ask(client, method, url, bodies.get(name))
                right = found == expected[who] if cell.is_offered else found != "in"
                if not right or status >= 500:
                    wrong.append(f"{method} {url} ({name}) by {who}: {status}, expected {expected[who]}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_every_act_is_for_those_who_may_only(cast, units):
    """Readers who may not are refused (403), who doesn't see the case learns nothing (404), and nothing changes."""
    visitors = {name: Client() for name in STAFF}
    for name, client in visitors.items():
        client.force_login(getattr(cast, name))
    wrong = []
    for make, readers, table in act_tables():
        case = make(cast, units)
        for slug, may in table.items():
            url = reverse("act", args=[case.number, slug])
            for who, client in visitors.items():
                expected = 404 if who not in readers else "in" if who in may else 403
                api = reverse(f"api-incident-{slug}", args=[case.number])
                for method, address in (("GET", url), ("POST", url), ("POST", api)):
                    found, status = ask(client, method, address)
                    if found != expected or status >= 500:
                        wrong.append(f"{method} {address} by {who}: {status}, expected {expected}")
    assert not wrong, "\n" + "\n".join(wrong)


GROUP = frozenset({"supervisor", "quality"})
JUDGES = frozenset({"site_manager", "quality"})
PLANNERS = frozenset({"quality", "owner"})
CONTRIBUTORS = frozenset({"reporter", "site_manager", "supervisor", "quality", "handler"})


def act_tables():
    """A case in each stage, who sees it, and who may do which act there."""
    crew = frozenset({"reporter", "site_manager", "supervisor", "quality", "handler", "executive"})
    yield (
        walks.report,
        crew,
        {
            "substantiate": JUDGES,
            "dismiss": JUDGES,
            "merge": JUDGES,
            "add-evidence": CONTRIBUTORS,
            "link": JUDGES | GROUP,
            "unlink": JUDGES | GROUP,
            "pause": JUDGES | GROUP,
            "resume": JUDGES | GROUP,
            "nudge": crew,
        },
    )
    yield (
        lambda cast, units: walks.substantiate(walks.report(cast, units), cast),
        crew,
        {"attribute": GROUP, "agree": GROUP, "merge": JUDGES, "add-evidence": CONTRIBUTORS},
    )
    yield (
        lambda cast, units: walks.substantiate(
            walks.report(cast, units), cast, severity=1, short_path=True, correction="Reset on the spot."
        ),
        crew,
        {"accept-short-path": {"quality"}, "refuse-short-path": {"quality"}},
    )
    causes = ("confirm", "refute", "prove", "amend", "move", "shift", "remove")
    yield (
        walks.confirmed,
        READERS,
        {
            "object": {"owner"}, "decide-objection": {"quality"}, "conclude": PLANNERS, "describe-analysis": ANALYSTS,
            "add-cause": ANALYSTS, "mark-root": ANALYSTS, **{f"{act}-cause": ANALYSTS for act in causes},
            "add-evidence": CONTRIBUTORS | {"owner"},
            "check-elsewhere": ANALYSTS, "record-elsewhere": ANALYSTS, "name-raised": ANALYSTS,
        },
    )  # fmt: skip
    yield (
        looked_at_elsewhere,
        READERS | {"west_manager"},
        {
            "record-elsewhere": ANALYSTS | {"west_manager"},
            "name-raised": ANALYSTS | {"west_manager"},
            "check-elsewhere": ANALYSTS,
        },
    )
    writing = (
        "submit",
        "write-plan",
        "fix-design",
        "add-measure",
        "amend-measure",
        "drop-measure",
        "begin-plan",
        "withdraw-plan",
    )
    yield walks.analysed, READERS, {act: PLANNERS for act in writing}
    yield (
        submitted,
        READERS,
        {"approve": {"quality"}, "send-back": {"quality"}, "cosign": {"quality", "executive"}},
    )
    yield walks.tracked, READERS, {"judge": {"quality"}}
    learning = ("write-lessons", "add-improvement", "pass-on", "finish-improvement")
    yield walks.verified, READERS, {"archive": {"quality"}, **{act: ANALYSTS for act in learning}}
    yield passed_on, READERS | {"west_manager"}, {"acknowledge": {"west_manager"}}
    yield (
        walks.improved,
        READERS,
        {
            "reopen": {"quality"}, "confirm-recurrence": {"quality"}, "reject-recurrence": {"quality"},
            "link": JUDGES | GROUP | {"owner"}, "unlink": JUDGES | GROUP | {"owner"},
        },
    )  # fmt: skip


def test_every_act_is_declared():
    declared = {slug for _make, _readers, table in act_tables() for slug in table}
    assert {act.slug for act in acts.all_acts()} == declared


def submitted(cast, units):
    case = walks.drafted(cast, units)
    return plan.submit(case, by=cast.owner, version=case.version)


def passed_on(cast, units):
    """Its lesson is passed on to a station of another division, whose manager sees the case from now on."""
    case = walks.verified(cast, units)
    return improve.pass_on(
        case, by=cast.quality, version=case.version, units=[units.west_station], text="Check your cards too.",
        due_on=timezone.localdate() + dt.timedelta(days=30),
    )  # fmt: skip


def looked_at_elsewhere(cast, units):
    """The manager of another division's station is asked to look there, and sees the case from now on."""
    case = walks.planned(cast, units)
    return elsewhere.add_elsewhere_check(
        case, by=cast.owner, version=case.version, unit=units.west_station, owner=cast.west_manager,
        due_on=timezone.localdate() + dt.timedelta(days=7), text="Fans without an item on the weekly card",
    )  # fmt: skip
