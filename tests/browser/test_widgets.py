"""The widgets' numbers are the library's, on the shared cases and on many random settings."""

from __future__ import annotations

import json
import random

from book_site import ROOT
from widget_page import OUTPUT_SIZE, RECEPTIVE_FIELD, apply, first, page_of, ranges

from dsconv_lib import ConvSpec
from dsconv_lib.widgets import OutputSizeExplorer, ReceptiveFieldExplorer

CASES = json.loads((ROOT / "tests" / "cases.json").read_text(encoding="utf-8"))
LABELS = ("input", "kernel", "stride", "padding", "dilation")
CASE_KEYS = ("size", "kernel_size", "stride", "padding", "dilation")
RANDOM_SETTINGS = 80


def inside(value, limits):
    return limits[0] <= value <= limits[1]


def expected_output_size(setting):
    """What the library says of one setting of the output-size explorer."""
    return OutputSizeExplorer(*setting.values()).readouts


def expected_field(layers):
    """What the library says of a stack of (kernel, dilation, stride)."""
    specs = [ConvSpec(kernel, stride, 0, dilation) for kernel, dilation, stride in layers]
    return ReceptiveFieldExplorer(specs).readouts


def compare(widget, settings, answers, expected):
    wrong = [
        f"{setting}: shows {answer}, the library has {right}"
        for setting, answer, right in zip(settings, answers, expected, strict=True)
        if {key: answer.get(key) for key in right} != right
    ]
    assert not wrong, f"{widget}: {len(wrong)} of {len(settings)} differ:\n" + "\n".join(wrong[:5])


def output_size_settings(root):
    """The shared cases that the sliders can make, and random settings of all sliders."""
    limits = ranges(root)
    names = dict(zip(LABELS, CASE_KEYS, strict=True))
    cases = [{label: case[name] for label, name in names.items()} for case in CASES["output_size"]]
    dice = random.Random(2)
    drawn = [
        {label: dice.randint(*limits[label]) for label in LABELS} for _ in range(RANDOM_SETTINGS)
    ]
    within = [case for case in cases if all(inside(case[key], limits[key]) for key in LABELS)]
    return within + drawn


def stack_setting(layers):
    """The sliders that make a stack."""
    setting = {"layers": len(layers)}
    for number, layer in enumerate(layers, 1):
        for what, value in zip(("kernel", "dilation", "stride"), layer, strict=True):
            setting[f"layer {number} {what}"] = value
    return setting


def stacks(root):
    """The shared stacks that the sliders can make, and random ones."""
    limits = ranges(root)
    bounds = [limits[f"layer 1 {what}"] for what in ("kernel", "dilation", "stride")]
    keys = ("kernel_size", "dilation", "stride")
    cases = [
        [tuple(layer.get(key, 1) for key in keys) for layer in case["layers"]]
        for case in CASES["receptive_field"]
    ]
    within = [
        layers
        for layers in cases
        if inside(len(layers), limits["layers"])
        and all(all(map(inside, layer, bounds)) for layer in layers)
    ]
    dice = random.Random(8)
    drawn = [
        [tuple(dice.randint(*bound) for bound in bounds) for _ in range(dice.randint(1, 8))]
        for _ in range(RANDOM_SETTINGS)
    ]
    return within, drawn


def test_output_size_explorer_agrees_with_the_library(visit):
    with visit(page_of(OUTPUT_SIZE)) as page:
        root = first(page, OUTPUT_SIZE)
        settings = output_size_settings(root)
        expected = [expected_output_size(setting) for setting in settings]
        refused = sum(right["output-size"] == "none" for right in expected)
        assert 5 < refused < len(settings) - 5, f"{refused} of {len(settings)} are impossible"
        compare(OUTPUT_SIZE, settings, apply(root, settings), expected)


def test_receptive_field_explorer_agrees_with_the_library(visit):
    with visit(page_of(RECEPTIVE_FIELD)) as page:
        root = first(page, RECEPTIVE_FIELD)
        cases, drawn = stacks(root)
        assert len(cases) >= 3, "tests/cases.json has no stacks that the sliders can make"
        settings = [stack_setting(layers) for layers in cases + drawn]
        expected = [expected_field(layers) for layers in cases + drawn]
        assert any(right["holes-2d"] != "0" for right in expected), "no setting has holes"
        compare(RECEPTIVE_FIELD, settings, apply(root, settings), expected)
