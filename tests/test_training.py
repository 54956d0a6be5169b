"""Training is repeatable, learns, and says where it computes."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dsconv_lib import training


def two_classes(count=60):
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    return inputs, (inputs @ torch.tensor([1.0, -2.0, 0.5]).double() > 0).long()


def linear():
    torch.manual_seed(2)
    return nn.Linear(3, 2).double()


def test_device_follows_the_variable(monkeypatch):
    monkeypatch.setenv("DSCONV_DEVICE", "cuda:1")
    assert training.device() == torch.device("cuda:1")
    monkeypatch.setenv("DSCONV_DEVICE", "cpu")
    assert training.device() == torch.device("cpu")


def test_device_takes_the_gpu_if_there_is_one(monkeypatch):
    monkeypatch.delenv("DSCONV_DEVICE", raising=False)
    for present, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda present=present: present)
        assert training.device().type == kind


def test_device_refuses_nonsense(monkeypatch):
    monkeypatch.setenv("DSCONV_DEVICE", "toaster")
    with pytest.raises(ValueError, match="DSCONV_DEVICE='toaster'"):
        training.device()


def test_fit_learns_and_records_every_epoch():
    inputs, labels = two_classes()
    model = linear()
    before = training.accuracy(model, inputs, labels)
    history = training.fit(model, inputs, labels, epochs=30, batch_size=7, learning_rate=0.05)
    assert len(history.loss) == len(history.accuracy) == 30
    assert history.loss[-1] < history.loss[0] / 2
    assert training.accuracy(model, inputs, labels) > max(before, 0.95)


def test_one_step_by_hand():
    # One batch with everything: the recorded loss is that of the weights before the step, and
    # Adam's first step moves every weight by the learning rate against its gradient's sign.
    inputs, labels = two_classes()
    model = linear()
    loss = F.cross_entropy(model(inputs), labels)
    loss.backward()
    expected = model.weight.detach() - 0.01 * model.weight.grad.sign()
    hits = (model(inputs).argmax(1) == labels).double().mean().item()
    history = training.fit(model, inputs, labels, epochs=1, batch_size=60, learning_rate=0.01)
    assert history.loss[0] == pytest.approx(loss.item())
    assert history.accuracy[0] == pytest.approx(hits)
    torch.testing.assert_close(model.weight.detach(), expected, rtol=0, atol=1e-7)


def test_a_small_last_batch_counts_by_its_size():
    # With no learning, the epoch's loss is the mean over examples whatever the batches are.
    inputs, labels = two_classes(50)
    history = training.fit(linear(), inputs, labels, epochs=1, batch_size=47, learning_rate=0.0)
    assert history.loss[0] == pytest.approx(F.cross_entropy(linear()(inputs), labels).item())


def test_fit_is_repeatable_and_leaves_the_global_generator_alone():
    inputs, labels = two_classes()
    runs = []
    for seed in (0, 0, 1):
        model = linear()
        state = torch.get_rng_state()
        runs.append(training.fit(model, inputs, labels, epochs=2, seed=seed))
        assert torch.equal(torch.get_rng_state(), state)
    assert runs[0] == runs[1] != runs[2]


def test_accuracy_uses_evaluation_mode():
    model = nn.Sequential(nn.Dropout(1.0), linear())
    inputs, _ = two_classes()
    labels = model[1](inputs).argmax(1)
    assert training.accuracy(model, inputs, labels) == 1.0


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_fit_refuses_nothing_to_do(name):
    inputs, labels = two_classes()
    with pytest.raises(ValueError, match=f"{name}=0"):
        training.fit(linear(), inputs, labels, **{name: 0})


def test_unequal_numbers_are_refused():
    inputs, labels = two_classes()
    with pytest.raises(ValueError, match="60 inputs and 59 labels"):
        training.fit(linear(), inputs, labels[1:])
    with pytest.raises(ValueError, match="60 inputs and 59 labels"):
        training.accuracy(linear(), inputs, labels[1:])
