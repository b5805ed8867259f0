"""Which papers there are."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Paper:
    """One kind of paper. `by_round`: it tells of one round through stages 3 to 6, so there can be one for each."""

    slug: str
    title: Promise
    about: Promise
    icon: str
    by_round: bool = True
    landscape: bool = False

    @property
    def template(self) -> str:
        return f"papers/{self.slug}.html"


PAPERS: dict[str, Paper] = {
    paper.slug: paper
    for paper in (
        Paper(
            "incident-report",
            pgettext_lazy("paper", "Incident report"),
            _("What happened, where, to whom; the evidence, the verdict and who answers for it."),
            "clipboard-list",
            by_round=False,
        ),
        Paper(
            "cause-analysis",
            pgettext_lazy("paper", "Cause analysis"),
            _("Fishbone, 5-Why chains, what was confirmed and ruled out, and on what evidence."),
            "git-branch",
        ),
        Paper(
            "measure-tracking",
            pgettext_lazy("paper", "Measure tracking"),
            _("The plan, its versions and signatures, every measure and its whole ledger."),
            "list-checks",
        ),
        Paper(
            "effect-verification",
            pgettext_lazy("paper", "Effect verification"),
            _("What was fixed beforehand, what was counted before and after, and every verdict."),
            "chart-line",
        ),
        Paper(
            "8d",
            pgettext_lazy("paper", "8D report"),
            _("From the team to the closing in eight disciplines, for customers and auditors."),
            "file-check",
        ),
        Paper(
            "a3",
            pgettext_lazy("paper", "A3 report"),
            _("The whole story on one landscape page, to be talked over at a table."),
            "panels-top-left",
            landscape=True,
        ),
        Paper(
            "case-file",
            pgettext_lazy("paper", "Complete case file"),
            _("All forms of all rounds, signatures, the whole timeline and every checksum."),
            "book-marked",
            by_round=False,
        ),
    )
}
