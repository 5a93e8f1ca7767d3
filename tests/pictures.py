"""The handbooks' pictures, from what browser tests saved: `make pictures`."""

from pathlib import Path

from PIL import Image

from tests.browser import ROOT, SCREENSHOTS

PICTURES = {
    "story-why-it-came-1440": "why-it-came",
    "story-review-1440": "review",
    "story-rule-changed-1440": "rule-changed",
    "table-editor-1440": "decision-table",
    "formula-tried-1440": "formula",
    "back-test-zh-1440": "back-test",
    "flow-zh-1440": "flow",
    "override-refused-1440": "store-adjustment",
}
WIDTH = 1080
COLOURS = 128


def make_picture(source: Path, target: Path) -> None:
    """Smaller and with few colours: a picture in a handbook should not weigh more than its page."""
    with Image.open(source) as shot:
        small = shot.convert("RGB").resize((WIDTH, round(shot.height * WIDTH / shot.width)))
    small.quantize(COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    for name, picture in PICTURES.items():
        make_picture(SCREENSHOTS / f"{name}.png", ROOT / "docs" / "images" / f"{picture}.png")
