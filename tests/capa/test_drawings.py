"""The fishbone and the chart: what they draw, and that nothing a person types breaks out of them."""

import xml.etree.ElementTree as ElementTree

import pytest

from capa.fishbone import bones, chains, draw, tree
from capa.models import Cause
from incidents.drawing import width_of, wrap

SVG = "{http://www.w3.org/2000/svg}"


def cause(pk, text, category="machine", parent=None, status="hypothesis", is_root=False, position=0) -> Cause:
    return Cause(
        pk=pk,
        text=text,
        category=category,
        parent_id=parent,
        status=status,
        is_root=is_root,
        position=position,
    )


TREE = [
    cause(1, "Bearing worn", status="confirmed"),
    cause(2, "Not on the card", parent=1, status="confirmed"),
    cause(3, "No review of changes", parent=2, status="confirmed", is_root=True),
    cause(4, "Filter clogged", status="refuted", position=1),
    cause(5, "Hot & <humid>", "environment"),
]


def parsed(svg):
    return ElementTree.fromstring(svg)


def test_every_first_cause_and_every_root_is_on_its_bone():
    ribs = {bone.category: [node.cause.pk for node in bone.ribs] for bone in bones(TREE)}
    assert ribs == {
        "people": [], "machine": [1, 3, 4], "material": [], "method": [], "environment": [5], "measurement": [],
    }  # fmt: skip


def test_the_picture_marks_roots_and_strikes_out_what_was_refuted():
    root = parsed(draw(TREE, "Car 3 not cooled", key="f"))
    texts = {element.text: element.get("class") for element in root.iter("text")}
    assert texts["Filter clogged"] == "t-out" and texts["Bearing worn"] == "t-sure"
    assert any(classes == "t-root" for classes in texts.values())
    assert "No review of changes" in root.find("desc").text
    assert root.get("aria-labelledby") == "f-t f-d" and root.find("title").get("id") == "f-t"
    assert not [e for e in root.iter() if e.get("style") or any(name.startswith("on") for name in e.attrib)]


def test_what_a_person_types_stays_text():
    drawn = draw([cause(1, '<script>alert("x")</script>')], "<b>", key="f")
    assert "<script" not in drawn and "<b>" not in drawn
    parsed(drawn)


@pytest.mark.parametrize("count", [0, 1, 12, 40])
def test_the_picture_grows_with_the_causes(count):
    rows = [
        cause(n, f"A supposed cause with many words, number {n}", position=n) for n in range(1, count + 1)
    ]
    root = parsed(draw(rows, "空调停机" * 40, key="f"))
    _x, _y, width, height = map(float, root.get("viewBox").split())
    for element in root.iter("text"):
        assert 0 <= float(element.get("x")) <= width and 0 <= float(element.get("y")) <= height


def test_chains_lead_from_the_effect_to_each_root():
    assert [[c.pk for c in chain] for chain in chains(TREE)] == [[1, 2, 3]]
    open_ends = [
        cause(1, "A"),
        cause(2, "B", parent=1),
        cause(3, "C"),
        cause(4, "D", parent=1, status="refuted"),
    ]
    assert [[c.pk for c in chain] for chain in chains(open_ends)] == [[1, 2]]


def test_the_tree_keeps_the_order_of_the_outline():
    nodes = tree(reversed(TREE))
    assert [node.cause.pk for node in nodes] == [1, 5, 4]
    assert nodes[0].below[0].below[0].state == "root" and nodes[0].below[0].below[0].depth == 2


def test_lines_are_about_equal_and_chinese_breaks_between_characters():
    lines = wrap("周检作业卡没有冷凝风机项目", 14, 176)
    assert len(lines) == 2 and abs(len(lines[0]) - len(lines[1])) <= 1
    assert "".join(lines) == "周检作业卡没有冷凝风机项目"
    assert all(
        width_of(line, 14) <= 176 for line in wrap("No condenser-fan item on the weekly card", 14, 176)
    )
    assert wrap("一" * 100, 14, 140, most=2)[-1].endswith("…")
