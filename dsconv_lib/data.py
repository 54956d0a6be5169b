"""Data that need no download: drawn from a seed, or brought along by a package."""

import numpy as np

__all__ = ["near_and_far", "photograph"]

PHOTOGRAPHS = {"temple": "china.jpg", "flower": "flower.jpg"}
"""Names of the photographs, and the files of scikit-learn that hold them."""


def photograph(name: str = "temple", size: tuple[int, int] | None = None) -> np.ndarray:
    """Grey photograph that comes with scikit-learn.

    Parameters
    ----------
    name : {"temple", "flower"}
        Which one.
    size : (int, int), optional
        Rows and columns; the middle of the photograph is cut to this shape and averaged down. All
        of it, 427 × 640, if not given.

    Returns
    -------
    array of float32, shape (rows, columns)
        Grey values, 0 (black) to 1 (white): the mean of red, green and blue.

    Raises
    ------
    ValueError
        If there is no photograph of that name, or ``size`` is not 1 to 427 rows and 1 to 640
        columns.

    Examples
    --------
    >>> photograph("temple", (96, 144)).shape
    (96, 144)
    """
    from PIL import Image
    from sklearn.datasets import load_sample_image

    if name not in PHOTOGRAPHS:
        known = " or ".join(f'"{each}"' for each in PHOTOGRAPHS)
        raise ValueError(f"name={name!r} is no photograph of this book: use {known}")
    pixels = load_sample_image(PHOTOGRAPHS[name]).mean(axis=-1) / 255
    picture = Image.fromarray(pixels.astype(np.float32))
    height, width = pixels.shape
    if size is None:
        return np.array(picture)
    rows, columns = size
    if not (1 <= rows <= height and 1 <= columns <= width):
        raise ValueError(
            f"size={size} must lie within the photograph's {height} rows and {width} columns: "
            f"use for example size=({height // 4}, {width // 4})"
        )
    scale = min(height / rows, width / columns)
    top, left = (height - rows * scale) / 2, (width - columns * scale) / 2
    box = (left, top, left + columns * scale, top + rows * scale)
    return np.array(picture.resize((columns, rows), Image.Resampling.BOX, box))


def near_and_far(
    count: int,
    *,
    size: int = 13,
    near: float = 1,
    far: float = 5,
    noise: float = 0.25,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Noise images with two blobs: one near the middle, one far from it.

    A blob is a patch of 3×3 pixels, bright (+1) or dark (-1) with equal chance, whose middle lies
    in a random direction at a given distance from the middle of the image. The two blobs know
    nothing of each other, so the same images serve two questions: is the near blob bright, and is
    the far one?

    Parameters
    ----------
    count : int
        Number of images N.
    size : int
        Side of the images in pixels; odd, so that there is a middle pixel.
    near, far : float
        Distances of the blobs, in pixels.
    noise : float
        Standard deviation of the noise.
    seed : int
        Of the generator.

    Returns
    -------
    images : array of float64, shape (N, 1, size, size)
    bright : array of int64, shape (N, 2)
        1 where the blob is bright, 0 where it is dark: near, far.

    Raises
    ------
    ValueError
        If ``size`` is even or a blob could leave the image.
    """
    middle = size // 2
    if size % 2 == 0:
        raise ValueError(f"size={size} is even, so no pixel is in the middle; use an odd size.")
    for name, distance in (("near", near), ("far", far)):
        if not 0 <= distance <= middle - 1:
            raise ValueError(
                f"{name}={distance} puts blobs outside an image of size={size}; "
                f"use a distance from 0 to {middle - 1}."
            )
    generator = np.random.default_rng(seed)
    images = generator.normal(0.0, noise, (count, 1, size, size))
    bright = generator.integers(0, 2, (count, 2))
    each = np.arange(count)
    for blob, distance in enumerate((near, far)):
        angle = generator.uniform(0.0, 2 * np.pi, count)
        row = np.rint(middle + distance * np.sin(angle)).astype(int)
        column = np.rint(middle + distance * np.cos(angle)).astype(int)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                images[each, 0, row + down, column + right] += 2 * bright[:, blob] - 1
    return images, bright
