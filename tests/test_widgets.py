"""The widgets' state: what they accept, what follows from it, how it travels.

And the one test that holds every view against the library.
"""

import base64
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from dsconv_lib import ConvSpec, receptive_field, widgets
from dsconv_lib.cost import conv_cost, separable_cost, separable_ratio
from dsconv_lib.data import photograph
from dsconv_lib.widgets import (
    ConvStepper,
    CostCalculator,
    ImageFilter,
    OutputSizeExplorer,
    ReceptiveFieldExplorer,
    SeparableCube,
)
from dsconv_lib.widgets.image_filter import PHOTOGRAPH, SIZE
from dsconv_lib.widgets.receptive_field import PRESETS
from dsconv_lib.widgets.separable_cube import IMAGE, KERNELS, POINTWISE
from static_widgets import stills

CASES = json.loads((Path(__file__).parent / "cases.json").read_text())
NODE = [str(Path(sys.executable).with_name("node"))]
WIDGETS = widgets.ALL
RANDOM_STATES = 300
IMPOSSIBLE = OutputSizeExplorer(4, 3, 1, 0, 3)
PUBLISHED = {  # size, jump, reached
    "plain": (7, 1, 7),
    "doubling": (31, 1, 31),
    "2-2-2": (13, 1, 7),
    "1-2-5": (17, 1, 17),
    "vgg16": (212, 32, 212),
    "wavenet": (1024, 1, 1024),
}
LAYER = {"kernel_size": 3, "dilation": 2, "stride": 1}


def examples(widget):
    """A widget as it comes, its presets, and some random states."""
    roll = Random(1)
    return [widget(), *widget.presets().values(), *(widget.sample(roll) for _ in range(5))]


def shown(some):
    """What the views show, from Node."""
    return stills((one.name, one.state) for one in some)


def test_every_view_says_what_the_library_says():
    """Numbers, words for impossible settings, and code: in every preset and many random states."""
    roll = Random(0)
    asked = [
        one
        for widget in WIDGETS
        for one in [
            widget(),
            *widget.presets().values(),
            *(widget.sample(roll) for _ in range(RANDOM_STATES)),
        ]
    ]
    for one, still in zip(asked, shown(asked), strict=True):
        said = {key: still[key] for key in ("readouts", "problem", "code")}
        assert said == {"readouts": one.readouts, "problem": one.problem, "code": one.code}, one
    assert sum(bool(one.problem) for one in asked) > 20


def test_output_size_explorer_gives_the_known_answers():
    tried = 0
    for case in CASES["output_size"]:
        setting = [case[key] for key in ("size", "kernel_size", "stride", "padding", "dilation")]
        if all(
            low <= value <= high
            for value, low, high in zip(setting, (1, 1, 1, 0, 1), (32, 9, 5, 8, 6), strict=True)
        ):
            widget, tried = OutputSizeExplorer(*setting), tried + 1
            unread = None if widget.unread is None else len(widget.unread)
            assert (widget.output_size, unread) == (case["output_size"], case["unread"]), case
    assert tried >= 10


def test_the_line_of_code_is_the_layer():
    widget = OutputSizeExplorer(11, 4, 3, 2, 2)
    layer = eval(widget.code, {"nn": torch.nn})
    assert layer(torch.zeros(1, 1, 11, 11)).shape[-1] == widget.output_size == 3
    stack = ReceptiveFieldExplorer(preset="vgg16")
    names = {"ConvSpec": ConvSpec, "receptive_field": receptive_field}
    assert eval(stack.code, names) == stack.receptive_field


@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_have_the_published_fields(name):
    widget = ReceptiveFieldExplorer(preset=name)
    field = widget.receptive_field
    assert (field.size, field.jump, field.reached) == PUBLISHED[name]
    assert field == receptive_field(widget.specs)
    assert repr(widget) == f"ReceptiveFieldExplorer(preset='{name}', output=2)"


def test_there_is_a_published_field_for_every_preset():
    assert PRESETS.keys() == PUBLISHED.keys()


def test_layers_and_preset_follow_each_other():
    widget = ReceptiveFieldExplorer()
    assert widget.preset == "plain"
    widget.preset = "2-2-2"
    assert widget.layers == [LAYER] * 3
    widget.layers = [LAYER, {"kernel_size": 5}]
    assert widget.preset == ""
    assert widget.specs == [ConvSpec(3, dilation=2), ConvSpec(5)]
    widget.layers = [ConvSpec(3), ConvSpec(3, dilation=2), ConvSpec(3, dilation=5)]
    assert widget.preset == "1-2-5"


def test_a_message_from_the_view_changes_the_state():
    widget = ReceptiveFieldExplorer(preset="vgg16")
    widget.set_state({"layers": [LAYER, LAYER], "preset": "", "output": 4})
    assert (widget.layers, widget.preset, widget.output) == ([LAYER, LAYER], "", 4)
    assert widget.receptive_field.size == 9
    widget.set_state({"layers": PRESETS["wavenet"], "preset": "wavenet"})
    assert widget.receptive_field.size == 1024
    other = OutputSizeExplorer()
    other.set_state({"dilation": 3})
    assert other.output_size == 1


@pytest.mark.parametrize("widget", WIDGETS)
def test_the_representation_rebuilds_the_widget(widget):
    for one in examples(widget):
        rebuilt = eval(repr(one), {widget.__name__: widget})
        assert rebuilt.state == one.state
        assert repr(rebuilt) == repr(one)


def test_numpy_integers_become_plain_ones():
    widget = OutputSizeExplorer(np.int64(9), kernel_size=np.int32(5))
    assert type(widget.input_size) is type(widget.kernel_size) is int
    stack = ReceptiveFieldExplorer([{"kernel_size": np.int64(3)}])
    assert json.dumps(stack.state)


NUMBERS = {
    "input_size": (1, 32),
    "kernel_size": (1, 9),
    "stride": (1, 5),
    "padding": (0, 8),
    "dilation": (1, 6),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_out_of_range_are_refused_in_words(name):
    least, most = NUMBERS[name]
    for value, mend in ((least - 1, least), (most + 1, most)):
        message = f"{name}={value} must be from {least} to {most}: use {mend}"
        with pytest.raises(ValueError, match=re.escape(message)):
            OutputSizeExplorer(**{name: value})
        widget = OutputSizeExplorer()
        with pytest.raises(ValueError, match=re.escape(message)):
            setattr(widget, name, value)
        assert widget.state == OutputSizeExplorer().state
    for value in (2.0, True, "3", None):
        message = f"{name}={value!r} must be an integer: use one from {least} to {most}"
        with pytest.raises(TypeError, match=re.escape(message)):
            OutputSizeExplorer(**{name: value})
    for value in (least, most):
        assert getattr(OutputSizeExplorer(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"layers": []}, ValueError, "layers holds 0 layers, but 1 to 64 can be drawn: give"),
        ({"layers": [LAYER] * 65}, ValueError, "layers holds 65 layers, but 1 to 64"),
        ({"layers": 3}, TypeError, "layers=3 must be a list of layers: use"),
        ({"layers": LAYER}, TypeError, "must be a list of layers: use"),
        ({"layers": "vgg16"}, TypeError, "layers='vgg16' must be a list of layers: use"),
        ({"layers": [3]}, TypeError, "layers[0]=3 must be a dict or a ConvSpec: use"),
        ({"layers": [LAYER, {"K": 3}]}, ValueError, "layers[1]={'K': 3} must have a kernel_size"),
        ({"layers": [{**LAYER, "padding": 1}]}, ValueError, "and nothing else: use"),
        ({"layers": [{"kernel_size": 0}]}, ValueError, "layers[0]['kernel_size']=0 must be from 1"),
        ({"layers": [{**LAYER, "stride": 1.5}]}, TypeError, "layers[0]['stride']=1.5 must be an"),
        ({"layers": [ConvSpec(3, padding=1)]}, ValueError, "without padding"),
        ({"layers": [ConvSpec((3, 5))]}, ValueError, "must be one axis"),
        (
            {"layers": [{"kernel_size": 7, "dilation": 99, "stride": 9}] * 6},
            ValueError,
            "can be drawn: use fewer layers, smaller strides",
        ),
        ({"preset": "vgg"}, ValueError, "preset='vgg' is no preset: use one of ['1-2-5',"),
        ({"preset": 3}, TypeError, "preset=3 must be a name: use one of"),
        ({"preset": "plain", "layers": [LAYER]}, ValueError, "give only one of the two"),
        ({"output": 5}, ValueError, "output=5 must be from 0 to 4: use 4"),
    ],
)
def test_stacks_that_cannot_be_drawn_are_refused_in_words(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        ReceptiveFieldExplorer(**arguments)
    widget = ReceptiveFieldExplorer(preset="2-2-2")
    name, value = next(reversed(arguments.items()))
    if len(arguments) == 1:
        with pytest.raises(error, match=re.escape(message)):
            setattr(widget, name, value)
        assert widget.state == ReceptiveFieldExplorer(preset="2-2-2").state


def test_widgets_import_neither_torch_nor_matplotlib():
    program = (
        "import sys, dsconv_lib.widgets; print({'torch', 'matplotlib'} & {*sys.modules} or 'none')"
    )
    command = [sys.executable, "-c", program]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "none"


def stepper(case, **more):
    """A stepper at the setting of a case."""
    keys = ("image", "kernel", "stride", "padding", "dilation")
    return ConvStepper(**{key: case[key] for key in keys}, **more)


def test_the_stepper_gives_the_known_answers():
    gradients = 0
    for case in CASES["conv2d"]:
        small = max(abs(n) for rows in case["image"] for row in rows for n in row) <= 99
        if not small:
            continue
        widget = stepper(case, mode=case["mode"])
        assert widget.output == case["output"], case
        assert bool(widget.problem) == (case["output"] is None)
        if "upstream" in case:
            backward = stepper(case, mode="backward", upstream=case["upstream"])
            found = backward.gradients
            assert found == (case["image_gradient"], case["kernel_gradient"]), case
            gradients += 1
    assert gradients >= 4


def test_the_stepper_shows_one_number_at_a_time():
    forward = ConvStepper([[1, 2, 3], [4, 5, 6]], [[1, 2]], step=3)
    assert forward.readouts == {"value": "17", "position": "1, 1", "output": "[[5, 8], [14, 17]]"}
    last = ConvStepper([[1, 2, 3], [4, 5, 6]], [[1, 2]], step=99)
    assert last.readouts == forward.readouts
    backward = ConvStepper([[1, 2, 3], [4, 5, 6]], [[1, 2]], "backward", upstream=[[1, 2]], step=1)
    shown = backward.readouts  # the second row of the upstream gradient is 1
    assert (shown["value"], shown["position"]) == ("4", "0, 1")
    assert shown["gradient-input"] == "[[1, 4, 4], [1, 3, 2]]"
    assert shown["gradient-kernel"] == "[[14, 19]]"
    weight = ConvStepper(
        [[1, 2, 3], [4, 5, 6]], [[1, 2]], "backward", upstream=[[1, 2]], step=6 + 1
    )
    assert (weight.readouts["value"], weight.readouts["position"]) == ("19", "0, 1")


def test_the_steppers_line_of_code_is_its_output():
    for case in CASES["conv2d"][5:14]:
        if case["output"] == [[1920]]:
            continue
        widget = stepper(case, mode=case["mode"])
        names = {"F": torch.nn.functional, "torch": torch}
        assert eval(widget.code, names)[0, 0].tolist() == widget.output


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"image": 3}, TypeError, "image=3 must be rows of numbers: use"),
        ({"image": []}, ValueError, "image is empty or its rows or channels differ"),
        ({"image": [[1, 2], [3]]}, ValueError, "image is empty or its rows or channels differ"),
        ({"image": [1, 2]}, TypeError, "image=[1, 2] must be rows of numbers, or"),
        ({"image": [[1.5]]}, TypeError, "a number of image=1.5 must be an integer"),
        ({"image": [[100]]}, ValueError, "a number of image=100 must be from -99 to 99"),
        ({"image": [[0] * 9]}, ValueError, "image has 1 × 1 × 9 numbers (channels, rows, columns)"),
        ({"kernel": [[[1]]] * 4}, ValueError, "at most 3 × 5 × 5 can be drawn: use fewer"),
        ({"mode": "flip"}, ValueError, "mode='flip' is unknown: use one of ('correlation',"),
        ({"mode": 1}, TypeError, "mode=1 must be a name: use one of"),
        ({"stride": 4}, ValueError, "stride=4 must be from 1 to 3: use 3"),
    ],
)
def test_what_the_stepper_cannot_draw_is_refused_in_words(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        ConvStepper(**arguments)


def test_pictures_may_be_arrays():
    widget = ConvStepper(np.arange(9).reshape(3, 3), np.eye(2, dtype=int))
    assert widget.image == [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]
    assert widget.output == [[4, 6], [10, 12]]
    assert json.dumps(widget.state)


def test_the_photograph_is_that_of_the_book():
    """What the view holds is what `photograph` gives (Pillow may round a pixel differently)."""
    steps = np.frombuffer(zlib.decompress(base64.b64decode(PHOTOGRAPH["deflated"])), np.uint8)
    held = np.cumsum(steps, dtype=np.uint8).reshape(PHOTOGRAPH["rows"], PHOTOGRAPH["columns"])
    difference = held.astype(int) - np.rint(photograph("temple", held.shape) * 254).astype(int)
    assert np.abs(difference).max() <= 1
    assert held.std() > 40


def test_the_image_filter_gives_the_known_answers():
    assert ImageFilter().readouts == {"output-size": "192 × 192", "sum": "1", "offset": "0"}
    moved = ImageFilter("edges", shift=9, stride=2, dilation=3)
    assert moved.readouts == {"output-size": "96 × 96", "sum": "0", "offset": "4.500"}
    even = ImageFilter(kernel=[[1, 2, 3, 4], [0, 0, 0, 1]], divisor=3, stride=4)
    # 192 + 0 - 1 - 1 and 192 + 2 - 3 - 1, each over 4, and 1 more
    assert even.readouts == {"output-size": "48 × 48", "sum": "3.667", "offset": "0"}
    for name, total in {"blur-5": "1", "sharpen": "1", "outline": "0", "edges-down": "0"}.items():
        assert ImageFilter(name).readouts["sum"] == total


@pytest.mark.parametrize("border", ["zeros", "circular"])
def test_the_filters_line_of_code_has_the_outputs_size(border):
    photo = torch.rand(1, 1, *SIZE)
    names = {"F": torch.nn.functional, "torch": torch, "photo": photo}
    for stride, dilation, kernel in [(1, 2, [[1, 2, 3]]), (3, 5, [[1, 2]] * 4), (2, 1, [[7]])]:
        widget = ImageFilter(kernel=kernel, stride=stride, dilation=dilation, border=border)
        assert tuple(eval(widget.code, names).shape[2:]) == widget.output_size


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"preset": "blurr"}, ValueError, "preset='blurr' is no preset: use one of ['blur',"),
        ({"kernel": [[1] * 6]}, ValueError, "kernel has 1 × 1 × 6 numbers"),
        ({"kernel": [[0.5]]}, TypeError, "a number of kernel=0.5 must be an integer"),
        ({"divisor": 257}, ValueError, "divisor=257 must be from 1 to 256: use 256"),
        ({"divisor": 0}, ValueError, "divisor=0 must be from 1 to 256: use 1"),
        ({"border": "reflect"}, ValueError, "border='reflect' is unknown: use one of ('zeros',"),
        ({"shift": -1}, ValueError, "shift=-1 must be from 0 to 32: use 0"),
    ],
)
def test_what_the_filter_cannot_show_is_refused_in_words(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        ImageFilter(**arguments)


def test_the_separable_cube_gives_the_known_answers():
    for case in CASES["separable"]:
        keys = ("padding", "dilation", "relu")
        cube = SeparableCube(*(case[key] for key in keys))
        if "first" in case:
            assert cube.pointwise[0] == case["first"]
            continue
        assert (cube.depthwise, cube.pointwise) == (case["depthwise"], case["pointwise"])
        assert bool(cube.problem) == (case["depthwise"] is None)
    assert len(CASES["separable"]) >= 5


@pytest.mark.parametrize("relu", [False, True])
def test_the_cubes_two_steps_are_one_standard_layer_unless_a_relu_is_between(relu):
    cube = SeparableCube("same", 3, relu)
    assert (cube.pointwise == cube.standard) == (not relu)
    assert SeparableCube("same").readouts["products-standard"] == str(16 * 2 * 3 * 9)
    assert SeparableCube("same").readouts["products-separable"] == str(16 * (3 * 9 + 2 * 3))
    x, kernels, weights = (torch.from_numpy(n).float() for n in (IMAGE, KERNELS, POINTWISE))
    names = {"F": torch.nn.functional, "torch": torch, "x": x, "kernels": kernels, "P": weights}
    assert eval(cube.code, names).tolist() == cube.pointwise


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"padding": "full"},
            ValueError,
            "padding='full' is unknown: use one of ('valid', 'same')",
        ),
        ({"dilation": 4}, ValueError, "dilation=4 must be from 1 to 3: use 3"),
        ({"relu": 1}, TypeError, "relu=1 must be True or False"),
    ],
)
def test_what_the_cube_does_not_have_is_refused_in_words(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        SeparableCube(**arguments)


def test_the_cost_calculator_gives_the_published_numbers():
    """224 × 224 and 16 outputs: 5.76 times fewer MACs; 256 outputs: 8.69 times."""
    first = CostCalculator(3, 16, 3, 224, 224).readouts
    assert (first["parameters-standard"], first["parameters-separable"]) == ("448", "94")
    assert (first["macs-standard"], first["macs-separable"]) == ("21676032", "3763200")
    assert first["ratio"] == "0.174"
    middle = CostCalculator(64, 128, 3, 56, 56, multiplier=2).readouts
    assert (middle["parameters-standard"], middle["macs-standard"]) == ("73856", "231211008")
    assert middle["macs-separable"] == str(56 * 56 * (9 * 64 * 2 + 64 * 2 * 128))
    assert 1 / float(CostCalculator(256, 256, 3, 14, 14).readouts["ratio"]) == pytest.approx(
        8.69, abs=0.05
    )
    wide = CostCalculator(128, 128, 3, 56, 56).readouts
    found = [wide[f"intensity-{layer}"] for layer in ("depthwise", "pointwise", "standard")]
    assert found == ["2.246", "31.355", "243.278"]


def test_dilation_costs_nothing_and_the_line_of_code_is_the_cost():
    plain, dilated = (CostCalculator(6, 9, 4, 7, 5, 2, 3, dilation=d) for d in (1, 5))
    assert plain.readouts == dilated.readouts
    names = {"ConvSpec": ConvSpec, "conv_cost": conv_cost, "separable_cost": separable_cost}
    for one in (plain, dilated):
        assert eval(one.code, names) == (one.standard, one.separable)
    assert one.standard.output_shape == (1, 9, 7, 5)
    assert one.readouts["ratio"] == f"{3 * separable_ratio(4, 9, channel_multiplier=2):.3f}"


def test_groups_that_do_not_divide_are_explained():
    widget = CostCalculator(12, 18, groups=5)
    assert "5 groups must divide both 12 and 18 channels" in widget.problem
    assert widget.problem.endswith("What helps: 3 groups.")
    assert (widget.readouts["ratio"], widget.readouts["macs-separable"]) == ("none", "194400")
    with pytest.raises(ValueError, match="multiplier=9 must be from 1 to 8: use 8"):
        CostCalculator(multiplier=9)
