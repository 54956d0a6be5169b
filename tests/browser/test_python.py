"""Python in the page, from disk: cells and exercises run, stop, explain, keep what was typed."""

from __future__ import annotations

import json

import pytest
from book_site import DESKTOP, HTML, ROOT, SMALL_PHONE
from playwright.sync_api import Locator, Page, expect
from written import WRITTEN

from dsconv_lib.exercises.framework import verdict

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => (await axe.run(".python-panel", { preload: false })).violations
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)"""
WIDER_THAN_THE_PAGE = """() => [...document.querySelectorAll(".python-panel, .python-panel *")]
  .filter((el) => el.checkVisibility() && el.getBoundingClientRect().right > innerWidth)
  .map((el) => el.outerHTML.slice(0, 80))"""
PATIENCE = 90_000  # Python starts within seconds; on a machine with much else to do, within more
CHAPTER = "notebooks/02_output_size.html"
PAGES = {
    "02": CHAPTER,
    "08": "notebooks/08_receptive_field.html",
    "09": "notebooks/09_dilation.html",
}
expect.set_options(timeout=30_000)  # on a busy machine an editor needs more than 5 s
FOLDED, SAME, TENSORFLOW = 1, 2, 4  # chapter 2's cells that run in the page, by their place


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
        cell = open_cell(page, TENSORFLOW)
        original = code_of(cell)
        write(cell, "print(K, D, P)")
        assert run(cell) == "5 2 2", "the cell above did not run first"
        write(cell, original)
        assert run(cell) == stored(TENSORFLOW)
        write(cell, "n = 3\nprint('so far')\nn / 0")
        assert run(cell) == "so far\nLine 3: n / 0\nZeroDivisionError: division by zero"
        assert cell.locator(".python-fault").inner_text() == "n / 0"
        write(cell, "torch.ones(3)")
        assert "'torch' does not run in this page" in run(cell)
        link = cell.get_by_role("link", name="download it").get_attribute("href")
        assert (HTML / CHAPTER).parent.joinpath(link).resolve().is_file(), link
        assert stop_endless_loop(cell) == "begun\nStopped."
        write(cell, "print(size)")
        assert run(cell) == "56", "after a stop the cell above did not run again"


def test_a_cell_that_shows_an_answer_runs_once_the_answer_is_shown(visit):
    with visit(CHAPTER, "file", reveal=False) as page:
        cell = page.locator(".cell.tag_python").nth(FOLDED)
        expect(cell).to_be_hidden()
        question = page.locator("[data-prediction='02-neighbours']")
        question.get_by_role("button", name="Show it").click()
        assert run(open_cell(page, FOLDED)) == stored(FOLDED)


def test_what_was_typed_stays_until_it_is_thrown_away(visit):
    with visit(CHAPTER, "file") as page:
        panel = open_cell(page, SAME)
        original = code_of(panel)
        write(panel, "print('mine')")
        page.reload()
        panel = page.locator(".cell.tag_python").nth(SAME).locator(".python-panel")
        expect(panel).to_have_attribute("data-editor", "")
        assert code_of(panel) == "print('mine')"
        panel.get_by_role("button", name="Start over").click()
        assert code_of(panel) == original
        page.reload()
        expect(page.locator(".cell.tag_python").nth(SAME)).to_be_visible()
        assert page.locator(".tag_python .python-panel").count() == 0, (
            "the thrown away text came back"
        )


def test_nothing_is_loaded_before_it_is_needed(visit):
    with visit(CHAPTER) as page:
        loaded = "() => performance.getEntriesByType('resource').map(({ name }) => name)"
        names = page.evaluate(loaded)
        assert any("python-page" in name for name in names)
        assert not any("python-editor" in name or "python-runtime" in name for name in names)
        open_cell(page, SAME)
        names = page.evaluate(loaded)
        assert any("python-editor" in name for name in names)
        assert not any("python-runtime" in name for name in names)


def test_tab_leaves_the_editor_and_it_says_so(visit):
    with visit(CHAPTER, "file") as page:
        panel = open_cell(page, SAME)
        box = panel.get_by_role("textbox", name=f"Python code, cell {SAME + 1}")
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
        panel = open_cell(page, SAME)
        long = "# a comment\nif True:\n    print('a string', 1 + 2, len(" + "'x' * 9, " * 12 + "))"
        write(panel, long)
        page.add_script_tag(path=AXE)
        assert page.evaluate(RUN_AXE) == []
        assert page.evaluate(WIDER_THAN_THE_PAGE) == []


@pytest.mark.parametrize("chapter", PAGES)
def test_a_function_is_judged_as_in_the_notebook(visit, chapter):
    with visit(PAGES[chapter], "file") as page:
        names = [name for name in WRITTEN if name.startswith(chapter)]
        for done, name in enumerate(names, 1):
            root = page.locator(f"[data-exercise='{name}']")
            panel, said = root.locator(".python-panel"), root.locator("[data-verdict]")
            root.scroll_into_view_if_needed()
            expect(panel).to_have_attribute("data-editor", "")
            starter = code_of(panel)
            right, wrong, _ = WRITTEN[name]
            for code in (starter, wrong, right):
                write(panel, code)
                assert run(panel) == ""
                assert said.inner_text() == verdict(name, defined(code))
            assert said.inner_text().startswith("Correct."), name
            expect(page.locator("[data-done]")).to_contain_text(f"{done} of ")


def defined(code: str) -> object:
    """The function that a reader's code defines."""
    namespace: dict[str, object] = {}
    exec(code, namespace)
    return list(namespace.values())[-1]


def test_a_function_that_fails_shows_its_line_and_is_kept(visit):
    with visit(CHAPTER, "file") as page:
        root = page.locator("[data-exercise='02-3']")
        panel = root.locator(".python-panel")
        root.scroll_into_view_if_needed()
        expect(panel).to_have_attribute("data-editor", "")
        header = code_of(panel).splitlines()[0]
        write(panel, f"{header}\n    return siz\n")
        assert run(panel).startswith("Line 2: return siz\nNameError")
        assert "NameError" in root.locator("[data-verdict]").inner_text()
        for _ in range(20):  # a busy browser may lose what was typed just before a page is left
            page.reload()
            root.scroll_into_view_if_needed()
            expect(panel).to_have_attribute("data-editor", "")
            if "return siz" in code_of(panel):
                break
            write(panel, f"{header}\n    return siz\n")
            expect(panel.get_by_role("textbox")).to_contain_text("return siz")
        assert "return siz" in code_of(panel)
