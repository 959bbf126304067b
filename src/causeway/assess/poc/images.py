"""Does the app show the model images as the training did, and name the classes as it counted them."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc

SAID = {
    "rescale": "the training divides every pixel by 255 (rescale), the app does not, so the model gets "
    "numbers 255 times larger",
    "preprocess": "the training scales pixels by preprocess_input, the app divides them by 255 instead",
    "normalised": "the app normalises pixels by a mean and a spread, the training does not",
    "raw": "the training normalises pixels by a mean and a spread, the app does not",
    "colours": "the app opens images with OpenCV, blue first, and never turns them; the training read them "
    "red first",
}


def judge(poc: Poc) -> Iterator[Finding]:
    """Pixels on another scale, colours in another order, classes by other names."""
    yield from _pixels(poc)
    yield from _classes(poc)


def _pixels(poc: Poc) -> Iterator[Finding]:
    learned = {s.value: s.at for s in poc.seen("pixels_learned")}
    for sighting in {s.value: s for s in reversed(poc.seen("pixels_differ"))}.values():
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app shows the model other images than it learned from: {SAID[sighting.value]}.",
            Remedy("Put the preparation into the model, or call one function of it on both sides."),
            (sighting.at, learned[sighting.value]),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )


def _classes(poc: Poc) -> Iterator[Finding]:
    counted = poc.seen("classes_counted")
    for sighting in poc.seen("classes_differ")[:1]:
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"The app names the classes in another order ({sighting.value}, ...) than the training numbered "
            f"them, which was the alphabet's ({sighting.detail}, ...): answers carry wrong names.",
            Remedy("Save the names with the model in the training's order, and read them in the app."),
            (sighting.at, *(s.at for s in counted[:1])),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )
