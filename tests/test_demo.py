"""The demo, made once for this module: what each account finds, and that its year could have happened."""

import contextlib
import re
from collections import Counter
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from capa.models import (
    Cause,
    CauseProof,
    CoSignature,
    ElsewhereCheck,
    Improvement,
    LedgerEntry,
    Measure,
    Meeting,
    Plan,
    Recurrence,
    Verification,
)
from complaints.models import Complaint, Reply, SurveyVersion
from complaints.states import State
from config.demo.cases import World
from config.demo.company import ACCOUNTS, Company
from config.demo.customers import ANSWERS
from config.demo.live import live_cases
from config.demo.pictures import Album
from config.demo.timeline import Timeline
from config.demo.year import cases_of_the_year
from history.models import Event, Signature
from history.verification import verify
from incidents import cosignatures
from incidents.listing import open_work
from incidents.models import Evidence, Incident, Link, Objection
from incidents.stages import LOOP, Stage
from people.models import Contact, Person, Unit
from reminders.models import Absence, Deadline, DeadlinePolicy, Delivery, Nudge, WorkCalendar

PASSWORD = "shared-demo-password"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def demo(django_db_setup, django_db_blocker):
    """The smallest demo: the cases shaped for the accounts, and a few of chance. Rolled back behind the module."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(override_settings(DEMO_PASSWORD=PASSWORD))
        stack.enter_context(transaction.atomic())
        stack.callback(transaction.set_rollback, True)
        call_command("demo", cases=72, processes=1, stdout=StringIO())
        yield


def who(username: str) -> Person:
    return Person.objects.get(username=username)


def kinds(username: str) -> Counter:
    """What waits for somebody, by its kind."""
    return Counter(kind.partition(":")[0] for kind in open_work(who(username)).values_list("kind", flat=True))


def late(username: str) -> int:
    return open_work(who(username)).filter(due_at__lt=timezone.now()).count()


# Made once, and never by mistake -------------------------------------------------------------------------------------
def test_a_second_demo_is_refused():
    people = Person.objects.count()
    with pytest.raises(CommandError, match="Somebody exists"):
        call_command("demo", stdout=StringIO())
    assert Person.objects.count() == people


def test_production_never_gets_the_demo(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("demo", stdout=StringIO())


def test_without_a_password_for_the_accounts_there_is_no_demo(settings):
    settings.DEMO_PASSWORD = ""
    with pytest.raises(CommandError, match="SERVICELOOP_DEMO_PASSWORD"):
        call_command("demo", stdout=StringIO())


# The accounts --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("username", ACCOUNTS)
def test_the_accounts_sign_in_with_the_shared_password(username):
    request = RequestFactory().post("/")
    person = authenticate(request, username=username, password=PASSWORD)
    assert person == who(username)
    assert not person.must_change_password
    assert authenticate(request, username=username, password="another-password") is None


@pytest.mark.parametrize("username", ACCOUNTS)
def test_every_account_opens_its_work_and_the_list(username):
    client = Client()
    client.force_login(who(username))
    for page in ("mywork", "incident-list"):
        assert client.get(reverse(page)).status_code == 200, page


def test_everybody_has_a_post_and_all_languages_are_spoken():
    assert not Person.objects.filter(posts=None).exists()
    assert set(Person.objects.values_list("language", flat=True)) == {"zh-hans", "zh-hant", "en"}
    assert set(Person.objects.filter(username__in=ACCOUNTS).values_list("language", flat=True)) == {"zh-hans"}


def test_the_quality_manager_finds_work_of_every_kind():
    work = kinds("quality")
    assert work.keys() == {
        "confirm",
        "plan",
        "verify",
        "improve",
        "request",
        "reply-approval",
        "signal",
        "suggestion-answer",
    }
    assert 12 <= work.total() <= 22
    assert late("quality") == 2


def test_the_owner_analyses_plans_and_carries_out():
    work = kinds("owner")
    assert work["analyse"] >= 2 and work["plan"] >= 1 and work["measure"] >= 3
    assert late("owner") >= 1


def test_supervisor_and_site_manager_have_cases_to_decide():
    assert kinds("supervisor").keys() == {"confirm"} and kinds("supervisor").total() >= 4
    work = kinds("sitemanager")
    assert work["identify"] >= 4 and work.keys() == {"identify", "elsewhere", "acknowledge", "card-read"}


def test_the_reporter_sees_what_became_of_the_own_reports():
    stages = Counter(Incident.objects.filter(reporter=who("reporter")).values_list("stage", flat=True))
    assert stages[Stage.DISMISSED] and stages[Stage.CLOSED] and len(stages) >= 6
    dismissals = Event.objects.filter(act="incident.dismiss").exclude(reason="")
    assert dismissals.count() == Event.objects.filter(act="incident.dismiss").count() > 0
    assert kinds("reporter")["measure"] >= 1


def test_the_handler_has_customers_to_care_for():
    assert Incident.objects.visible_to(who("handler")).exclude(contact=None).count() >= 10
    work = kinds("handler")
    assert work["measure"] >= 1 and {"classify", "reply", "followup", "close"} <= work.keys()


def test_customers_have_complained_been_answered_and_asked():
    ended = Complaint.objects.filter(state=State.CLOSED)
    assert ended.count() >= 30 and not ended.filter(replied_at=None).exists()
    assert set(Complaint.objects.values_list("state", flat=True)) > {
        State.ACKNOWLEDGED,
        State.REPLIED,
        State.OUT_OF_SCOPE,
    }
    assert Reply.objects.exclude(approver=None).exists()
    assert not Contact.objects.exclude(phone__startswith="1390000").filter(complaints__isnull=False).exists()
    station = SurveyVersion.objects.get(survey__purpose="at_unit")
    assert station.responses.count() == ANSWERS and station.responses.exclude(comment="").exists()


def test_the_executive_cosigns_one_plan_and_sees_all_and_the_administrator_has_nothing_to_do():
    assert kinds("executive") == {"plan": 1} and not kinds("admin")
    (waiting,) = Incident.objects.filter(owner=who("executive"))
    assert cosignatures.asked_of(waiting, who("executive")) == ["executive"]
    assert Incident.objects.visible_to(who("executive")).count() == Incident.objects.count()


# The year ------------------------------------------------------------------------------------------------------------
def test_cases_stand_at_every_stage():
    assert set(Incident.objects.values_list("stage", flat=True)) == set(Stage.values)


def test_not_everything_goes_well():
    now = timezone.now()
    overdue = Deadline.objects.filter(closed_at=None, due_at__lt=now).exclude(kind="loop")
    assert overdue.count() >= 10
    assert {kind.partition(":")[0] for kind in overdue.values_list("kind", flat=True)} >= set(LOOP) - {
        Stage.TRACK
    } | {"measure"}
    verdicts = Counter(Verification.objects.values_list("verdict", flat=True))
    assert verdicts["not_effective"] >= 8 and verdicts["inconclusive"] >= 2
    assert Incident.objects.filter(cycle=2, stage=Stage.CLOSED).exists()
    assert Incident.objects.filter(cycle=2).exclude(stage=Stage.CLOSED).count() >= 4
    assert Event.objects.filter(act="incident.reopen").count() >= 3
    assert set(Objection.objects.values_list("upheld", flat=True)) == {True, False, None}
    ledger = set(LedgerEntry.objects.values_list("kind", flat=True))
    assert ledger >= {"progress", "check", "deviation", "extension", "adjustment", "completion"}


def test_verdicts_rest_on_their_figures():
    """A person may judge otherwise than the data propose, but says so in the rich case only."""
    differing = Verification.objects.exclude(verdict=F("proposal"))
    assert [verification.incident.title[:5] for verification in differing] == ["G1027"]


def test_reports_come_from_everywhere_in_three_languages():
    assert set(Incident.objects.values_list("reporter_kind", flat=True)) >= {"self", "other"}
    assert Incident.objects.values("channel").distinct().count() >= 5
    texts = list(Incident.objects.values_list("title", flat=True))
    assert any(re.search("[车务员设]", text) for text in texts)
    assert any(re.search("[車務員設]", text) for text in texts)
    assert any(text.isascii() or text.replace("°", "").isascii() for text in texts)


def test_numbers_ascend_with_the_day_of_the_report():
    rows = Incident.objects.order_by("number").values_list("reported_at", flat=True)
    assert list(rows) == sorted(rows)
    ordered = Event.objects.filter(act="incident.approve", after__revision__isnull=False).order_by("at")
    numbers = [
        number
        for event in ordered
        for number in Measure.objects.filter(incident=event.case.partition(":")[2])
        .filter(plan__decided_at=event.at).order_by("pk").values_list("number", flat=True)
    ]  # fmt: skip
    assert numbers == sorted(numbers) and len(numbers) > 20


def test_the_history_holds_and_is_sealed():
    assert list(verify()) == []


def test_the_history_says_where_every_case_stands():
    """Replaying the events of each case leads to its present stage and round."""
    for incident in Incident.objects.all():
        stage, cycle = None, None
        for event in Event.objects.of(incident.case).order_by("seq"):
            assert event.before.get("stage", stage) == stage
            stage, cycle = event.after.get("stage", stage), event.after.get("cycle", cycle)
        assert (stage, cycle or 1) == (incident.stage, incident.cycle), incident.number


def test_no_personal_data_gets_into_the_history():
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(payload, '') FROM history_event")
        (written,) = cursor.fetchone()
    contacts = list(Contact.objects.all())
    assert len(contacts) >= 10
    for contact in contacts:
        assert contact.phone not in written and contact.name not in written


def test_the_rich_case_is_as_in_the_picture():
    incident = Incident.objects.get(title__startswith="G1027 次 3 号车厢空调故障")
    assert (incident.stage, incident.cycle, incident.severity, incident.people_affected) == ("plan", 2, 4, 86)
    assert incident.owner == who("quality")
    causes = incident.causes.filter(cycle=2)
    assert {cause.text for cause in causes.filter(is_root=True)} == {
        "设备变更流程没有「作业卡复核」节点", "冷凝风机轴承磨损",
    }  # fmt: skip
    assert causes.filter(status="refuted").count() == 2
    assert causes.values("category").distinct().count() == 6
    plan = incident.plans.get(cycle=2)
    assert plan.status == "submitted" and plan.measures.count() == 3
    assert incident.verifications.get().verdict == "not_effective"
    kinds_of_evidence = Counter(incident.evidence.values_list("kind", flat=True))
    assert kinds_of_evidence == {"image": 3, "document": 2, "audio": 1}


# Depth ---------------------------------------------------------------------------------------------------------------
def test_both_questions_are_asked_and_proofs_say_what_they_are():
    assert set(Cause.objects.filter(is_root=True).values_list("side", flat=True)) == set(Cause.Side.values)
    assert set(CauseProof.objects.values_list("kind", flat=True)) >= {
        "log", "interview", "video", "photo", "document", "measurement"
    }  # fmt: skip
    assert CauseProof.objects.exclude(mark="").exclude(source="").count() >= 10
    assert Cause.objects.exclude(category__in=Cause.Category.values).exists()
    rich = Incident.objects.get(title__startswith="G1027 次 3 号车厢空调故障").causes.filter(
        cycle=2, side="escape"
    )
    assert rich.count() == 6 and rich.get(is_root=True).parent is not None


def test_other_places_are_looked_at():
    results = Counter(ElsewhereCheck.objects.values_list("result", flat=True))
    assert results.keys() == set(ElsewhereCheck.Result.values)
    pending = ElsewhereCheck.objects.filter(result="pending").values_list("owner__username", flat=True)
    assert list(pending).count("sitemanager") == 1


def test_what_is_dear_or_major_was_cosigned_before_it_was_approved():
    given = CoSignature.objects.filter(role="executive")
    assert given.count() >= 3
    for plan in Plan.objects.filter(status="approved").select_related("incident__unit"):
        cost = sum(measure.cost or 0 for measure in plan.measures.all())
        assert given.filter(plan=plan).exists() == (plan.incident.severity == 4 or cost >= 50_000)


def test_signatures_were_given_with_the_password():
    assert set(Signature.objects.values_list("method", flat=True)) == {"password"}


def test_plans_say_figures_and_one_that_waits_is_only_weak():
    measures = Measure.objects.filter(plan__status__in=["submitted", "approved"])
    assert measures.exclude(baseline_value=None).count() >= measures.count() // 4
    strengths: dict[int, set] = {}
    for plan, strength in measures.filter(plan__status="submitted").values_list("plan", "strength"):
        strengths.setdefault(plan, set()).add(strength)
    weak = Plan.objects.get(pk__in=[plan for plan, found in strengths.items() if found == {"train"}])
    assert weak.incident.owner == who("quality")


def test_cases_are_linked_and_some_came_back():
    assert Link.objects.count() >= 3
    found = Counter(Recurrence.objects.values_list("status", flat=True))
    assert found["confirmed"] == 1 and found["suspected"] >= 1
    assert Incident.objects.visible_to(who("quality")).filter(recurs_from__status="suspected").exists()


def test_lessons_are_answered_refused_and_waited_for():
    spread = Improvement.objects.filter(kind="spread")
    assert {*spread.values_list("applies", flat=True)} == {True, False, None}
    assert kinds("sitemanager")["acknowledge"] >= 1


def test_one_meeting_is_signed_and_one_is_to_come():
    signed, planned = Meeting.objects.order_by("held_at")
    assert (signed.status, planned.status) == ("signed", "planned")
    assert signed.agenda.count() >= 3 and planned.agenda.count() >= 4 and planned.held_at > timezone.now()
    assert [bool(decision.done_at) for decision in signed.decisions.all()] == [False, True]
    assert kinds("owner")["decision"] == 1


def test_time_is_ruled_paused_and_urged():
    assert WorkCalendar.objects.get().unit.code == "HDR-W-HF"
    assert DeadlinePolicy.objects.get().unit.code == "HDR-W"
    assert Incident.objects.exclude(paused_since=None).count() == 1
    assert Nudge.objects.count() == 1
    assert Absence.objects.get().deputy.username not in ACCOUNTS


def test_nobody_gets_a_mail_from_the_demo():
    assert not Delivery.objects.exists()


def test_many_cases_have_pictures():
    with_pictures = Evidence.objects.filter(kind="image").values("incident").distinct().count()
    assert with_pictures >= Incident.objects.count() // 4
    assert not Evidence.objects.filter(incident=None).exists()


def test_the_same_seed_makes_the_same_year():
    def planned(seed: int) -> list:
        company = Company()
        world = World(
            company, Timeline(timezone.now().replace(minute=0, second=0, microsecond=0)), Album(), seed
        )
        company.units.update({"HDR": Unit.objects.get(code="HDR")} | {
            code.rpartition("-")[2]: unit for unit in Unit.objects.all() if (code := unit.code)
        })  # fmt: skip
        cases = [*live_cases(world), *cases_of_the_year(world, 100)]
        return [(case.scenario.title, case.unit, *case.when.items()) for case in cases]

    assert planned(1) == planned(1)
    assert planned(1) != planned(2)
