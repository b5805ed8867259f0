"""The cause report as a draft, written from the tree of causes: what somebody would else copy together by hand."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from incidents.models import Incident

from . import fishbone
from .models import Cause, CauseProof, category_label
from .reading import Case, case_of
from .sides import head, sides

#: As long as the report may be.
LONGEST = 8000


def draft(incident: Incident) -> str:
    """Problem, chains of whys, roots with their proofs, what was ruled out, why it wasn't noticed; plain text.

    In the language of who asks for it: they go on writing in it.
    """
    case = case_of(incident)
    occurrence, escape = sides(incident, incident.cycle)
    analysis = case.analyses.get(incident.cycle)
    parts = [
        _part(_("Problem"), [head(incident, analysis)]),
        _part(_("Why the last analysis failed"), [analysis.why_differs] if analysis else []),
        _part(_("Why did it happen?"), _chains(occurrence.causes)),
        _part(_("Root causes and what proves them"), _roots(occurrence.causes)),
        _part(
            _("Why was it not noticed?"),
            [*([analysis.escape] if analysis else []), *_chains(escape.causes), *_roots(escape.causes)],
        ),
        _part(_("Looked into and ruled out"), _refuted(case, incident.cycle)),
        _part(_("Not looked into yet"), _open(case, incident.cycle)),
    ]
    return "\n\n".join(filter(None, parts))[:LONGEST]


def _part(title: str, lines: Iterable[str]) -> str:
    lines = [line for line in lines if line.strip()]
    return "\n".join([title, *lines]) if lines else ""


def _chains(causes: list[Cause]) -> list[str]:
    return [" → ".join(cause.text for cause in chain) for chain in fishbone.chains(causes) if len(chain) > 1]


def _roots(causes: list[Cause]) -> list[str]:
    lines = []
    for cause in causes:
        if cause.is_root:
            lines.append(
                _("• %(cause)s (%(bone)s): %(finding)s")
                % {"cause": cause.text, "bone": category_label(cause.category), "finding": cause.finding}
            )
            lines += [f"  – {_proof(proof)}" for proof in cause.shown_proofs if not proof["withdrawn"]]
    return lines


def _proof(proof: dict) -> str:
    """ "Interview: the fitter, Wei Gong, 00:12:31: no item on the card"."""
    said = [proof["source"], proof["title"], proof["mark"], proof["note"]]
    return _("%(kind)s: %(what)s") % {
        "kind": CauseProof.Kind(proof["kind"]).label,
        "what": ", ".join(text for text in said if text),
    }


def _refuted(case: Case, cycle: int) -> list[str]:
    return [
        _("• %(cause)s: %(finding)s") % {"cause": cause.text, "finding": cause.finding}
        for cause in case.causes_in(cycle)
        if cause.status == Cause.Status.REFUTED
    ]


def _open(case: Case, cycle: int) -> list[str]:
    return [f"• {cause.text}" for cause in case.causes_in(cycle) if cause.status == Cause.Status.HYPOTHESIS]
