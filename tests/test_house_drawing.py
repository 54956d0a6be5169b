"""The picture of the house: rooms apart from each other, lines down to what is used."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

import house
import house_drawing

# e stands above d, which stands on the ground; a line from c to a passes the storey of b.
GRAPH = {"a": set(), "b": {"a"}, "c": {"a", "b", "d"}, "d": set(), "e": {"d"}, "alone": set()}


@st.composite
def graphs(draw):
    names = "abcdefgh"[: draw(st.integers(1, 8))]
    pairs = [(high, low) for low, high in combinations(names, 2) if draw(st.booleans())]
    return {name: {low for high, low in pairs if high == name} for name in names}


def pieces(graph):
    """The rooms by name as left, top, right, bottom; the numbers of each line; the width."""
    root = ElementTree.fromstring(house_drawing.drawing(graph))
    space = "{http://www.w3.org/2000/svg}"
    names = [text.text for text in root.iter(f"{space}text")]
    boxes = []
    for rect in root.iter(f"{space}rect"):
        x, y, width, height = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
    paths = [path.get("d") for path in root.iter(f"{space}path")]
    lines = [[float(number) for number in re.findall(r"[\d.]+", path)] for path in paths]
    return dict(zip(names, boxes, strict=True)), lines, float(root.get("width"))


def test_lines_that_a_longer_way_makes_needless_are_left_out():
    assert house_drawing.reduced(GRAPH) == {**GRAPH, "c": {"b", "d"}}


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [([0, 5], [0, 5]), ([2, 2], [1.5, 2.5]), ([3, 1, 9], [1.5, 2.5, 9]), ([1, 1, 1], [0, 1, 2])],
)
def test_neighbours_make_room_for_each_other(wishes, expected):
    assert house_drawing.apart(wishes) == expected


@given(graphs().filter(lambda graph: any(graph.values())))
def test_rooms_are_apart_and_lines_join_what_uses_and_what_is_used(graph):
    rooms, lines, width = pieces(graph)
    assert set(rooms) == set(graph)
    for one, other in combinations(rooms.values(), 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
    assert all(left >= 0 and right <= width for left, _, right, _ in rooms.values())
    for name, used in graph.items():
        assert all(rooms[name][3] < rooms[other][1] for other in used)
    for x, top in ((d[6], d[7]) for d in lines if len(d) == 9):  # past a storey, between rooms
        assert not [room for room in rooms.values() if room[1] == top and room[0] <= x <= room[2]]
    assert followed(rooms, lines) == {
        (name, other) for name, used in house_drawing.reduced(graph).items() for other in used
    }


def followed(rooms, lines):
    """Pairs of rooms that lines join, from the middle of one's floor to the other's ceiling."""
    middle = {
        name: ((left + right) / 2, top, low) for name, (left, top, right, low) in rooms.items()
    }
    pieces = [(tuple(d[:2]), (d[6], d[8] if len(d) == 9 else d[7])) for d in lines]

    def below(start):
        for begin, end in pieces:
            if begin == pytest.approx(start):
                found = [n for n, (x, top, _) in middle.items() if (x, top) == pytest.approx(end)]
                yield from found or below(end)

    return {(name, other) for name, (x, _, low) in middle.items() for other in below((x, low))}


def test_a_picture_of_this_library_names_all_its_parts():
    parts = house.parts_used()
    text = house_drawing.drawing(parts)
    assert all(f">{part}</text>" in text for part in parts)
    assert "models uses arithmetic, layers;" in text
