"""The sentence on top: which indicators have really changed, and which only vary as usual."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from metrics.spc.telling import paragraph

#: So many indicators are named that nothing can be said about.
MOST_NAMED = 3
GOOD, BAD, OFF, USUAL, NONE = "good", "bad", "off", "usual", "none"


@dataclass(frozen=True)
class Told:
    """One indicator in the sentence: its name, how it varies, and since when or why (may be empty)."""

    name: str
    kind: str
    why: str = ""


def filled(template: str, **parts: str | int) -> SafeString:
    """A translated sentence with marked parts in it; everything that isn't marked is escaped."""
    safe = {key: conditional_escape(part) for key, part in parts.items()}
    return mark_safe(str(conditional_escape(template)) % safe)


def run_on(parts: Iterable[str]) -> str:
    """Sentences one after another; what is empty is left out."""
    return paragraph([part for part in parts if part])


def within(name: str) -> str:
    """The name of an indicator inside a sentence: complaint rate, but NPS."""
    name = str(name)
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def enumerated(names: Sequence[str]) -> str:
    """A, B, C as they stand in a row of names."""
    return pgettext("enumeration", ", ").join(names)


def lede(told: Sequence[Told]) -> SafeString:
    """Of 8 indicators, 2 improved (…) and 1 needs attention (…). The other 5 only vary as usual …"""
    by_kind = {kind: [one for one in told if one.kind == kind] for kind in (GOOD, BAD, OFF, USUAL, NONE)}
    all_of_them = len(told)
    if by_kind[NONE] and len(by_kind[NONE]) == all_of_them:
        return filled(
            _(
                "There are too few figures yet to say whether anything has changed: enter volumes and wait a few periods."
            )
        )
    sentences = [_changes(by_kind, all_of_them)]
    if changed := len(by_kind[GOOD]) + len(by_kind[BAD]):
        sentences.append(_off(by_kind[OFF]))
        sentences.append(_usual(len(by_kind[USUAL]), changed + len(by_kind[OFF])))
    else:
        sentences.append(_off(by_kind[OFF]))
        if by_kind[OFF]:
            sentences.append(_usual(len(by_kind[USUAL]), len(by_kind[OFF])))
    sentences.append(_missing(by_kind[NONE]))
    return mark_safe(run_on(sentences))


def _changes(by_kind: dict[str, list[Told]], all_of_them: int) -> SafeString:
    good, bad = _improved(by_kind[GOOD]), _needing(by_kind[BAD])
    if good and bad:
        return filled(
            _("Of %(all)s indicators, %(improved)s and %(concern)s."),
            all=all_of_them,
            improved=good,
            concern=bad,
        )
    if good:
        return filled(
            _("Of %(all)s indicators, %(improved)s; none needs attention."), all=all_of_them, improved=good
        )
    if bad:
        return filled(
            _("Of %(all)s indicators, %(concern)s; none has improved."), all=all_of_them, concern=bad
        )
    if by_kind[OFF]:
        return filled(
            _("Of %(all)s indicators, none has improved and none needs attention."), all=all_of_them
        )
    if by_kind[NONE]:
        return filled(
            _("Of %(all)s indicators, the %(usual)s with enough figures only vary as usual: nothing needs an explanation."),
            all=all_of_them, usual=len(by_kind[USUAL]),
        )  # fmt: skip
    return filled(
        _("All %(all)s indicators only vary as usual: nothing needs an explanation this time."),
        all=all_of_them,
    )


def _improved(told: list[Told]) -> SafeString:
    if not told:
        return mark_safe("")
    count = ngettext("%(number)s improved", "%(number)s improved", len(told)) % {"number": len(told)}
    return _with_names("good", count, told)


def _needing(told: list[Told]) -> SafeString:
    if not told:
        return mark_safe("")
    count = ngettext("%(number)s needs attention", "%(number)s need attention", len(told)) % {
        "number": len(told)
    }
    return _with_names("bad", count, told)


def _with_names(look: str, count: str, told: list[Told]) -> SafeString:
    names = enumerated([_with_why(one) for one in told])
    return filled(
        pgettext("named", "%(count)s (%(names)s)"),
        count=format_html('<em class="{}">{}</em>', look, count),
        names=names,
    )


def _with_why(one: Told) -> str:
    """first response rising for 7 months"""
    name = within(one.name)
    return pgettext("judged", "%(name)s %(what)s") % {"name": name, "what": one.why} if one.why else name


def _usual(usual: int, others: int) -> SafeString | str:
    if not usual:
        return ""
    return filled(
        ngettext(
            "The other %(number)s only varies as usual and needs no explanation.",
            "The other %(number)s only vary as usual and need no explanation.",
            usual,
        ),
        number=usual,
    )


def _off(told: list[Told]) -> SafeString | str:
    if not told:
        return ""
    return filled(
        ngettext(
            "%(names)s has changed, for better or worse.",
            "%(names)s have changed, for better or worse.",
            len(told),
        ),
        names=_first_upper(enumerated([within(one.name) for one in told])),
    )


def _missing(told: list[Told]) -> SafeString | str:
    """What nothing can be said about; of many the tiles name them."""
    if not told:
        return ""
    count = ngettext(
        "Of %(number)s there is no figure yet, or too few",
        "Of %(number)s there are no figures yet, or too few",
        len(told),
    ) % {"number": len(told)}
    if len(told) > MOST_NAMED:
        return filled(pgettext("sentence", "%(said)s."), said=count)
    names = enumerated([within(one.name) for one in told])
    return filled(pgettext("sentence", "%(said)s (%(names)s)."), said=count, names=names)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
