"""Code in a fresh process: what it prints, what it raises, and what it leaves behind."""

import pytest
from fresh import run


def test_what_is_printed_is_returned_and_pytorch_is_there():
    assert run("import sys; print('torch' in sys.modules, 'numpy' in sys.modules)") == "True True\n"


def test_one_run_leaves_nothing_to_the_next():
    run("import dsconv_lib, os; os.environ['DSCONV_LEFT'] = '1'", DSCONV_GIVEN="2")
    assert run("import os; print({'DSCONV_LEFT', 'DSCONV_GIVEN'} & {*os.environ})") == "set()\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("assert 1 + 1 == 3", "AssertionError"),
        ("import sys; sys.exit(1)", "SystemExit: 1"),
        ("import warnings; warnings.warn('old')", "UserWarning: old"),
        ("import os; os._exit(3)", "the process ended with 3"),
    ],
)
def test_what_goes_wrong_fails_the_test(code, message):
    with pytest.raises(AssertionError, match=message):
        run(code)
