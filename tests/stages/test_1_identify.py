"""Stage 1: a report comes in, and the site manager judges whether it is real."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from history.models import Event
from history.submissions import KeyReused
from incidents import identify
from incidents.contacts import reveal_contact
from incidents.errors import Invalid, NotAllowed, NotYet, Stale
from incidents.forms.verdict import DismissForm, MergeForm, SubstantiateForm
from incidents.models import Incident
from incidents.stages import ReporterKind, Severity, Stage
from people.models import Contact
from reminders.models import Deadline, Notice
from tests.walks import report, substantiate

pytestmark = pytest.mark.django_db

NOBODY_WHO_JUDGES = (
    "reporter", "colleague", "supervisor", "executive", "admin", "west_manager", "handler", "hotel_quality",
)  # fmt: skip


def untouched(incident) -> bool:
    """Neither the case nor its history nor its deadline has changed since it was reported."""
    now = Incident.objects.get(pk=incident.pk)
    return (
        (now.stage, now.version, now.severity) == (Stage.IDENTIFY, 1, None)
        and Event.objects.of(incident.case).count() == 1
        and Deadline.objects.get(subject=incident.case).closed_at is None
    )


# Reporting -----------------------------------------------------------------------------------------------------------
def test_a_report_waits_for_the_nearest_site_manager(cast, units):
    incident = report(cast, units)
    assert incident.number.startswith("SQ-") and incident.number.endswith("-000001")
    assert incident.stage == Stage.IDENTIFY and incident.owner == cast.site_manager
    assert Deadline.objects.get(subject=incident.case).owner == cast.site_manager
    assert Notice.objects.get(recipient=cast.site_manager).text == "turn"
    assert [event.act for event in Event.objects.of(incident.case)] == ["incident.report"]


def test_the_same_key_reports_once_and_another_body_is_refused(cast, units):
    key = uuid.uuid4()
    first = report(cast, units, key=key)
    again = report(cast, units, key=key, occurred_at=first.occurred_at)
    assert again == first and Incident.objects.count() == 1
    with pytest.raises(KeyReused):
        report(cast, units, key=key, occurred_at=first.occurred_at, description="Something else altogether.")
    assert Incident.objects.count() == 1


def test_without_a_site_manager_a_quality_manager_is_waited_for(cast, units):
    incident = report(cast, units, unit=units.station)
    assert incident.owner == cast.quality


def test_somebody_who_left_or_works_elsewhere_reports_nothing(cast, units):
    with pytest.raises(NotAllowed):
        report(cast, units, unit=units.hotels)
    cast.reporter.is_active = False
    with pytest.raises(NotAllowed):
        report(cast, units)
    assert Incident.objects.count() == 0


def test_nothing_that_lies_ahead_is_reported(cast, units):
    with pytest.raises(Invalid) as refused:
        report(cast, units, occurred_at=timezone.now() + dt.timedelta(hours=1))
    assert set(refused.value.fields) == {"occurred_at"}


def test_an_anonymous_report_keeps_no_contact_and_no_name(cast, units):
    incident = report(
        cast, units, reporter_kind=ReporterKind.ANONYMOUS, contact={"name": "Zhou Jie"}, key=uuid.uuid4()
    )
    assert (incident.reporter, incident.contact) == (None, None) and len(incident.follow_digest) == 64
    assert Contact.objects.count() == 0


@pytest.mark.parametrize(
    "description, title",
    [
        ("The door of car 3 jams. It rose to 33.8 °C inside.", "The door of car 3 jams"),
        ("雨天出站台阶积水，一位阿姨滑倒。膝盖擦伤。", "雨天出站台阶积水，一位阿姨滑倒"),
        ("哎！又晚点了，等了三十分钟", "哎！又晚点了，等了三十分钟"),
        ("It was 33.8 °C\nin car 3", "It was 33.8 °C"),
        ("a" * 100, "a" * 59 + "…"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_the_title(description, title):
    assert identify.title_from(description) == title


# Substantiated -------------------------------------------------------------------------------------------------------
def test_substantiating_passes_the_turn_to_the_supervisor(cast, units):
    incident = substantiate(
        report(cast, units), cast, note="Log of the unit attached", title="Climate of G1027"
    )
    assert (incident.stage, incident.owner) == (Stage.CONFIRM, cast.supervisor)
    assert (incident.severity, incident.title, incident.version) == (Severity.SERIOUS, "Climate of G1027", 2)
    assert Notice.objects.filter(recipient=cast.reporter, text="substantiated").exists()
    event = Event.objects.get(act="incident.substantiate")
    assert (event.actor, event.reason) == (cast.site_manager, "Log of the unit attached")
    assert (event.before["stage"], event.after["stage"], event.after["severity"]) == (
        "identify",
        "confirm",
        3,
    )
    deadlines = {row.kind: row for row in Deadline.objects.filter(subject=incident.case)}
    assert deadlines["identify"].closed_at and not deadlines["confirm"].closed_at


@pytest.mark.parametrize("severity", [0, 5, None, "3"])
def test_there_are_four_severities(cast, units, severity):
    incident = report(cast, units)
    with pytest.raises(Invalid):
        substantiate(incident, cast, severity=severity)
    assert untouched(incident)


def test_the_short_path_is_for_minor_incidents_put_right_on_the_spot(cast, units):
    incident = report(cast, units)
    for severity, correction in ((Severity.MODERATE, "Cleaned"), (Severity.MINOR, " ")):
        with pytest.raises(NotYet):
            substantiate(incident, cast, severity=severity, short_path=True, correction=correction)
        assert untouched(incident)
    incident = substantiate(incident, cast, severity=Severity.MINOR, short_path=True, correction="Cleaned")
    assert incident.short_path and incident.correction == "Cleaned" and incident.stage == Stage.CONFIRM


# Dismissed -----------------------------------------------------------------------------------------------------------
def test_a_dismissed_report_ends_with_a_reason_that_the_reporter_reads(cast, units):
    incident = report(cast, units)
    incident = identify.dismiss(
        incident, by=cast.site_manager, version=incident.version, reason="The log shows 24 degrees all day."
    )
    assert (incident.stage, incident.owner, incident.due_at) == (Stage.DISMISSED, None, None)
    assert incident.closed_at and Deadline.objects.get(subject=incident.case).closed_at
    notice = Notice.objects.get(recipient=cast.reporter, text="dismissed")
    assert notice.params["reason"] == "The log shows 24 degrees all day."
    assert Incident.objects.visible_to(cast.reporter).filter(pk=incident.pk).exists()


def test_dismissing_needs_a_reason(cast, units):
    incident = report(cast, units)
    with pytest.raises(Invalid):
        identify.dismiss(incident, by=cast.site_manager, version=incident.version, reason="  ")
    assert untouched(incident)


# Joined --------------------------------------------------------------------------------------------------------------
def test_a_merged_report_points_to_the_other(cast, units):
    first, second = report(cast, units), report(cast, units, by=cast.colleague)
    assert not Incident.objects.visible_to(cast.colleague).filter(pk=first.pk).exists()
    merged = identify.merge(second, first, by=cast.site_manager, version=second.version)
    assert (merged.stage, merged.merged_into) == (Stage.MERGED, first)
    assert Incident.objects.visible_to(cast.colleague).filter(pk=first.pk).exists()
    assert Notice.objects.get(recipient=cast.colleague, text="merged").params["other"] == first.number
    assert Event.objects.of(first.case).filter(act="incident.merge_from").get().after == {
        "from": second.number
    }
    assert Incident.objects.get(pk=first.pk).stage == Stage.IDENTIFY


def test_a_case_is_joined_with_another_that_is_being_handled(cast, units):
    first, second, third = (report(cast, units) for _number in range(3))
    by = {"by": cast.site_manager, "version": 1}
    with pytest.raises(Invalid):
        identify.merge(first, first, **by)
    identify.merge(second, third, **by)
    with pytest.raises(Invalid):
        identify.merge(first, second, **by)
    foreign = report(cast, units, by=cast.depot_manager, unit=units.workshop)
    with pytest.raises(Invalid):
        identify.merge(first, foreign, **by)
    assert untouched(first) and untouched(foreign)


def test_a_confirmed_case_can_still_turn_out_to_be_the_same(cast, units):
    first, second = report(cast, units), substantiate(report(cast, units), cast)
    merged = identify.merge(second, first, by=cast.quality, version=second.version)
    assert merged.stage == Stage.MERGED
    assert not Deadline.objects.filter(subject=second.case, closed_at=None).exists()


# Who, and when -------------------------------------------------------------------------------------------------------
VERDICTS = {
    "substantiate": lambda incident, other, **by: identify.substantiate(incident, severity=2, **by),
    "dismiss": lambda incident, other, **by: identify.dismiss(incident, reason="Not an incident", **by),
    "merge": lambda incident, other, **by: identify.merge(incident, other, **by),
}


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("who", ["site_manager", "quality", "quality_two"])
def test_site_and_quality_managers_judge(cast, units, verdict, who):
    incident, other = report(cast, units), report(cast, units)
    done = VERDICTS[verdict](incident, other, by=getattr(cast, who), version=1)
    assert done.stage != Stage.IDENTIFY


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("who", NOBODY_WHO_JUDGES)
def test_nobody_else_judges(cast, units, verdict, who):
    incident, other = report(cast, units), report(cast, units)
    with pytest.raises((NotAllowed, Invalid)):
        VERDICTS[verdict](incident, other, by=getattr(cast, who), version=1)
    assert untouched(incident) and untouched(other)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_nobody_judges_a_case_they_answer_for(cast, units, verdict):
    incident, other = report(cast, units), report(cast, units)
    Incident.objects.filter(pk=incident.pk).update(responsible_person=cast.site_manager)
    with pytest.raises(NotAllowed):
        VERDICTS[verdict](incident, other, by=cast.site_manager, version=1)
    assert untouched(incident)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_stale_page_judges_nothing(cast, units, verdict):
    incident, other = report(cast, units), report(cast, units)
    substantiate(incident, cast)
    for version in (
        1,
        2,
    ):  # an old page; and a new page of a case that has moved on, for what starts in stage 1 only
        if verdict == "merge" and version == 2:
            continue
        with pytest.raises(Stale):
            VERDICTS[verdict](incident, other, by=cast.site_manager, version=version)
    assert Incident.objects.get(pk=incident.pk).stage == Stage.CONFIRM and untouched(other)


# The forms -----------------------------------------------------------------------------------------------------------
def form(kind, incident, person, **data):
    return kind({"version": incident.version, **data}, incident=incident, person=person)


def test_the_form_of_the_verdict_asks_for_a_severity(cast, units):
    incident = report(cast, units)
    asked = form(SubstantiateForm, incident, cast.site_manager, title="Climate")
    assert not asked.is_valid() and set(asked.errors) == {"severity"}
    page = str(SubstantiateForm(incident=incident, person=cast.site_manager)["severity"])
    assert page.count('type="radio"') == 4 and "Danger to life" in page and "&lt;" not in page
    filled = form(
        SubstantiateForm, incident, cast.site_manager, title="Climate", severity="3", correction="Fans"
    )
    assert filled.is_valid()
    assert filled.values() == {
        "severity": 3, "title": "Climate", "note": "", "short_path": False, "correction": "",
    }  # fmt: skip


def test_the_form_explains_the_short_path(cast, units):
    incident = report(cast, units, containment="Cleaned at once")
    assert (
        SubstantiateForm(incident=incident, person=cast.site_manager)["correction"].value()
        == "Cleaned at once"
    )
    wrong = form(SubstantiateForm, incident, cast.site_manager, title="x", severity="2", short_path="on")
    assert not wrong.is_valid() and set(wrong.errors) == {"short_path", "correction"}
    right = form(
        SubstantiateForm,
        incident,
        cast.site_manager,
        title="x",
        severity="1",
        short_path="on",
        correction="Cleaned",
    )
    assert right.is_valid() and right.values()["correction"] == "Cleaned"


def test_the_form_of_a_dismissal_asks_for_the_reason(cast, units):
    incident = report(cast, units)
    assert not form(DismissForm, incident, cast.site_manager, reason=" ").is_valid()
    filled = form(DismissForm, incident, cast.site_manager, reason="A drill")
    assert filled.is_valid() and filled.values() == {"reason": "A drill"}


def test_the_form_of_a_merger_knows_only_visible_numbers(cast, units):
    incident, other = report(cast, units), report(cast, units)
    foreign = report(cast, units, by=cast.hotel_quality, unit=units.hotels)
    assert not form(MergeForm, incident, cast.site_manager, into=foreign.number).is_valid()
    assert not form(MergeForm, incident, cast.site_manager, into=incident.number).is_valid()
    assert not form(MergeForm, incident, cast.site_manager, into="SQ-1").is_valid()
    right = form(MergeForm, incident, cast.site_manager, into=f" {other.number.lower()} ")
    assert right.is_valid() and right.values()["into"] == other


def test_the_site_manager_judges_on_the_page(client, cast, units):
    incident, other = report(cast, units), report(cast, units)
    client.force_login(cast.site_manager)
    url = reverse("act", args=[incident.number, "substantiate"])
    assert "Danger to life" in client.get(url).content.decode()
    answer = client.post(url, {"version": 1, "title": "Climate"})
    assert answer.status_code == 422 and untouched(incident)
    assert client.post(url, {"version": 1, "title": "Climate", "severity": "4"}).status_code == 302
    assert Incident.objects.get(pk=incident.pk).severity == Severity.MAJOR
    url = reverse("act", args=[other.number, "merge"])
    assert client.post(url, {"version": 1, "into": incident.number}).status_code == 302
    assert Incident.objects.get(pk=other.pk).merged_into == incident


def test_the_reporter_sees_what_became_of_it(client, cast, units):
    incident = report(cast, units)
    identify.dismiss(incident, by=cast.site_manager, version=1, reason="The log shows 24 degrees all day.")
    client.force_login(cast.reporter)
    assert "The log shows 24 degrees all day." in client.get(incident.get_absolute_url()).content.decode()


# The contact ---------------------------------------------------------------------------------------------------------
CONTACT = {"name": "张伟", "phone": "18612341402", "email": "zhang.wei@example.org"}


@pytest.fixture
def told(cast, units):
    """Zhou passes on what a passenger told her."""
    return report(cast, units, reporter_kind=ReporterKind.OTHER, contact=CONTACT)


@pytest.mark.parametrize("who", ["handler", "quality"])
def test_contact_data_is_shown_once_for_a_reason(client, cast, told, who):
    client.force_login(getattr(cast, who))
    url = reverse("reveal-contact", args=[told.number])
    page = client.get(url).content.decode()
    assert "186****1402" in page and "18612341402" not in page
    assert client.post(url, {"reason": ""}).status_code == 422
    assert Event.objects.filter(act="incident.reveal_contact").count() == 0
    answer = client.post(url, {"reason": "Call back about her knee"})
    page = answer.content.decode()
    assert all(value in page for value in CONTACT.values())
    assert "no-store" in answer.headers["Cache-Control"]
    event = Event.objects.get(act="incident.reveal_contact")
    assert (event.actor, event.reason) == (getattr(cast, who), "Call back about her knee")
    assert not any(value in event.payload for value in CONTACT.values())
    assert "18612341402" not in client.get(url).content.decode()


@pytest.mark.parametrize(
    "who, status",
    [("reporter", 403), ("site_manager", 403), ("supervisor", 403), ("executive", 403), ("admin", 404),
     ("colleague", 404), ("west_manager", 404), ("hotel_quality", 404)],
)  # fmt: skip
def test_others_see_it_masked_or_not_at_all(client, cast, told, who, status):
    person = getattr(cast, who)
    client.force_login(person)
    url = reverse("reveal-contact", args=[told.number])
    for answer in (client.get(url), client.post(url, {"reason": "Curious"})):
        assert answer.status_code == status
        assert not any(value in answer.content.decode() for value in CONTACT.values())
    with pytest.raises(NotAllowed):
        reveal_contact(told, by=person, reason="Curious")
    assert not Event.objects.filter(act="incident.reveal_contact").exists()


def test_contact_data_is_on_no_page_of_the_case(client, cast, told):
    for who in ("reporter", "site_manager", "quality", "handler", "executive"):
        client.force_login(getattr(cast, who))
        page = client.get(told.get_absolute_url()).content.decode()
        assert "186****1402" in page
        assert not any(value in page for value in CONTACT.values())


def test_without_contact_there_is_nothing_to_show(client, cast, units):
    incident = report(cast, units)
    client.force_login(cast.quality)
    assert client.get(reverse("reveal-contact", args=[incident.number])).status_code == 404
    with pytest.raises(Invalid):
        reveal_contact(incident, by=cast.quality, reason="Curious")
