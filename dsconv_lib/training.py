"""Train a small classifier, the same way on every machine."""

import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["History", "accuracy", "device", "fit"]


@dataclass(frozen=True)
class History:
    """What happened during training, one value per epoch.

    Attributes
    ----------
    loss : tuple of float
        Mean cross-entropy over the epoch's batches, in nats.
    accuracy : tuple of float
        Share of training examples that were right when they were met, 0 to 1.
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]


def device() -> torch.device:
    """Say where to compute: ``DSCONV_DEVICE`` if it is set, else the GPU if there is one.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If ``DSCONV_DEVICE`` names no device.
    """
    name = os.environ.get("DSCONV_DEVICE", "")
    if not name:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ValueError(
            f"DSCONV_DEVICE={name!r} names no device; set it to 'cpu', 'cuda' or 'cuda:0'."
        ) from error


def fit(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    *,
    epochs: int = 10,
    batch_size: int = 50,
    learning_rate: float = 3e-3,
    seed: int = 0,
) -> History:
    """Train a classifier with Adam on cross-entropy, in place.

    The order of the examples is drawn on the CPU from a generator of its own, so it is the same on
    every device and leaves torch's global generator alone.

    Parameters
    ----------
    model : nn.Module
        Gives logits (N, classes); left in training mode.
    inputs : Tensor, shape (N, ...)
        On the model's device.
    labels : Tensor, shape (N,)
        Class numbers, integers, on the model's device.
    epochs : int
        Passes over the data, at least 1.
    batch_size : int
        Examples per step; the last batch of an epoch may be smaller.
    learning_rate : float
        Adam's step size.
    seed : int
        Of the order of the examples.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If ``epochs`` or ``batch_size`` is below 1, or inputs and labels differ in number.
    """
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if value < 1:
            raise ValueError(f"{name}={value} trains nothing; use at least 1.")
    _refuse_unequal(inputs, labels)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    losses, hits = [], []
    model.train()
    for _ in range(epochs):
        loss_sum, right = 0.0, 0
        for chosen in torch.randperm(len(inputs), generator=generator).split(batch_size):
            batch, truth = inputs[chosen], labels[chosen]
            logits = model(batch)
            loss = F.cross_entropy(logits, truth)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss_sum += loss.item() * len(chosen)
            right += int((logits.argmax(1) == truth).sum())
        losses.append(loss_sum / len(inputs))
        hits.append(right / len(inputs))
    return History(tuple(losses), tuple(hits))


@torch.no_grad()
def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Share of examples whose largest logit stands at their label.

    The model is put into evaluation mode and left there.

    Parameters
    ----------
    model : nn.Module
        Gives logits (N, classes).
    inputs : Tensor, shape (N, ...)
    labels : Tensor, shape (N,)

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        If inputs and labels differ in number.
    """
    _refuse_unequal(inputs, labels)
    model.eval()
    return float((model(inputs).argmax(1) == labels).double().mean())


def _refuse_unequal(inputs: Tensor, labels: Tensor) -> None:
    """Raise ValueError unless there is one label per input."""
    if len(inputs) != len(labels):
        raise ValueError(
            f"There are {len(inputs)} inputs and {len(labels)} labels; give one label per input."
        )
