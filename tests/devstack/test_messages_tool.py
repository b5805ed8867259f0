"""Extraction and merging of texts, without GNU gettext."""

import pytest

from devstack import catalogues, messages

TEMPLATE = """\
{% load i18n %}
    {# Translators: on the button #}
  {% translate "Send" %}
      {% translate "May" context "month" %} {{ _("Later") }} it's 100 %
{% blocktranslate count counter=n trimmed %}
  {{ counter }} day
{% plural %}
  {{ counter }} days
{% endblocktranslate %}
{% translate "%n left" %}
"""

CODE = '''
from django.utils.translation import gettext as _, npgettext, ngettext_lazy

def greet(name):
    """Not a text: _("in a docstring")."""
    # Translators: to someone who signs in
    hello = _("Hello "
              "%(name)s") % {"name": name}
    return hello, npgettext("round", "%d lap", "%d laps", 2), ngettext_lazy("one", "many", "count")
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one template and one module, with its own catalogues."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "greetings.py").write_text(CODE)
    for module in (messages, catalogues):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "LOCALE", tmp_path / "locale")
    return tmp_path


def catalogue_path(project, locale="zh_Hans"):
    return project / "locale" / locale / "LC_MESSAGES" / "django.po"


def translate(project, text, translation):
    for locale in messages.LOCALES:
        path = catalogue_path(project, locale)
        path.write_text(path.read_text().replace(text, translation))


def merge_all(project):
    for locale in messages.LOCALES:
        messages.merge(locale, messages.extract_messages())


def test_every_way_to_mark_a_text_is_found(project):
    found = {(message.context, message.id) for message in messages.extract_messages() if message.id}
    assert found == {
        (None, "Send"),
        ("month", "May"),
        (None, "Later"),
        (None, ("%(counter)s day", "%(counter)s days")),
        (None, "%%n left"),
        (None, "Hello %(name)s"),
        ("round", ("%d lap", "%d laps")),
        (None, ("one", "many")),
    }


def test_merging_again_changes_nothing_and_writes_no_path_of_this_machine(project):
    merge_all(project)
    once = catalogue_path(project).read_bytes()
    merge_all(project)
    assert catalogue_path(project).read_bytes() == once
    assert str(project).encode() not in once
    assert b"Date" not in once
    assert b"#: people/greetings.py\n" in once


def test_a_translation_survives_a_merge_and_a_text_that_is_gone_goes(project):
    merge_all(project)
    translate(project, 'msgid "Send"\nmsgstr ""', 'msgid "Send"\nmsgstr "发送"')
    (project / "templates" / "page.html").write_text("{% translate 'Send' %}{% translate 'Sent' %}")
    merge_all(project)
    text = catalogue_path(project).read_text()
    assert 'msgid "Send"\nmsgstr "发送"' in text
    assert 'msgid "Sent"\nmsgstr ""' in text  # nothing is guessed from its neighbour
    assert "Later" not in text


def test_problems_are_named_with_their_place(project):
    assert list(messages.catalogue_problems()) == ["zh_Hans: no catalogue", "zh_Hant: no catalogue"]
    merge_all(project)
    (project / "people" / "new.py").write_text('_("Brand new")')
    problems = list(messages.catalogue_problems())
    assert "zh_Hans: missing: 'Brand new'  (people/new.py)" in problems
    assert "zh_Hant: not translated: 'Send'  (templates/page.html)" in problems
    assert "zh_Hant: not translated: '[month] May'  (templates/page.html)" in problems


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ('msgstr "%(name)s，您好"', None),
        ('msgstr "%(nama)s，您好"', "placeholders differ"),
        ('msgstr "您好"', "placeholders differ"),
        ('msgstr "%(name)s，您好\\n"', "line breaks at the ends differ"),
    ],
)
def test_a_translation_keeps_the_placeholders_and_line_breaks(project, translation, problem):
    merge_all(project)
    translate(project, 'msgid "Hello %(name)s"\nmsgstr ""', f'msgid "Hello %(name)s"\n{translation}')
    found = [line for line in messages.catalogue_problems() if "Hello" in line and "zh_Hans" in line]
    assert found == ([f"zh_Hans: {problem}: 'Hello %(name)s'  (people/greetings.py)"] if problem else [])


def test_a_fuzzy_entry_does_not_count(project):
    merge_all(project)
    translate(project, 'msgid "Send"\nmsgstr ""', '#, fuzzy\nmsgid "Send"\nmsgstr "寄"')
    assert "zh_Hans: fuzzy: 'Send'  (templates/page.html)" in list(messages.catalogue_problems())


def test_a_plural_needs_what_its_many_form_needs(project):
    merge_all(project)
    days = 'msgid "%(counter)s day"\nmsgid_plural "%(counter)s days"\nmsgstr[0] '
    translate(project, days + '""', days + '"一天"')
    assert any("placeholders differ" in line and "days" in line for line in messages.catalogue_problems())
    translate(project, days + '"一天"', days + '"%(counter)s 天"')
    assert not any("days" in line for line in messages.catalogue_problems())


def test_the_sign_that_a_script_fills_in_is_kept(project):
    merge_all(project)
    translate(project, 'msgid "%%n left"\nmsgstr ""', 'msgid "%%n left"\nmsgstr "还剩 100%%"')
    assert any("placeholders differ" in line and "left" in line for line in messages.catalogue_problems())


def test_only_what_changed_is_compiled(project):
    merge_all(project)
    catalogues.compile_catalogues()
    compiled = catalogue_path(project).with_suffix(".mo")
    before = compiled.stat().st_mtime_ns
    catalogues.compile_catalogues()
    assert compiled.stat().st_mtime_ns == before
