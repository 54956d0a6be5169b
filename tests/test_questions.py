"""Questions in the page: the page's judge says what Python says, and answers wait for a guess."""

import json
import re
import subprocess
from itertools import groupby
from pathlib import Path

import nbformat
import pytest
from sphinx.errors import ExtensionError
from test_exercises import ANSWERS, FORMS, TESTS

import questions
from dsconv_lib.exercises import framework, page, predict
from dsconv_lib.exercises.forms import Form
from dsconv_lib.exercises.framework import verdict
from offline_assets import node_binary

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
PREDICTIONS = [name for chapter in framework.chapters() for name in framework.predictions(chapter)]
GUESSES = {name: guesses for test in TESTS.values() for name, guesses in test.GUESSES.items()}


# The page's judge


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """Judge typed answers with the page's script, in Node: (name, question, typed) each."""
    module = tmp_path_factory.mktemp("judge") / "judge.mjs"
    module.write_text(page.script("judge.js") + "\nexport { unseal, verdict };\n")

    def run(cases):
        sealed = [(name, page.seal(name, question), typed) for name, question, typed in cases]
        command = [str(node_binary()), str(ROOT / "tests" / "js" / "ask.mjs"), str(module)]
        done = subprocess.run(
            command, input=json.dumps(sealed), capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return run


def typed(answer):
    """What somebody types into the page who writes this answer in a notebook; None if nobody."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list | tuple | range | set):
        parts = [typed(part) for part in answer]
        return None if None in parts else f"({', '.join(parts)})"
    if isinstance(answer, int | float) and not isinstance(answer, bool) and answer == answer:
        return str(answer)
    return None


def test_the_pages_judge_says_what_python_says(judge):
    cases = []
    for name, form in FORMS.items():
        right, wrong = ANSWERS[name]
        for answer in [*right, *(answer for answer, _ in wrong)]:
            text, said = typed(answer), verdict(name, answer)
            if text is not None and not re.search("but (this is an? |a set)", said):
                cases.append((name, page.question(name), text, said))
        assert form.judge(right[0]) is None
        missing = f"Not answered. This asks for {form.wants}."
        cases += [(name, page.question(name), text, missing) for text in ("", " ", "()", "[ ]")]
    for case, said in zip(cases, judge([case[:3] for case in cases]), strict=True):
        assert said["text"] == case[3], case
        told = {"Correct": True, "Not yet": False, "Not ans": None}
        assert said["right"] is told[case[3][:7]], case
    assert len(cases) > 10 * len(FORMS)


def test_every_count_is_judged_alike(judge):
    names = [name for name, form in FORMS.items() if form.kind in ("number", "decimal")]
    cases = [(name, page.question(name), str(n)) for name in names for n in range(-3, 260)]
    for (name, _, text), said in zip(cases, judge(cases), strict=True):
        assert said["text"] == verdict(name, int(text)), (name, text)


TYPED = [
    (Form("number", -5), ["-5", "−5", " -5 ", "-5.0", "-5,0", "(-5)", "-10/2"], ["5", "-5.5", "x"]),
    (
        Form("decimal", 0.5, within=0.01),
        ["0.5", "0,5", ".5", "1/2", "0.505"],
        ["0.6", "half", "2/1"],
    ),
    (Form("numbers", (3, 4)), ["3 4", "3,4", "[3; 4]", "3, 4,"], ["4 3", "3", "3 4 5", "3 x"]),
    (Form("numbers", (3, 4), ordered=False), ["4 3", "{3, 4}", "3 3 4"], ["3", "3 5", "5"]),
    (Form("choice", "b", options={"a": "", "b": ""}), ["b", "B", "(b)"], ["a", "ab", "z"]),
    (Form("choice", "ac", options=dict.fromkeys("abc", "")), ["ac", "c, a"], ["a", "abc", "b"]),
    (Form("mark", 4, cells=(2, 3)), ["4"], ["3", "9"]),
    # As the book prints numbers and sizes.
    (
        Form("number", 73856),
        ["73,856", "73 856 weights", "73'856", "O = 73,856", "73856 parameters", "73\u202f856"],
        ["231,612,416", "73.856", "73,85", "7,3856"],
    ),
    (Form("number", 8), ["8 px", "P = 8", "8 pixels", "8 groups"], ["8 apples", "= 8 x 8"]),
    (
        Form("numbers", (14016, 110592)),
        ["14,016 and 110,592", "14,016, 110,592", "14016 110592", "14 016; 110 592"],
        ["110,592 and 14,016", "14,016"],
    ),
    (Form("numbers", (1, 200)), ["1,200", "1, 200", "1 and 200", "1 200"], ["200, 1", "1"]),
    (Form("numbers", (2, 4)), ["2 x 4", "2×4", "2x4", "2 / 4", "2 and 4"], ["4 x 2", "2 by 4"]),
    (Form("numbers", (16, 3, 5, 5)), ["16x3x5x5", "(16, 3, 5, 5)"], ["16x5x5x3"]),
    (Form("mark", (4, 1), cells=(2, 3)), ["1, 4", "4 1"], ["4", "1, 2", "1 4 5"]),
]


@pytest.mark.parametrize(
    ("form", "right", "wrong"), TYPED, ids=lambda value: getattr(value, "kind", "")
)
def test_what_is_typed_is_read_in_every_form(judge, form, right, wrong):
    question = page._as_json(form, "")
    said = judge([("02-x", question, text) for text in [*right, *wrong]])
    assert [one["right"] for one in said] == [True] * len(right) + [False] * len(wrong)


def test_no_answer_stands_in_a_pages_questions_as_plain_text():
    for name in [*FORMS, *PREDICTIONS]:
        question = page.question(name)
        sealed = page.seal(name, question)
        assert re.fullmatch(r"[\w+/=]+", sealed)
        assert max(question["why"].split(), key=len) not in sealed


# Predictions


def test_every_prediction_is_in_the_tables():
    assert list(GUESSES) == PREDICTIONS
    assert all(right and len(wrong) >= 2 for right, wrong in GUESSES.values())


@pytest.mark.parametrize("name", PREDICTIONS)
def test_guesses_are_right_or_not(name, judge):
    right, wrong = GUESSES[name]
    form = framework.find_prediction(name).form
    assert [form.judge(guess) for guess in right] == [None] * len(right)
    assert None not in [form.judge(guess) for guess in wrong]
    cases = [(name, page.question(name), typed(guess)) for guess in [*right, *wrong]]
    found = [said["right"] for said in judge(cases)]
    assert found == [True] * len(right) + [False] * len(wrong)


def cells_of(path):
    return nbformat.read(path, as_version=4).cells


def asked_in(cell):
    """The prediction that a cell asks, or an empty text."""
    found = re.fullmatch(r'predict\("([\w-]+)"\)', cell.source)
    return found[1] if found and cell.cell_type == "code" else ""


@pytest.mark.parametrize("chapter", NOTEBOOKS)
def test_each_prediction_is_asked_once_after_its_question_and_hides_its_answer(chapter):
    cells = cells_of(NOTEBOOKS[chapter])
    asked = [name for cell in cells if (name := asked_in(cell))]
    known = framework.predictions(chapter) if chapter in framework.chapters() else []
    assert asked == known
    runs = [(name, list(group)) for name, group in groupby(cells, questions.revealed_by) if name]
    assert [name for name, _ in runs] == asked, (
        "the cells that show an answer follow their question"
    )
    for place, cell in enumerate(cells):
        if not (name := asked_in(cell)):
            assert "predict(" not in cell.source, cell.source
            continue
        assert "remove-input" in cell.metadata.tags, name
        question = cells[place - 1]
        assert question.cell_type == "markdown", name
        assert re.search(r"(^|\n\n)\*\*Predict\.\*\* ", question.source), name
        assert "<details>" not in question.source.split("**Predict.** ")[-1], name
        assert questions.revealed_by(cells[place + 1]) == name, (
            "the answer begins after the question"
        )
    for name, shown in runs:
        assert not [cell for cell in shown if questions.HEADING.search(cell.source)], name
        texts = [cell for cell in shown if cell.cell_type == "markdown"]
        code = [cell for cell in shown if cell.cell_type == "code"]
        assert any(cell.outputs for cell in code) or any("<details>" in t.source for t in texts), (
            name
        )
        for cell in code:
            assert cell.metadata.jupyter.outputs_hidden is True, f"{name}: {cell.source}"


def test_the_options_of_a_choice_can_be_read_without_a_kernel(monkeypatch):
    form = Form("choice", "b", options={"a": "one < two", "b": "two"})
    monkeypatch.setitem(framework._PREDICTIONS, "02-pair", framework.Prediction(form, "So."))
    html = predict("02-pair")._repr_mimebundle_()[0]["text/html"]
    assert "a: one &lt; two<br>b: two<br><em>" in html


def test_a_prediction_in_a_notebook_is_one_line_without_a_kernel():
    widget = predict("02-places")
    assert repr(widget) == "predict('02-places')"
    html = widget._repr_mimebundle_()[0]["text/html"]
    assert html.startswith('<div class="dsconv-question" data-prediction="02-places"><em>')
    assert len(re.sub("<.*?>", "", html)) < 80
    with pytest.raises(ValueError, match="name='02-1' is no prediction; there are 02-second"):
        predict("02-1")


# What the book's build makes of a notebook


def markdown(source, *tags):
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)}, "source": source}


def code(source, *tags):
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}


def test_what_shows_an_answer_is_in_one_fold_with_open_folds_inside():
    answer = "<details>\n<summary>Answer</summary>\n\nFive.\n\n</details>"
    cells = [
        markdown("# 2 T\n\nText"),
        code('predict("02-places")'),
        markdown(answer, "reveal-02-places"),
        code("5", "reveal-02-places"),
        code("6"),
    ]
    made = questions.prepared(cells, "notebooks/x")
    texts = [cell["source"] for cell in made]
    assert texts[2].startswith('<details class="reveal" data-reveal="02-places">\n<summary>')
    assert texts[3] == answer.replace("<details>", "<details open>")
    assert texts[4:] == ["5", "</details>", "6"]
    assert len({cell["id"] for cell in made}) == len(made)
    assert cells[2]["source"] == answer


def test_a_heading_in_an_answer_is_refused():
    with pytest.raises(ExtensionError, match="02-places: a heading cannot"):
        questions.prepared([markdown("Text\n## More", "reveal-02-places")], "notebooks/x")


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("02-4", {"data-verdict"}),
        ("02-3", {"data-verdict", "data-python", "data-starter"}),
        ("08-4", {"data-elsewhere", "data-colab"}),
    ],
)
def test_an_exercise_gets_a_root_of_its_kind(name, marks):
    source = f'def f():\n    return ...\n\n\ncheck("{name}", f)'
    made = questions.prepared([markdown("# 2 Title\n\nText"), code(source)], "notebooks/x")
    title, root, cell, end = (one["source"] for one in made)
    assert f'data-exercise="{name}"' in root
    assert set(re.findall(r"data-(?!exercise)[a-z]+", root + end)) == marks
    assert cell == source
    assert end.endswith("</div>")
    assert title.startswith('# 2 Title\n\n<div class="progress-line" data-progress=')
    assert title.endswith("</div>\n\nText")
    if "data-starter" in marks:
        starter = re.search(r'data-starter="">(.*)</script>', root)[1]
        assert json.loads(starter) == "def f():\n    return ...\n"


def test_the_script_of_the_page_is_classic():
    files = questions.Files()
    files.prepare(type("App", (), {"config": type("Config", (), {})()}))
    assert not re.search(r"^(import|export) ", files.script, re.MULTILINE)
    assert re.fullmatch(r"questions\.[0-9a-f]{12}\.js", files.script_name)
    subprocess.run([str(node_binary()), "--check", "-"], input=files.script, text=True, check=True)
    assert "Not answered." in files.script
