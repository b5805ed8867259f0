"""Ma Lin, administrator of Eastern Rail, takes people on, changes them, and lets them go."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from history.administration import posts, staff
from history.models import Event
from people.models import Person, Post, Role
from people.passwords import one_time_password

pytestmark = pytest.mark.django_db


def again(person: Person) -> Person:
    """The person as the next request sees them."""
    return Person.objects.get(pk=person.pk)


def hire(cast, units, **details) -> Person:
    values = {
        "by": cast.admin, "username": "zhang.wei", "display_name": "Zhang Wei", "home_unit": units.crew,
        "password": "k7mq-x2fd-9hrt-w4np", "roles": [Role.REPORTER, Role.SITE_MANAGER],
    }  # fmt: skip
    return staff.hire(**values | details)


def deputy(cast, units) -> Person:
    """An administrator of the East Division only."""
    person = hire(cast, units, username="deputy", display_name="Deputy", home_unit=units.east, roles=[])
    posts.appoint(person, units.east, Role.ADMINISTRATOR, by=cast.admin)
    return again(person)


def test_a_new_colleague_has_posts_a_one_time_password_and_a_history(cast, units):
    person = hire(cast, units)
    assert {post.role for post in person.current_posts} == {Role.REPORTER, Role.SITE_MANAGER}
    assert person.check_password("k7mq-x2fd-9hrt-w4np") and person.must_change_password
    event = Event.objects.of(person.case).get()
    assert (event.act, event.actor) == ("person.hire", cast.admin)
    assert "k7mq" not in event.payload and event.unit == units.crew


def test_one_time_passwords_are_long_and_never_the_same():
    made = {one_time_password() for _number in range(200)}
    assert len(made) == 200 and all(len(password) == 19 for password in made)


@pytest.mark.parametrize("taken", ["zhou", "ZHOU", "Zhou"])
def test_a_user_name_is_taken_whatever_its_case(cast, units, taken):
    with pytest.raises(ValidationError) as refused:
        hire(cast, units, username=taken)
    assert "username" in refused.value.message_dict


@pytest.mark.parametrize("who", ["reporter", "site_manager", "quality", "executive", "hotel_quality"])
def test_nobody_else_hires_or_changes_anybody(cast, units, who):
    by, before = getattr(cast, who), Person.objects.count()
    with pytest.raises(PermissionDenied):
        hire(cast, units, by=by)
    for act in (
        lambda: staff.amend(cast.owner, by=by, display_name="Mallory"),
        lambda: staff.leave(cast.owner, by=by),
        lambda: staff.set_password(cast.owner, by=by, password="x"),
        lambda: posts.appoint(cast.owner, units.workshop, Role.QUALITY, by=by),
        lambda: posts.end(cast.depot_manager.posts.first(), by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()
    owner = again(cast.owner)
    assert Person.objects.count() == before and Event.objects.count() == 0
    assert owner.display_name == "Chen Gong" and owner.is_active and owner.password == cast.owner.password
    assert cast.depot_manager.posts.filter(ends_on=None).count() == 2


def test_an_administrator_of_a_division_reaches_no_further_than_it(cast, units):
    by = deputy(cast, units)
    staff.amend(cast.colleague, by=by, job_title="Conductor")
    with pytest.raises(PermissionDenied):
        staff.amend(cast.west_manager, by=by, job_title="Conductor")
    with pytest.raises(PermissionDenied):
        posts.appoint(cast.colleague, units.rail, Role.QUALITY, by=by)
    with pytest.raises(PermissionDenied):
        posts.appoint(by, units.rail, Role.ADMINISTRATOR, by=by)
    with pytest.raises(PermissionDenied):
        staff.amend(cast.colleague, by=by, home_unit=units.west_station)


def test_nobody_gets_wider_rights_by_taking_over_an_account(cast, units):
    """Somebody of the division who is administrator of the whole company: whoever set their password would be it."""
    by = deputy(cast, units)
    Person.objects.filter(pk=cast.admin.pk).update(home_unit=units.east)
    admin = again(cast.admin)
    for act in (
        lambda: staff.set_password(admin, by=by, password="x"),
        lambda: staff.reset_two_step(admin, by=by),
        lambda: staff.amend(admin, by=by, email="mallory@example.org"),
        lambda: staff.leave(admin, by=by),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert again(admin).password == admin.password


def test_amending_keeps_what_changed_but_no_addresses(cast, units):
    staff.amend(
        cast.reporter, by=cast.admin, display_name="Zhou Jie-Wu", email="new@example.org", phone="13800000000"
    )
    event = Event.objects.of(cast.reporter.case).get()
    assert event.before["display_name"] == "Zhou Jie" and event.after["display_name"] == "Zhou Jie-Wu"
    assert "example.org" not in event.payload and "13800000000" not in event.payload
    assert again(cast.reporter).email == "new@example.org"


def test_amending_nothing_writes_nothing(cast):
    staff.amend(cast.reporter, by=cast.admin, display_name="Zhou Jie")
    assert not Event.objects.exists()


def test_who_leaves_loses_posts_and_sight_but_stays_in_the_books(cast, units):
    staff.leave(cast.site_manager, by=cast.admin, reason="Retired")
    gone = again(cast.site_manager)
    assert not gone.is_active and gone.left_at and gone.current_posts == []
    assert set(gone.posts.values_list("ends_on", flat=True)) == {timezone.localdate()}
    assert not Person.objects.holding(Role.SITE_MANAGER, units.crew).filter(pk=gone.pk).exists()
    assert Event.objects.of(gone.case).get().reason == "Retired"


def test_a_post_that_never_began_vanishes_with_the_person(cast, units):
    later = timezone.localdate() + dt.timedelta(days=30)
    posts.appoint(cast.colleague, units.crew, Role.SITE_MANAGER, by=cast.admin, starts_on=later)
    staff.leave(cast.colleague, by=cast.admin)
    assert not cast.colleague.posts.filter(role=Role.SITE_MANAGER).exists()


def test_coming_back_needs_a_new_password_and_new_posts(cast, units):
    staff.leave(cast.colleague, by=cast.admin)
    staff.readmit(cast.colleague, by=cast.admin, password="k7mq-x2fd-9hrt-w4np")
    back = again(cast.colleague)
    assert back.is_active and back.left_at is None and back.must_change_password
    assert back.check_password("k7mq-x2fd-9hrt-w4np")


def test_the_last_administrator_of_a_company_stays(cast, units):
    post = cast.admin.posts.get(role=Role.ADMINISTRATOR)
    second = hire(cast, units, username="second", home_unit=units.rail, roles=[Role.ADMINISTRATOR])
    staff.leave(cast.admin, by=second)
    with pytest.raises(ValidationError, match="at least one administrator"):
        posts.end(second.posts.get(), by=again(second))
    staff.readmit(cast.admin, by=again(second), password="x")
    assert post.role == Role.ADMINISTRATOR and second.posts.filter(ends_on=None).exists()


def test_nobody_closes_their_own_account(cast):
    with pytest.raises(ValidationError):
        staff.leave(cast.admin, by=cast.admin)
    assert again(cast.admin).is_active


# Posts ---------------------------------------------------------------------------------------------------------------
def test_a_post_holds_from_its_first_to_its_last_day(cast, units):
    today = timezone.localdate()
    posts.appoint(
        cast.colleague, units.crew, Role.SITE_MANAGER, by=cast.admin,
        starts_on=today + dt.timedelta(days=2), ends_on=today + dt.timedelta(days=3),
    )  # fmt: skip
    holders = [
        cast.colleague
        in Person.objects.holding(Role.SITE_MANAGER, units.crew, today + dt.timedelta(days=days))
        for days in range(5)
    ]
    assert holders == [False, False, True, True, False]
    assert not again(cast.colleague).has_role(Role.SITE_MANAGER, units.crew)


def test_the_same_post_is_given_once_at_a_time(cast, units):
    with pytest.raises(ValidationError):
        posts.appoint(cast.site_manager, units.crew, Role.SITE_MANAGER, by=cast.admin)
    today = timezone.localdate()
    posts.end(cast.site_manager.posts.get(role=Role.SITE_MANAGER), by=cast.admin, ends_on=today)
    tomorrow = today + dt.timedelta(days=1)
    posts.appoint(cast.site_manager, units.crew, Role.SITE_MANAGER, by=cast.admin, starts_on=tomorrow)
    assert Post.objects.filter(person=cast.site_manager, role=Role.SITE_MANAGER).count() == 2


def test_yesterday_takes_a_right_away_at_once_and_no_earlier_day_can_be_chosen(cast, units):
    post = cast.site_manager.posts.get(role=Role.SITE_MANAGER)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with pytest.raises(ValidationError):
        posts.end(post, by=cast.admin, ends_on=yesterday - dt.timedelta(days=1))
    posts.end(post, by=cast.admin, ends_on=yesterday, reason="Suspended")
    assert not again(cast.site_manager).has_role(Role.SITE_MANAGER, units.crew)
    event = Event.objects.of(cast.site_manager.case).get()
    assert event.reason == "Suspended" and event.after["ends_on"] == str(yesterday)


def test_no_post_in_a_closed_unit_or_for_somebody_who_left(cast, units):
    staff.leave(cast.colleague, by=cast.admin)
    with pytest.raises(ValidationError):
        posts.appoint(cast.colleague, units.crew, Role.QUALITY, by=cast.admin)
    units.west_station.closed_on = timezone.localdate()
    units.west_station.save()
    with pytest.raises(ValidationError):
        posts.appoint(cast.owner, units.west_station, Role.QUALITY, by=cast.admin)
