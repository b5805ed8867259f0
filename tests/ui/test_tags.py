"""The template tags: what a page says about people, fields, moments and limits."""

import datetime as dt
import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.http import QueryDict
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation

from config.ui import browser, changed_query, duration_in_words, figure, initials, moment_in_words

NOON = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"), timezone.override("Asia/Shanghai"):
        yield


def render(text: str, **context) -> str:
    return engines["django"].from_string(text).render(context)


class Person:
    def __init__(self, name, pk=1):
        self.name, self.pk = name, pk

    def __str__(self):
        return self.name


@pytest.mark.parametrize(
    "name, letters",
    [
        ("王强", "王"),
        ("Wang Qiang", "WQ"),
        ("Anna Maria van Dijk", "AD"),
        ("quality", "Q"),
        ("Émile", "É"),
        ("", "?"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_an_avatar_is_decoration_and_escapes_the_name():
    disc = render("{% avatar person %}", person=Person("<b>"))
    assert 'aria-hidden="true"' in disc and "<b>" not in disc
    assert "ava-sys" in render("{% avatar person %}", person=None)


def test_severity_is_a_word_not_only_a_colour():
    assert "Major" in render("{% severity_badge 4 %}") and "sev-major" in render("{% severity_badge 4 %}")
    assert render("{% severity_badge severity %}", severity=None) == ""


@pytest.mark.parametrize(
    "said, name",
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36", "Chrome · Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/116 Mobile MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/138.0 Safari/537.36 Edg/138.0", "Edge · Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
    ],
)
def test_browsers_are_named_as_people_name_them(said, name):
    assert browser(said) == name


# Fields --------------------------------------------------------------------------------------------------------------
class ReportForm(forms.Form):
    text = forms.CharField(
        label="What happened?",
        help_text="Only what you saw.",
        widget=forms.Textarea,
        max_length=500,
        error_messages={"required": "Describe what happened"},
    )
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    place = forms.CharField(label="Place", required=False)
    sure = forms.BooleanField(label="I was there", required=False)


def test_a_field_ties_label_hint_and_error_to_its_control():
    html = render("{% field form.text %}", form=ReportForm({}))
    assert '<label class="label" for="id_text">' in html
    assert 'aria-describedby="id_text_helptext id_text_error"' in html
    assert 'id="id_text_helptext"' in html and 'id="id_text_error"' in html
    assert 'aria-invalid="true"' in html and "Describe what happened" in html
    assert 'data-counter="id_text"' in html


def test_only_optional_fields_say_so():
    assert "optional" in render("{% field form.place %}", form=ReportForm())
    assert "optional" not in render("{% field form.text %}", form=ReportForm())


def test_radio_buttons_are_a_group_with_a_legend():
    html = render("{% field form.kind %}", form=ReportForm())
    assert "<fieldset" in html and "<legend" in html and "for=" not in html.split("</legend>")[0]


def test_the_summary_links_to_every_faulty_field_and_names_it():
    html = render("{% form_errors form %}", form=ReportForm({}))
    assert "There are 2 problems" in html and 'role="alert"' in html and 'tabindex="-1"' in html
    assert re.findall(r'href="#(\w+)">([^<]+)<', html) == [
        ("id_text", "Describe what happened"),
        ("id_kind_0", "Kind: This field is required."),
    ]


def test_the_summary_covers_formsets_and_is_silent_when_all_is_well():
    formset = forms.formset_factory(ReportForm)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-place": "x"}
    )
    assert "#id_form-0-text" in render("{% form_errors formset %}", formset=formset)
    good = ReportForm({"text": "Wet stairs", "kind": "a"})
    assert render("{% form_errors form none %}", form=good, none=None).strip() == ""


# Addresses -----------------------------------------------------------------------------------------------------------
def test_changing_a_filter_goes_back_to_the_first_page_and_keeps_the_rest():
    query = QueryDict("q=空调&stage=plan&after=77")
    assert changed_query(query, stage="verify") == "?q=%E7%A9%BA%E8%B0%83&stage=verify"
    assert changed_query(query, after=99) == "?q=%E7%A9%BA%E8%B0%83&stage=plan&after=99"
    assert changed_query(query, before=5) == "?q=%E7%A9%BA%E8%B0%83&stage=plan&before=5"
    assert changed_query(query, stage=None, q="") == "?"


def test_one_value_of_a_filter_can_be_taken_away():
    request = RequestFactory().get("/incidents/?stage=plan&stage=verify&unit=3&after=9")
    assert render('{% query_without request "stage" "plan" %}', request=request) == "?stage=verify&amp;unit=3"
    assert render('{% query_without request "unit" 3 %}', request=request) == "?stage=plan&amp;stage=verify"


# Moments and limits --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "span, words",
    [
        (dt.timedelta(minutes=1), "1 min"),
        (dt.timedelta(hours=3, minutes=20), "3 h 20 min"),
        (dt.timedelta(hours=17, minutes=40), "17 h"),
        (dt.timedelta(days=1, hours=5), "1 day"),
        (dt.timedelta(days=-2), "2 days"),
    ],
)
def test_durations_in_words(span, words):
    assert duration_in_words(span) == words


def test_moments_in_the_words_people_use():
    assert moment_in_words(NOON, now=NOON) == "today 12:00"
    assert moment_in_words(NOON - dt.timedelta(hours=13), now=NOON) == "yesterday 23:00"
    assert moment_in_words(NOON + dt.timedelta(days=1), now=NOON) == "tomorrow 12:00"
    assert moment_in_words(NOON - dt.timedelta(days=30), now=NOON) == "2026-10-21 12:00"


@pytest.mark.parametrize(
    "limit, colour, words",
    [
        (dict(due_at=NOON + dt.timedelta(hours=3, minutes=20)), "chip-amber", "3 h 20 min left"),
        (dict(due_at=NOON - dt.timedelta(days=2)), "chip-red", "Overdue 2 days"),
        (dict(due_at=NOON - dt.timedelta(days=2), paused=True), "", "Paused"),
        (dict(due_at=NOON - dt.timedelta(days=2), met_at=NOON - dt.timedelta(days=3)), "chip-accent", "Met"),
        (dict(due_at=NOON - dt.timedelta(days=2), met_at=NOON), "chip-orange", "Met late"),
        (dict(due_at=NOON + dt.timedelta(days=12)), "", "12 days left"),
    ],
)
def test_only_what_is_overdue_is_red(limit, colour, words):
    defaults = {"met_at": None, "paused": False}
    with time_machine.travel(NOON, tick=False):
        chip = render("{% due_chip due_at met_at=met_at paused=paused %}", **(defaults | limit))
    assert words in chip
    assert re.search(r'class="chip ([\w-]*)"', chip).group(1) == colour


def test_the_rail_draws_each_stage_and_the_arc_back():
    rail = [
        {"key": "k", "label": f"Stage {n}", "number": n, "state": state, "sub": "Li Min"}
        for n, state in enumerate(["done", "done", "done", "now", "todo", "back", "todo"], start=1)
    ]
    loops = [{"from": 6, "to": 3, "text": "Not effective: back to root cause (round 2)"}]
    html = render('{% include "parts/_rail.html" %}', rail=rail, loops=loops, round=2)
    assert html.count('aria-current="step"') == 1
    assert 'class="loop loop-from-6 loop-to-3"' in html and "M550 0" in html and "250 5" in html
    assert "4 of 7 · Stage 4" in html and "round 2" in html


def test_a_qr_code_is_an_inline_drawing_with_a_name():
    html = render('{% qr_code "https://example.org/r/ER-E-HZ" "Place" %}')
    assert 'role="img" aria-label="Place"' in html and "<svg" in html and "style" not in html


def test_the_gate_says_in_words_what_is_missing():
    html = render('{% include "parts/_gate.html" %}', gate=[SimpleNamespace(label="Owner named", met=False)])
    assert "missing:" in html and "Owner named" in html


@pytest.mark.parametrize(
    ("value", "text"), [("1.800", "1.8"), ("1200.000", "1,200"), ("0.000", "0"), ("0.125", "0.125")]
)
def test_figures_have_no_empty_decimals(value, text):
    assert figure(Decimal(value)) == text
