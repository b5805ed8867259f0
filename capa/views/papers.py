"""The papers of a case: the list of them, each as a page to print, and the button that has a PDF made."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from incidents.jobs import JobFailed, sentence
from incidents.models import Incident
from incidents.models.jobs import said

from ..papers import making, rendering
from ..papers.kinds import PAPERS, Paper
from ..papers.printing import available


def case_or_404(request: HttpRequest, number: str) -> Incident:
    incident = making.visible_case(request.user, number)
    if incident is None:
        raise Http404
    return incident


def asked_for(
    request: HttpRequest, number: str, slug: str, values
) -> tuple[Incident, Paper, str, int | None]:
    """Case, paper, language and round of a request. What doesn't exist is 404; an odd language is one's own."""
    incident, paper = case_or_404(request, number), PAPERS.get(slug)
    if paper is None:
        raise Http404
    language = values.get("lang", "")
    if language not in rendering.LANGUAGES:
        language = translation.get_language()
    chosen = values.get("round", "")
    chosen = (
        int(chosen) if paper.by_round and chosen.isascii() and chosen.isdigit() and len(chosen) < 5 else None
    )
    if chosen is not None and not 1 <= chosen <= incident.cycle:
        raise Http404
    return incident, paper, language, chosen


@login_required
@require_safe
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """Every paper in every language, and for every round."""
    incident = case_or_404(request, number)
    context = {
        "incident": incident,
        "here": "papers",
        "papers": PAPERS.values(),
        "rounds": range(1, incident.cycle + 1),
        "languages": named_languages(),
        "can_print": available(),
    }
    return render(request, "papers/index.html", context)


def named_languages() -> list[tuple[str, str, str]]:
    """Code, tag and own name of each language."""
    names = {"zh-hans": "简体中文", "zh-hant": "繁體中文", "en": "English"}
    return [(code, tag, names[code]) for code, tag in rendering.LANGUAGES.items()]


@login_required
@require_safe
def paper_page(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """A paper on the screen as it will be printed."""
    incident, paper, language, chosen = asked_for(request, number, slug, request.GET)
    frame = {
        "own_lang": rendering.LANGUAGES[translation.get_language()],
        "language": language,
        "chosen": chosen,
    }
    frame["bar"] = render_to_string(
        "papers/_bar.html",
        {
            "incident": incident, "paper": paper, "languages": named_languages(), "can_print": available(),
            "numbers": range(1, incident.cycle + 1), "number": chosen or incident.cycle, **frame,
        },
        request=request,
    )  # fmt: skip
    with translation.override(language):
        context = rendering.context_of(paper, rendering.facts_of(incident, request.user), chosen)
        return render(request, "papers/page.html", {**context, **frame})


@login_required
@require_safe
def paper_margins(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """The page margins of a paper as a stylesheet: what stands on every sheet that a browser prints."""
    incident, paper, language, chosen = asked_for(request, number, slug, request.GET)
    with translation.override(language):
        styles = rendering.margins(incident, paper, request.user, chosen=chosen, now=timezone.now())
    response = HttpResponse(styles, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def paper_pdf(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """Have it made as PDF; the job's page offers it when it is ready."""
    incident, paper, language, chosen = asked_for(request, number, slug, request.POST)
    try:
        job = making.ask_for_pdf(incident, paper, by=request.user, language=language, chosen=chosen)
    except JobFailed as refused:
        messages.error(request, said(sentence(refused.message)))
        return redirect("papers", incident.number)
    return redirect(job)
