"""The two signs of an indicator: how it varies, and whether it will meet its target. Their words stand beside them.

After "Making data count" (NHS England): variation of usual kind, improving or a concern; the target is met or missed
for sure, or hit and missed by chance. No sign is told by its colour alone.
"""

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

#: By kind and side (+1 rising, -1 falling): the word of the variation.
VARIATION = {
    ("good", 1): _("Improving · rising"),
    ("good", -1): _("Improving · falling"),
    ("good", 0): _("Improving"),
    ("bad", 1): _("Concern · rising"),
    ("bad", -1): _("Concern · falling"),
    ("bad", 0): _("Concern"),
    ("off", 1): _("Changed · rising"),
    ("off", -1): _("Changed · falling"),
    ("off", 0): _("Changed"),
    ("usual", 0): _("Usual variation"),
    ("none", 0): _("Too few figures"),
}
ASSURANCE = {
    "meets": _("Meets target"),
    "hit-or-miss": _("Hit or miss"),
    "misses": _("Misses target"),
    "none": _("No target"),
}
#: Of a target that no limits can be held against yet.
EARLY = _("Too early to tell")


def _svg(look: str, inside: SafeString) -> SafeString:
    return format_html(
        '<svg class="sign" viewBox="0 0 26 26" aria-hidden="true"><circle class="ring ring-{}" cx="13" cy="13"'
        ' r="11.6"/>{}</svg>',
        look,
        inside,
    )


def variation_icon(kind: str, side: int = 0) -> SafeString:
    """A curve to the side it went, with a dot at its end; a wave for usual variation, a dash for too few figures."""
    if kind == "none":
        return _svg("c", SafeString('<path class="l l-c" d="M8 13h10"/>'))
    if kind == "usual":
        return _svg("c", SafeString('<path class="l l-c" d="M5.5 15l3.8-4.4 3.7 5.4 3.7-5.4 3.8 3.6"/>'))
    start, end = {1: (19, 8), -1: (7, 18)}.get(side, (13, 13))
    mark = (
        format_html('<circle class="g-{}" cx="18.4" cy="{}" r="2.9"/>', kind, end)
        if kind == "good"
        else format_html('<path class="g-{}" d="M18.4 {}l3.4 5.6h-6.8z"/>', kind, number_up(end))
        if kind == "bad" and side >= 0
        else format_html('<path class="g-{}" d="M18.4 {}l3.4 -5.6h-6.8z"/>', kind, end + 3.2)
        if kind == "bad"
        else format_html('<rect class="g-{}" x="15.8" y="{}" width="5.2" height="5.2"/>', kind, end - 2.6)
    )
    curve = format_html('<path class="l l-{}" d="M7 {}C11 {} 13 {} 17.4 {}"/>', kind, start, start, end, end)
    return _svg(kind, format_html("{}{}", curve, mark))


def number_up(end: float) -> float:
    """The tip of a triangle whose middle is `end`."""
    return end - 3.2


def assurance_icon(kind: str) -> SafeString:
    """The target as a dashed line: the wave of the figures lies on its good side, on its bad side, or across it."""
    look = {"meets": "good", "misses": "bad"}.get(kind, "c")
    if kind == "none":
        return _svg("c", SafeString('<path class="l l-c" d="M8 13h10"/>'))
    target, wave = {"meets": (17.6, 11), "misses": (8.4, 17), "hit-or-miss": (13, 14.2)}[kind]
    return _svg(
        look,
        format_html(
            '<path class="l l-{look} l-goal" d="M5 {}h16"/>'
            '<path class="l l-{look}" d="M6 {}q2.3-5.8 4.6-1.6t4.6 0 4.6-1.4"/>',
            target, wave, look=look,
        ),
    )  # fmt: skip


def variation(kind: str, side: int = 0) -> SafeString:
    """The sign with its word."""
    word = VARIATION.get((kind, side)) or VARIATION[(kind, 0)]
    look = kind if kind in ("good", "bad", "off") else "c"
    return format_html(
        '<span class="sig sig-{}">{}<span>{}</span></span>', look, variation_icon(kind, side), word
    )


def assurance(kind: str, *, has_target: bool = False) -> SafeString:
    """The sign with its word; a target that was set is never said to be none."""
    look = {"meets": "good", "misses": "bad"}.get(kind, "c")
    word = EARLY if kind == "none" and has_target else ASSURANCE[kind]
    return format_html('<span class="sig sig-{}">{}<span>{}</span></span>', look, assurance_icon(kind), word)
