"""The list of incident types: kept by administrators of the whole company; nothing is ever deleted."""

import pytest
from django.urls import reverse

from history.models import Event
from incidents import types
from incidents.errors import Invalid, NotAllowed
from incidents.models import IncidentType
from people.models import Post, Role
from tests.walks import report

pytestmark = pytest.mark.django_db

NAMES = {"name": "Lost property", "name_zh_hans": "遗失物品", "name_zh_hant": "遺失物品"}


def kind(code: str) -> IncidentType:
    return IncidentType.objects.get(code=code)


def test_an_administrator_adds_a_type_at_the_end(client, cast):
    client.force_login(cast.admin)
    answer = client.post(reverse("incident-type-add"), {**NAMES, "icon": "luggage"})
    assert answer.status_code == 302 and answer.url == reverse("incident-types")
    added = kind("lost-property")
    assert (added.parent, added.icon, added.name_zh_hans) == (None, "luggage", "遗失物品")
    assert IncidentType.objects.filter(parent=None).last() == added
    event = Event.objects.get(act="type.add")
    assert (event.actor, event.unit, event.after["name"]) == (
        cast.admin,
        cast.admin.home_unit,
        "Lost property",
    )
    client.force_login(cast.reporter)
    assert "Lost property" in client.get(reverse("report")).content.decode()


def test_a_finer_type_stands_below_its_parent(client, cast):
    client.force_login(cast.admin)
    url = f"{reverse('incident-type-add')}?below=delay"
    assert "Service delay" in client.get(url).content.decode()
    client.post(url, {**NAMES, "icon": "clock"})
    assert kind("delay-lost-property").parent == kind("delay")
    client.post(url, {**NAMES, "icon": "clock"})  # the same name again: another code
    assert kind("delay").children.count() == 4


def test_there_are_two_levels_only(client, cast):
    client.force_login(cast.admin)
    assert client.get(f"{reverse('incident-type-add')}?below=delay-wait").status_code == 404
    with pytest.raises(Invalid):
        types.add(by=cast.admin, names=NAMES, icon="clock", parent=kind("delay-wait"))


@pytest.mark.parametrize("missing", ["name", "name_zh_hans", "name_zh_hant", "icon"])
def test_a_type_needs_all_names_and_an_icon(client, cast, missing):
    client.force_login(cast.admin)
    answer = client.post(reverse("incident-type-add"), {**NAMES, "icon": "clock", missing: ""})
    assert answer.status_code == 422 and f'href="#id_{missing}' in answer.content.decode()
    with pytest.raises(Invalid) as refused:
        types.add(by=cast.admin, names=NAMES | {missing: " "}, icon="" if missing == "icon" else "clock")
    assert set(refused.value.fields) == {missing}
    assert not Event.objects.filter(act="type.add").exists()


def test_a_renamed_type_keeps_its_cases_and_its_code(client, cast, units):
    incident = report(cast, units)
    client.force_login(cast.admin)
    url = reverse("incident-type", args=[incident.type.pk])
    assert 'value="Air conditioning"' in client.get(url).content.decode()
    client.post(url, {**NAMES, "name": "Climate", "icon": "thermometer"})
    incident.refresh_from_db()
    assert (incident.type.name, incident.type.code) == ("Climate", "facility-climate")
    event = Event.objects.get(act="type.rename")
    assert event.before["name"] == "Air conditioning" and event.after["icon"] == "thermometer"
    client.post(url, {**NAMES, "name": "Climate", "icon": "thermometer"})  # nothing new: no event
    assert Event.objects.filter(act="type.rename").count() == 1


def test_types_change_places(client, cast):
    client.force_login(cast.admin)

    def press(code, change):
        assert (
            client.post(reverse("incident-type-change", args=[kind(code).pk]), {"change": change}).status_code
            == 302
        )
        return list(IncidentType.objects.filter(parent=kind(code).parent).values_list("code", flat=True))

    assert press("quality", "up")[:2] == ["quality", "delay"]
    assert press("quality", "up")[:2] == ["quality", "delay"]
    assert press("quality", "down")[:2] == ["delay", "quality"]
    assert press("quality-comfort", "up") == ["quality-comfort", "quality-clean", "quality-information"]
    assert press("other", "down")[-1] == "other"
    assert Event.objects.filter(act="type.order").count() == 3


def test_a_retired_type_is_no_longer_offered_and_comes_back(client, cast, units):
    incident = report(cast, units)
    client.force_login(cast.admin)
    url = reverse("incident-type-change", args=[incident.type.pk])
    client.post(url, {"change": "retire"})
    assert kind("facility-climate").retired
    page = client.get(reverse("incident-types")).content.decode()
    assert "Retired" in page and "Bring back" in page
    assert "facility-climate" not in client.get(reverse("report")).content.decode()
    incident.refresh_from_db()
    assert incident.type.code == "facility-climate"
    client.post(url, {"change": "bring-back"})
    client.post(url, {"change": "bring-back"})
    assert not kind("facility-climate").retired
    assert list(Event.objects.filter(case=f"type:{incident.type.pk}").values_list("act", flat=True)) == [
        "type.bring_back", "type.retire",
    ]  # fmt: skip


def test_the_last_type_stays(client, cast):
    IncidentType.objects.filter(parent=None).exclude(code="other").update(retired=True)
    with pytest.raises(Invalid):
        types.retire(kind("other"), by=cast.admin)
    assert not kind("other").retired


@pytest.mark.parametrize("who", ["reporter", "quality", "site_manager", "executive", "west_manager"])
def test_nobody_else_changes_types(client, cast, who):
    person = getattr(cast, who)
    client.force_login(person)
    delay = kind("delay")
    assert client.post(reverse("incident-type-add"), {**NAMES, "icon": "clock"}).status_code == 404
    assert (
        client.post(reverse("incident-type", args=[delay.pk]), {**NAMES, "icon": "clock"}).status_code == 404
    )
    assert (
        client.post(reverse("incident-type-change", args=[delay.pk]), {"change": "retire"}).status_code == 404
    )
    with pytest.raises(NotAllowed):
        types.add(by=person, names=NAMES, icon="clock")
    with pytest.raises(NotAllowed):
        types.rename(delay, by=person, names=NAMES, icon="clock")
    with pytest.raises(NotAllowed):
        types.shift(delay, by=person, up=False)
    with pytest.raises(NotAllowed):
        types.retire(delay, by=person)
    with pytest.raises(NotAllowed):
        types.bring_back(delay, by=person)
    assert IncidentType.objects.count() == 18 and kind("delay").name == "Service delay"
    assert Event.objects.count() == 0


def test_an_administrator_of_a_part_of_the_company_only_reads(client, cast, units):
    Post.objects.create(person=cast.colleague, unit=units.east, role=Role.ADMINISTRATOR)
    client.force_login(cast.colleague)
    page = client.get(reverse("incident-types")).content.decode()
    assert "You can read this list" in page and "Add a type" not in page
    assert client.get(reverse("incident-type-add")).status_code == 404


@pytest.mark.parametrize(
    "who, status", [("quality", 200), ("admin", 200), ("reporter", 404), ("executive", 404)]
)
def test_who_reads_the_list(client, cast, who, status, django_assert_max_num_queries):
    client.force_login(getattr(cast, who))
    with django_assert_max_num_queries(7):
        assert client.get(reverse("incident-types")).status_code == status
