"""Scorecards, ranking, suggestions and thanks in a real browser: read by axe, on a desktop and a phone."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from metrics.assessment import cards
from metrics.models import Recognition
from metrics.suggestions import acts
from people.models import Post, Role
from tests.browser.conftest import both_widths
from tests.metrics.test_assessment import drafts, issued, scheme  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@both_widths
def test_every_page_is_accessible_and_fits(cast, units, drafts, scheme, visit, phone):  # noqa: F811
    Post.objects.create(person=cast.site_manager, unit=units.east, role=Role.SITE_MANAGER)
    for card in drafts.values():
        issued(card, cast)
    card = drafts["ER-E"]
    card.refresh_from_db()
    row = cards.object_to(
        card, by=cast.site_manager, version=card.version,
        reason="Two of the twelve complaints were about the station of the west.",
    )  # fmt: skip
    cards.decide_objection(
        row,
        by=cast.executive,
        version=row.version,
        upheld=False,
        answer="They named our crew; I have read them.",
    )
    suggestion = acts.suggest(
        by=cast.reporter, unit=units.crew, text="A second trolley in car 8.\nThe first is always empty by noon.",
        benefit="Less waiting",
    )  # fmt: skip
    acts.adopt(
        suggestion, by=cast.quality, version=1, owner=cast.supervisor, answer="We buy one.",
        due_on=timezone.localdate() + dt.timedelta(days=20),
    )  # fmt: skip
    acts.suggest(by=cast.colleague, unit=units.crew, text="Put the roster up two weeks ahead")
    Recognition.objects.update(
        words="Nobody waits any more.", thanked_by=cast.site_manager, thanked_at=timezone.now()
    )
    visitor = visit(phone=phone)
    visitor.sign_in("qian")
    for path in (
        reverse("assessment"),
        scheme.get_absolute_url(),
        reverse("scheme-change", args=[scheme.pk]),
        f"{reverse('scheme-new')}?unit={units.rail.pk}&assessed=people",
        reverse("ranking", args=[scheme.pk]),
        card.get_absolute_url(),
        reverse("scorecard-act", args=[card.pk, "sign"]),
        reverse("suggestion-list"),
        reverse("suggestion-new"),
        suggestion.get_absolute_url(),
        reverse("thanks-give"),
    ):
        visitor.go(path)
    visitor.sign_in("zhou")
    visitor.go(reverse("thanks"))
    visitor.press("Show on the wall")
    visitor.go(reverse("thanks-wall"))
    visitor.sees("Nobody waits any more.")
