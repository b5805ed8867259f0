"""A canvas for flat pictures: drawn twice as large and made smaller, so that edges are smooth. No fonts are needed."""

import io

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 900
_FINE = 2

#: Segments of the digits on a display: top, upper right, lower right, bottom, lower left, upper left, middle.
_SEGMENTS = {
    "0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc",
    "8": "abcdefg", "9": "abcdfg", "-": "g", " ": "",
}  # fmt: skip


class Canvas:
    """All lengths are those of the finished picture."""

    def __init__(self, background: str = "#e9eef0"):
        self.image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), background)
        self.draw = ImageDraw.Draw(self.image)

    def box(self, x, y, width, height, fill, *, round=0, outline=None, line=0) -> None:
        self.draw.rounded_rectangle(
            (x * _FINE, y * _FINE, (x + width) * _FINE, (y + height) * _FINE),
            radius=round * _FINE, fill=fill, outline=outline, width=line * _FINE,
        )  # fmt: skip

    def disc(self, x, y, radius, fill, *, squash=1.0) -> None:
        flat = radius * squash
        self.draw.ellipse(
            ((x - radius) * _FINE, (y - flat) * _FINE, (x + radius) * _FINE, (y + flat) * _FINE), fill=fill
        )

    def shape(self, points, fill) -> None:
        self.draw.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=fill)

    def stroke(self, points, fill, width=4) -> None:
        self.draw.line(
            [(x * _FINE, y * _FINE) for x, y in points], fill=fill, width=int(width * _FINE), joint="curve"
        )

    def sky(self, top: str, bottom: str) -> None:
        """A background that changes from top to bottom."""
        first, last = _rgb(top), _rgb(bottom)
        band = Image.new("RGB", (1, 64))
        band.putdata(
            [tuple(int(a + (b - a) * n / 63) for a, b in zip(first, last, strict=True)) for n in range(64)]
        )
        self.image.paste(band.resize(self.image.size, Image.Resampling.BILINEAR))

    def digits(self, text: str, x, y, height, fill) -> None:
        """Figures as a display shows them; a point stands beside the figure before it."""
        width, thick = height * 0.55, height * 0.11
        for sign in text:
            if sign == ".":
                self.disc(x - width * 0.12, y + height - thick / 2, thick * 0.6, fill)
                continue
            for segment in _SEGMENTS[sign]:
                self._segment(segment, x, y, width, height, thick, fill)
            x += width * 1.4

    def _segment(self, name, x, y, width, height, thick, fill) -> None:
        half = height / 2
        left, top, long, tall = {
            "a": (x, y, width, thick), "g": (x, y + half - thick / 2, width, thick),
            "d": (x, y + height - thick, width, thick), "f": (x, y, thick, half), "e": (x, y + half, thick, half),
            "b": (x + width - thick, y, thick, half), "c": (x + width - thick, y + half, thick, half),
        }[name]  # fmt: skip
        self.box(left, top, long, tall, fill, round=thick / 2)

    def person(self, x, y, size, coat, *, skin="#e8bd9d", hair="#3a2d28") -> None:
        """Somebody seen from the front; (x, y) is where the feet stand, `size` the height."""
        head, top = size * 0.11, y - size * 0.87
        self.box(x - size * 0.09, y - size * 0.45, size * 0.08, size * 0.45, "#3d4755", round=size * 0.03)
        self.box(x + size * 0.01, y - size * 0.45, size * 0.08, size * 0.45, "#3d4755", round=size * 0.03)
        self.box(x - size * 0.15, y - size * 0.76, size * 0.3, size * 0.38, coat, round=size * 0.09)
        self.disc(x, top, head, skin)
        self.draw.pieslice(
            [(x - head) * _FINE, (top - head) * _FINE, (x + head) * _FINE, (top + head) * _FINE],
            180, 360, fill=hair,
        )  # fmt: skip

    def warning(self, x, y, size, *, colour="#f2b705", ink="#3a3118") -> None:
        """A triangle with an exclamation mark."""
        self.shape([(x, y - size), (x - size * 0.98, y + size * 0.7), (x + size * 0.98, y + size * 0.7)], ink)
        inner = size * 0.86
        self.shape(
            [(x, y - inner), (x - inner * 0.96, y + inner * 0.68), (x + inner * 0.96, y + inner * 0.68)],
            colour,
        )
        self.box(x - size * 0.07, y - size * 0.42, size * 0.14, size * 0.58, ink, round=size * 0.06)
        self.disc(x, y + size * 0.38, size * 0.09, ink)

    def as_jpeg(self) -> bytes:
        content = io.BytesIO()
        self.image.reduce(_FINE).save(content, "JPEG", quality=90)
        return content.getvalue()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
