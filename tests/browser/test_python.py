"""Python in the page, from disk: cells and exercises run, stop, explain, keep what was typed."""

from __future__ import annotations

import json

import pytest
from book_site import DESKTOP, HTML, ROOT, SMALL_PHONE
from playwright.sync_api import Locator, Page, expect

from dsconv_lib.exercises.framework import verdict

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => (await axe.run(".python-panel", { preload: false })).violations
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)"""
WIDER_THAN_THE_PAGE = """() => [...document.querySelectorAll(".python-panel, .python-panel *")]
  .filter((el) => el.checkVisibility() && el.getBoundingClientRect().right > innerWidth)
  .map((el) => el.outerHTML.slice(0, 80))"""
PATIENCE = 90_000  # Python starts within seconds; on a machine with much else to do, within more
CHAPTER = "notebooks/02_output_size.html"

HEADER = "def my_output_size(size, kernel_size, stride=1, padding=0, dilation=1):\n"
ANSWERS = {
    "empty": f"{HEADER}    return ...\n",
    "wrong": f"{HEADER}    return (size + 2 * padding - kernel_size) // stride + 1\n",
    "right": f"{HEADER}    free = size + 2 * padding - dilation * (kernel_size - 1) - 1\n"
    "    if free < 0:\n        raise ValueError\n    return free // stride + 1\n",
}


def stored(number: int) -> str:
    """What the stored notebook shows below a cell that runs in the page."""
    notebook = json.loads((ROOT / CHAPTER).with_suffix(".ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if "python" in cell["metadata"].get("tags", [])]
    return "".join(cells[number]["outputs"][0]["text"]).strip()


def open_cell(page: Page, number: int) -> Locator:
    """Open a cell that runs in the page; gives its panel."""
    cell = page.locator(".cell.tag_python").nth(number)
    cell.get_by_role("button", name="Edit and run").click()
    panel = cell.locator(".python-panel")
    expect(panel).to_have_attribute("data-editor", "")
    return panel


def run(panel: Locator) -> str:
    """Run what a panel holds; gives all that it shows then."""
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel).not_to_have_attribute("aria-busy", "true", timeout=PATIENCE)
    return (panel.locator(".python-output").text_content() or "").strip()


def write(panel: Locator, code: str) -> None:
    """Replace the code in a panel's editor."""
    panel.get_by_role("textbox").fill(code)


def code_of(panel: Locator) -> str:
    """The code in a panel's editor."""
    return panel.get_by_role("textbox").inner_text().rstrip("\n")


def stop_endless_loop(panel: Locator) -> str:
    """Run a loop without end and stop it; gives all that is shown then."""
    write(panel, "print('begun')\nwhile True:\n    pass")
    panel.get_by_role("button", name="Run", exact=True).click()
    expect(panel.locator(".python-output")).to_have_text("begun\n", timeout=PATIENCE)
    panel.get_by_role("button", name="Stop").click()
    expect(panel).not_to_have_attribute("aria-busy", "true")
    return (panel.locator(".python-output").text_content() or "").strip()


def test_cells_of_a_page_run_share_names_stop_and_explain(visit):
    with visit(CHAPTER, "file") as page:
        second = open_cell(page, 1)
        original = code_of(second)
        write(second, "print(starts)")
        assert run(second) == "[0, 1, 2, 3, 4]", "the cell above did not run first"
        write(second, original)
        assert run(second) == stored(1)
        write(second, "n = 3\nprint('so far')\nn / 0")
        assert run(second) == "so far\nLine 3: n / 0\nZeroDivisionError: division by zero"
        assert second.locator(".python-fault").inner_text() == "n / 0"
        write(second, "torch.ones(3)")
        assert "'torch' does not run in this page" in run(second)
        link = second.get_by_role("link", name="download it").get_attribute("href")
        assert (HTML / CHAPTER).parent.joinpath(link).resolve().is_file(), link
        assert stop_endless_loop(second) == "begun\nStopped."
        write(second, "print(len(starts))")
        assert run(second) == "5", "after a stop the cell above did not run again"


def test_what_was_typed_stays_until_it_is_thrown_away(visit):
    with visit(CHAPTER, "file") as page:
        panel = open_cell(page, 1)
        original = code_of(panel)
        write(panel, "print('mine')")
        page.reload()
        panel = page.locator(".cell.tag_python").nth(1).locator(".python-panel")
        expect(panel).to_have_attribute("data-editor", "")
        assert code_of(panel) == "print('mine')"
        panel.get_by_role("button", name="Start over").click()
        assert code_of(panel) == original
        page.reload()
        expect(page.locator(".cell.tag_python").nth(1)).to_be_visible()
        assert page.locator(".python-panel").count() == 0, "the thrown away text came back"


def test_nothing_is_loaded_before_it_is_needed(visit):
    with visit(CHAPTER) as page:
        loaded = "() => performance.getEntriesByType('resource').map(({ name }) => name)"
        names = page.evaluate(loaded)
        assert any("python-page" in name for name in names)
        assert not any("python-editor" in name or "python-runtime" in name for name in names)
        open_cell(page, 1)
        names = page.evaluate(loaded)
        assert any("python-editor" in name for name in names)
        assert not any("python-runtime" in name for name in names)


def test_tab_leaves_the_editor_and_it_says_so(visit):
    with visit(CHAPTER, "file") as page:
        panel = open_cell(page, 1)
        box = panel.get_by_role("textbox", name="Python code, cell 2")
        described = box.get_attribute("aria-describedby")
        assert "Tab leaves" in page.locator(f"#{described}").inner_text()
        before = code_of(panel)
        expect(box).to_be_focused()
        page.keyboard.press("Tab")
        expect(panel.get_by_role("button", name="Run", exact=True)).to_be_focused()
        assert code_of(panel) == before


@pytest.mark.parametrize("width", [DESKTOP, SMALL_PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panel_is_accessible_and_fits(visit, theme, width):
    with visit(CHAPTER, "file", theme=theme, width=width) as page:
        panel = open_cell(page, 1)
        long = "# a comment\nif True:\n    print('a string', 1 + 2, len(" + "'x' * 9, " * 12 + "))"
        write(panel, long)
        page.add_script_tag(path=AXE)
        assert page.evaluate(RUN_AXE) == []
        assert page.evaluate(WIDER_THAN_THE_PAGE) == []


def test_an_exercise_is_judged_as_in_the_notebook(visit):
    with visit(CHAPTER, "file") as page:
        root = page.locator("[data-exercise='02-5']")
        root.scroll_into_view_if_needed()
        panel = root.locator(".python-panel")
        expect(panel).to_have_attribute("data-editor", "")
        words = []
        for code in ANSWERS.values():
            write(panel, code)
            assert run(panel) == ""
            namespace: dict[str, object] = {}
            exec(code, namespace)
            words.append(root.locator("[data-verdict]").inner_text())
            assert words[-1] == verdict("02-5", namespace["my_output_size"])
        assert len(set(words)) == 3
        expect(page.locator("[data-done]")).to_have_text("1 of 7 exercises done")
        write(panel, f"{HEADER}    return siz\n")
        assert run(panel).startswith("Line 2: return siz\nNameError")
        assert "NameError" in root.locator("[data-verdict]").inner_text()
        page.reload()
        root.scroll_into_view_if_needed()
        expect(panel).to_have_attribute("data-editor", "")
        assert "return siz" in code_of(panel)
