"""The page about networks of others: is it up to date, and does what makes it see faults?"""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks" / "company"))
import compare  # noqa: E402
import foreign  # noqa: E402
import truth  # noqa: E402

PAGE = (ROOT / "book" / "api" / "company.md").read_text()
TEMPLATE = (ROOT / "benchmarks" / "company" / "page.md").read_text()
LISTED = foreign.networks()


def test_page_shows_every_network_under_its_package():
    shown = []
    for heading, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S):
        rows = re.findall(r"^\| (?!---|network|operation|`)([^|]+?) \|", body, re.M)
        shown += [(heading, name) for name in rows]
    assert shown == [(network.package, network.name) for network in LISTED]


def test_at_least_sixty_networks_each_named_once():
    assert len(LISTED) >= 60
    assert len({(network.package, network.name) for network in LISTED}) == len(LISTED)


def test_page_says_what_the_template_says():
    around = [part for part in map(str.strip, re.split(r"\$\w+", TEMPLATE)) if part]
    places = [PAGE.index(part) for part in around]
    assert places == sorted(places)
    assert PAGE.startswith(around[0][:100])


def test_page_was_made_with_the_pinned_versions():
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", _requirements(), re.M))
    locked = dict(re.findall(r"^(\S+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.M))
    shown = re.search(r"writes this page \((.+?)\)\.", PAGE)[1]
    for name, version in (entry.split(" ") for entry in shown.split(", ")):
        assert (pinned | locked)[name] == version


def test_every_package_is_pinned():
    pinned = re.findall(r"^([\w-]+)==", _requirements(), re.M)
    assert {network.package for network in LISTED} <= {*pinned}


def _requirements():
    return (ROOT / "benchmarks" / "company" / "requirements.txt").read_text()


def network(build, shape=(2, 2, 9, 11), small=(1, 2, 9, 11)):
    return foreign.Network("here", "it", build, shape, small)


def conv():
    return nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU())


def test_what_agrees_has_no_fault():
    found = compare.compare(network(conv))
    assert found.faults == []
    assert found.macs == (2 * 3 * 2 * 9 * 9 * 11,) * 2
    assert (found.size, found.wider) == ((3, 3), "")


class Counting(nn.Module):
    """Keeps a tensor of the first input that it meets."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def forward(self, x):
        return x * self.kept.setdefault("it", torch.ones(x.shape[-1]))


def test_a_changed_module_is_seen():
    module = Counting()
    before = truth.state(module)
    assert truth.state(module) == before
    module(torch.rand(1, 2, 3))
    assert truth.state(module) != before


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([[1, 1, 0], [0, 1, 1]], ""),
        ([[1, 1, 1], [0, 1, 1]], "wider"),
        ([[1, 0, 0], [0, 1, 1]], "too small"),
    ],
)
def test_verdicts(rows, verdict):
    reads = np.zeros((3, 1, 4, 2), dtype=bool)  # positions × (1, 4, 2) outputs
    for output, positions in enumerate([(0, 1), (1, 2)]):
        reads[list(positions), :, :, output] = True
    assert compare.against(np.array(rows, dtype=bool), reads) == verdict


def test_nan_spread_as_far_as_a_kernel():
    reads = truth.spread(nn.Conv2d(2, 3, (3, 1), padding=(1, 0)), torch.rand(1, 2, 5, 4), 0)
    assert reads.shape == (5, 1, 3, 5, 4)
    seen = reads.any(axis=(1, 2, 4)).T
    assert (seen == (abs(np.subtract.outer(range(5), range(5))) <= 1)).all()


def test_products_that_pytorch_leaves_out_are_counted():
    class Product(nn.Module):
        def forward(self, x):
            return x @ torch.ones(7)

    assert truth.macs(Product(), torch.rand(5, 7)) == 35
