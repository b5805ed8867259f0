"""The board: a column for each of the seven stages."""

from dataclasses import dataclass, field
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.filters import IncidentFilter
from incidents.listing import SHOWN_WITH, UNSHOWN
from incidents.models import Incident
from incidents.stages import LOOP, Stage
from incidents.views.listing import tidy_address

CARDS = 20  # shown of a column
MOST = 100  # counted of a column


@dataclass
class Column:
    """What is in one stage: the most urgent cards, and how many there are, counted up to MOST."""

    stage: Stage
    cards: list[Incident] = field(default_factory=list)
    count: int = 0
    overdue: int = 0

    @property
    def is_full(self) -> bool:
        return self.count >= MOST

    @property
    def shown_count(self) -> str:
        return f"{MOST - 1}+" if self.is_full else str(self.count)

    @property
    def shown_overdue(self) -> str:
        return f"{MOST - 1}+" if self.overdue >= MOST else str(self.overdue)


@login_required
@require_safe
def incident_board(request: HttpRequest) -> HttpResponse:
    if address := tidy_address(request):
        return redirect(address)
    filters = IncidentFilter(request.GET, person=request.user, without=("state", "stage", "sort"))
    context = {"filters": filters, "problems": filters.problems, "columns": columns(filters)}
    status = HTTPStatus.BAD_REQUEST if filters.problems else HTTPStatus.OK
    return render(request, "incidents/board.html", context, status=status)


def columns(filters: IncidentFilter) -> list[Column]:
    """The seven columns, the most urgent cards on top: two statements, whatever the archive holds."""
    found = filters.found
    firsts = [
        found.filter(stage=stage).order_by("due_at", "pk").values_list("pk", "stage", "due_at")[:MOST]
        for stage in LOOP
    ]
    board = {stage: Column(stage) for stage in LOOP}
    chosen: list[int] = []
    now = timezone.now()
    for pk, stage, due_at in sorted(
        firsts[0].union(*firsts[1:], all=True), key=lambda row: (row[2] or now, row[0])
    ):
        column = board[stage]
        column.count += 1
        column.overdue += due_at is not None and due_at < now
        if column.count <= CARDS:
            chosen.append(pk)
    cards = (
        Incident.objects.visible_to(filters.person)
        .select_related(*SHOWN_WITH)
        .defer(*UNSHOWN)
        .in_bulk(chosen)
    )
    for pk in chosen:
        if card := cards.get(pk):
            board[card.stage].cards.append(card)
    return list(board.values())
