"""What the photographs of the demo show. Each scene comes in variations, so that no two cases look quite alike."""

from collections.abc import Callable

from .drawing import HEIGHT, WIDTH, Canvas

COATS = ("#d98e73", "#5b7fa6", "#7c9a6d", "#c9b458", "#8d6b94", "#b8c4cc", "#4f6d7a", "#a65d57")
SCENES: dict[str, Callable[[Canvas, int], None]] = {}


def scene(draw: Callable[[Canvas, int], None]) -> Callable[[Canvas, int], None]:
    SCENES[draw.__name__] = draw
    return draw


def _coach(canvas: Canvas, variation: int) -> None:
    """The inside of a coach: windows, ceiling lights, backs of seats."""
    canvas.sky("#f3f5f6", "#dfe6e9")
    for x in (-60, 380, 820):
        canvas.box(x, 150, 380, 250, "#b9d7e8" if variation % 2 == 0 else "#8fb0c9", round=40)
        canvas.shape([(x + 20, 390), (x + 140, 260), (x + 260, 390)], "#9fbf8f")
        canvas.shape([(x + 160, 392), (x + 290, 290), (x + 372, 392)], "#86ab7b")
    canvas.box(0, 60, WIDTH, 16, "#fbfcfc")
    canvas.box(0, 96, WIDTH, 10, "#cdd6da")
    seat = "#2f6690" if variation % 2 == 0 else "#3a7d5d"
    for x in (-30, 250, 530, 810, 1090):
        canvas.box(x, 470, 220, 460, seat, round=46)
        canvas.box(x + 26, 440, 168, 130, "#eef2f4", round=36)


@scene
def thermometer(canvas: Canvas, variation: int) -> None:
    _coach(canvas, variation)
    canvas.shape([(330, 900), (420, 610), (780, 610), (880, 900)], "#e3b493")
    canvas.box(395, 330, 410, 400, "#f7f7f4", round=54)
    canvas.box(410, 345, 380, 370, "#ffffff", round=46)
    canvas.box(450, 390, 300, 170, "#cfe3cf", round=20)
    canvas.digits("33.8" if variation % 2 == 0 else "31.6", 482, 416, 118, "#1f2f27")
    canvas.disc(520, 640, 34, "#d3d8d6")
    canvas.disc(680, 640, 34, "#c8553d")
    canvas.box(560, 250, 80, 90, "#d9dcda", round=20)
    for x, width in ((360, 110), (735, 110)):
        canvas.box(x, 590, width, 70, "#e9c0a1", round=34)
        canvas.box(x, 665, width, 66, "#e3b493", round=32)


@scene
def vent(canvas: Canvas, variation: int) -> None:
    canvas.sky("#d9dee0", "#f4f6f6")
    canvas.shape([(0, 300), (WIDTH, 120), (WIDTH, 620), (0, 760)], "#eceff0")
    canvas.shape([(120, 380), (1080, 230), (1080, 420), (120, 560)], "#54616a")
    for n in range(14):
        left, right = 398 + n * 11, 246 + n * 12.6
        canvas.stroke([(140, left), (1060, right)], "#8a979e" if n % 2 else "#6d7b83", 5)
    for n in range(7):
        x = 200 + n * 130
        canvas.stroke([(x, 390 - n * 20), (x, 540 - n * 20)], "#a3afb5", 6)
    dust = "#b7aa92" if variation % 2 == 0 else "#a8a39a"
    for x, y in ((220, 500), (380, 430), (520, 455), (660, 380), (800, 392), (960, 322), (300, 470)):
        canvas.disc(x, y, 16, dust, squash=0.5)
    canvas.stroke([(600, 560), (590, 680), (614, 760)], "#d9b8a0", 10)
    canvas.shape([(560, 756), (668, 748), (640, 860), (584, 862)], "#f4efe6")


@scene
def cctv(canvas: Canvas, variation: int) -> None:
    canvas.sky("#3c4a44", "#25302b")
    for row in range(4):
        y, size = 330 + row * 140, 190 + row * 56
        for place in range(5):
            x = 130 + place * 235 + (row % 2) * 60
            canvas.box(x - 80, y - 60, 170, 170 + row * 30, "#4c6b62", round=30)
            if (row + place + variation) % 4:
                canvas.person(x, y + size * 0.5, size, COATS[(row * 5 + place) % 8], hair="#1d2220")
    canvas.stroke([(0, 120), (WIDTH, 60)], "#7f938a", 8)
    canvas.box(30, 30, 210, 56, "#161c19", round=8)
    canvas.digits("13 24", 50, 42, 32, "#e9f2ec")
    canvas.disc(1130, 60, 16, "#d6483c")


@scene
def stairs(canvas: Canvas, variation: int) -> None:
    canvas.sky("#aebcc4", "#cfd8dc")
    for n in range(9):
        y = 300 + n * 68
        canvas.box(-10, y, WIDTH + 20, 70, "#9aa5ab" if n % 2 else "#a8b3b8")
        canvas.box(-10, y, WIDTH + 20, 14, "#c3cbcf")
        canvas.box(0, y + 16, WIDTH, 6, "#6c777d" if n not in (3, 5) else "#a8b3b8")
    for x, y, size in ((300, 560, 170), (640, 700, 230), (920, 480, 120), (470, 810, 160)):
        canvas.disc(x, y, size, "#bfd4e0", squash=0.22)
        canvas.disc(x - size * 0.2, y - 6, size * 0.5, "#dbe9f1", squash=0.2)
    canvas.stroke([(70, 60), (70, 880)], "#8d6f3f" if variation % 2 else "#767f84", 22)
    canvas.stroke([(70, 210), (1150, 210)], "#d4dadd", 14)
    canvas.shape([(870, 800), (960, 440), (1050, 800)], "#f2b705")
    canvas.shape([(1050, 800), (1090, 770), (975, 450), (960, 440)], "#c99606")
    canvas.warning(960, 640, 62)
    for n in range(26):
        x, y = (n * 173) % WIDTH, (n * 97) % 280
        canvas.stroke([(x, y), (x - 12, y + 44)], "#e6eef2", 3)


@scene
def queue(canvas: Canvas, variation: int) -> None:
    canvas.sky("#eef1f2", "#d8dee1")
    canvas.shape([(0, 560), (WIDTH, 560), (WIDTH, HEIGHT), (0, HEIGHT)], "#cdd3d4")
    canvas.box(0, 90, WIDTH, 90, "#24445c")
    canvas.box(470, 100, 260, 70, "#0f2a3c", round=10)
    canvas.digits("12" if variation % 2 == 0 else " 8", 540, 112, 46, "#ffb53e")
    for x in range(80, 1120, 150):
        canvas.box(x, 320, 46, 190, "#5d6d78", round=10)
        canvas.box(x + 4, 330, 38, 26, "#4bb3a4" if x < 500 else "#c8553d", round=6)
    for row in range(3):
        for n in range(9):
            x = 60 + n * 138 + (row * 47 + variation * 30) % 90
            size = 250 + row * 80
            canvas.person(x, 610 + row * 120, size, COATS[(n * 3 + row + variation) % 8],
                          hair="#2e2623" if n % 3 else "#5a4638")  # fmt: skip
            if (n + row) % 3 == 0:
                canvas.box(x + size * 0.18, 560 + row * 120, 52, 70, "#7a4f3a", round=10)


@scene
def gate(canvas: Canvas, variation: int) -> None:
    canvas.sky("#e9eef0", "#d3dadd")
    canvas.shape([(0, 700), (WIDTH, 700), (WIDTH, HEIGHT), (0, HEIGHT)], "#bcc5c9")
    for x in (60, 780):
        canvas.box(x, 300, 360, 520, "#55656f", round=30)
        canvas.box(x + 20, 320, 320, 90, "#3a4750", round=16)
    canvas.shape([(420, 430), (560, 470), (560, 690), (420, 730)], "#9fc6d9")
    canvas.shape([(780, 430), (640, 470), (640, 690), (780, 730)], "#9fc6d9")
    canvas.box(820, 440, 280, 190, "#14222b", round=16)
    bad = variation % 2 == 0
    canvas.disc(960, 535, 66, "#c8553d" if bad else "#e0a526")
    if bad:
        canvas.stroke([(930, 505), (990, 565)], "#ffffff", 14)
        canvas.stroke([(990, 505), (930, 565)], "#ffffff", 14)
    else:
        canvas.box(952, 492, 16, 56, "#ffffff", round=7)
        canvas.disc(960, 572, 10, "#ffffff")
    canvas.box(140, 450, 200, 120, "#14222b", round=14)
    canvas.shape(
        [(180, 510), (240, 470), (240, 495), (300, 495), (300, 525), (240, 525), (240, 550)], "#4bb37a"
    )
    canvas.box(850, 660, 220, 26, "#2f3b43", round=12)


@scene
def phone(canvas: Canvas, variation: int) -> None:
    canvas.sky("#c9a67f", "#b88f66")
    for n in range(7):
        canvas.stroke([(0, 130 * n + 40), (WIDTH, 130 * n + 10)], "#b08a63", 4)
    canvas.box(420, 70, 380, 770, "#22262b", round=60)
    canvas.box(440, 100, 340, 710, "#ffffff", round=36)
    canvas.box(440, 100, 340, 100, "#0d6d64", round=36)
    for y in (260, 430):
        canvas.box(470, y, 280, 140, "#f2f4f5", round=22)
        canvas.disc(520, y + 70, 30, "#4bb37a")
        canvas.stroke([(506, y + 70), (517, y + 82), (536, y + 56)], "#ffffff", 7)
        canvas.digits("76" if variation % 2 == 0 else "49", 590, y + 42, 56, "#22262b")
        canvas.box(680, y + 60, 44, 16, "#c8d0d3", round=8)
    canvas.box(470, 610, 280, 70, "#fbe9e6", round=22)
    canvas.warning(520, 648, 22, colour="#e07a5f")
    canvas.box(560, 636, 160, 18, "#c8553d", round=9)
    canvas.disc(1010, 240, 120, "#f4efe8")
    canvas.disc(1010, 240, 92, "#6b4a34")


@scene
def ramp(canvas: Canvas, variation: int) -> None:
    canvas.sky("#bfd9e8", "#e6eff3")
    canvas.box(0, 150, WIDTH, 330, "#d8d2c4")
    for x in (60, 360, 660, 960):
        canvas.box(x, 200, 180, 220, "#8fb3c7", round=12)
    canvas.shape([(0, 480), (WIDTH, 480), (WIDTH, HEIGHT), (0, HEIGHT)], "#b8bcb9")
    canvas.shape([(120, 820), (960, 520), (1100, 520), (620, 860)], "#d5d9d6")
    for n in range(4):
        x, y = 250 + n * 200, 760 - n * 74
        canvas.box(x, y - 170, 190, 150, "#e4572e" if (n + variation) % 2 else "#f4f4f0", round=8)
        canvas.box(x, y - 170, 190, 34, "#f4f4f0" if (n + variation) % 2 else "#e4572e", round=8)
        canvas.box(x + 14, y - 24, 12, 60, "#6a6f6b")
        canvas.box(x + 160, y - 24, 12, 60, "#6a6f6b")
    canvas.box(930, 560, 170, 170, "#1f6fb2", round=18)
    canvas.disc(1006, 590, 17, "#ffffff")
    canvas.stroke([(1004, 612), (1010, 656), (1050, 660), (1066, 700)], "#ffffff", 12)
    canvas.draw.arc([1940, 1250, 2100, 1410], 60, 290, fill="#ffffff", width=22)


@scene
def sign(canvas: Canvas, variation: int) -> None:
    canvas.sky("#e3e8ea", "#cfd7da")
    for x in range(0, WIDTH, 150):
        canvas.stroke([(x, 0), (x, HEIGHT)], "#d5dcdf", 3)
    for y in range(0, HEIGHT, 150):
        canvas.stroke([(0, y), (WIDTH, y)], "#d5dcdf", 3)
    canvas.box(340, 170, 520, 560, "#f2b705" if variation % 2 == 0 else "#ffffff", round=30)
    canvas.box(364, 194, 472, 512, "#fff6da" if variation % 2 == 0 else "#eef3f5", round=22)
    canvas.warning(600, 390, 130, colour="#f2b705" if variation % 2 else "#e4572e")
    for y, width in ((560, 340), (610, 300), (660, 220)):
        canvas.box(600 - width / 2, y, width, 22, "#6d7577", round=11)
    canvas.box(585, 120, 30, 56, "#9aa5aa", round=10)


@scene
def lift(canvas: Canvas, variation: int) -> None:
    canvas.sky("#dfe5e7", "#c9d1d4")
    canvas.shape([(0, 780), (WIDTH, 780), (WIDTH, HEIGHT), (0, HEIGHT)], "#aab4b8")
    canvas.box(300, 130, 600, 660, "#7d8b93", round=8)
    canvas.box(330, 160, 266, 630, "#c4ced3")
    canvas.box(604, 160, 266, 630, "#b9c4ca")
    canvas.box(500, 50, 200, 66, "#18242c", round=12)
    canvas.digits("-" if variation % 2 == 0 else "2", 586, 62, 42, "#ff7a45")
    canvas.box(960, 400, 70, 150, "#5f6d75", round=16)
    canvas.disc(995, 445, 20, "#e8eef0")
    canvas.disc(995, 505, 20, "#e8eef0")
    canvas.stroke([(290, 560), (910, 500)], "#f2b705", 40)
    for n in range(8):
        x = 300 + n * 78
        canvas.shape([(x, 582 - n * 7.5), (x + 26, 579 - n * 7.5), (x + 46, 535 - n * 7.5), (x + 20, 538 - n * 7.5)],
                     "#2c2c28")  # fmt: skip
    canvas.warning(600, 400, 70)


@scene
def table(canvas: Canvas, variation: int) -> None:
    _coach(canvas, variation + 1)
    canvas.box(150, 520, 900, 320, "#f2efe8", round=40)
    canvas.box(150, 800, 900, 46, "#cfcabd", round=20)
    stain = "#b48a5a" if variation % 2 == 0 else "#9c6b4a"
    canvas.disc(430, 650, 120, stain, squash=0.5)
    canvas.disc(430, 650, 96, "#f2efe8", squash=0.5)
    for n in range(34):
        x, y = 240 + (n * 131) % 720, 560 + (n * 71) % 220
        canvas.disc(x, y, 5 + n % 5, "#c7a46e", squash=0.7)
    canvas.box(700, 560, 130, 190, "#e9ecee", round=22)
    canvas.box(690, 540, 150, 40, "#c8553d", round=16)
    canvas.shape([(880, 640), (990, 600), (1010, 700), (900, 740)], "#dfe7d8")


@scene
def board(canvas: Canvas, variation: int) -> None:
    canvas.sky("#dde4e7", "#c6cfd3")
    canvas.box(120, 120, 960, 560, "#10202b", round=20)
    canvas.box(120, 120, 960, 80, "#1b3646", round=20)
    for n in range(6):
        y = 226 + n * 74
        wrong = n == 2 + variation % 2
        canvas.digits(f"{1027 + n * 118}"[:4], 160, y, 42, "#ffb53e")
        canvas.box(370, y + 8, 240, 26, "#dfe8ec" if not wrong else "#ff8f70", round=8)
        canvas.digits(
            f"{8 + n}{(n * 17 + 5) % 60:02d}"[-4:].rjust(4), 690, y, 42, "#7fd1a8" if not wrong else "#ff8f70"
        )
        canvas.box(920, y + 8, 110, 26, "#7fd1a8" if not wrong else "#ff5d3b", round=8)
    for x in (300, 880):
        canvas.box(x, 40, 26, 90, "#7c8a91")
    for n in range(5):
        canvas.person(180 + n * 215, 940, 300, COATS[(n + variation * 2) % 8], hair="#2b2523")


@scene
def escalator(canvas: Canvas, variation: int) -> None:
    canvas.sky("#e2e8ea", "#cbd4d8")
    canvas.shape([(60, 900), (760, 150), (1130, 150), (620, 900)], "#5f6c74")
    for n in range(14):
        y = 180 + n * 54
        left, right = 735 - n * 50.5, 1105 - n * 34
        canvas.stroke([(left, y), (right, y)], "#aeb9bf" if n % 2 else "#8f9ca3", 12)
        canvas.stroke([(left, y + 10), (right, y + 10)], "#f2c94c", 4)
    canvas.stroke([(20, 900), (730, 140), (800, 140)], "#22292e", 26)
    canvas.stroke([(690, 900), (1150, 150), (1190, 150)], "#22292e", 26)
    canvas.box(170, 620, 150, 190, "#a63d2f" if variation % 2 == 0 else "#38618c", round=20)
    canvas.box(214, 580, 62, 50, "#8a8f92", round=14)
    canvas.disc(880, 760, 74, "#ffffff")
    canvas.disc(880, 760, 62, "#d6483c")
    canvas.box(850, 744, 60, 32, "#ffffff", round=8)


@scene
def meal(canvas: Canvas, variation: int) -> None:
    canvas.sky("#8fa6ad", "#7b939b")
    canvas.box(180, 200, 840, 520, "#f6f4ee", round=46)
    canvas.box(220, 240, 480, 440, "#ebe7db", round=36)
    canvas.box(730, 240, 250, 205, "#ebe7db", round=30)
    canvas.box(730, 470, 250, 210, "#ebe7db", round=30)
    for n in range(40):
        canvas.disc(
            270 + (n * 97) % 390, 290 + (n * 59) % 340, 24, "#fdfcf7" if n % 3 else "#f1ede0", squash=0.7
        )
    for n in range(9):
        canvas.disc(
            770 + (n * 53) % 180, 290 + (n * 37) % 120, 30, "#7fae5f" if n % 2 else "#5f9446", squash=0.7
        )
    for n in range(6):
        canvas.disc(780 + (n * 61) % 170, 520 + (n * 43) % 120, 36, "#a8643c" if variation % 2 == 0 else "#c98a4b",
                    squash=0.7)  # fmt: skip
    canvas.box(420, 120, 360, 130, "#ffffff", round=14)
    canvas.digits("11 30" if variation % 2 == 0 else "12 15", 460, 150, 62, "#c8553d")


@scene
def luggage(canvas: Canvas, variation: int) -> None:
    canvas.sky("#eef1f2", "#dbe1e4")
    canvas.box(0, 300, WIDTH, 40, "#9fadb5")
    canvas.box(0, 340, WIDTH, 14, "#c8d1d6")
    for x, width, colour in ((60, 250, "#38618c"), (340, 200, "#6d7f52"), (880, 260, "#7a4f3a")):
        canvas.box(x, 110, width, 190, colour, round=24)
        canvas.box(x + width / 2 - 36, 88, 72, 34, "#2b2f33", round=14)
    tilt = 40 if variation % 2 == 0 else 70
    canvas.shape([(570, 150), (810, 150 + tilt), (780, 350 + tilt), (540, 320)], "#a63d2f")
    canvas.stroke([(600, 190), (790, 190 + tilt)], "#8b2f24", 8)
    canvas.stroke([(590, 250), (785, 255 + tilt)], "#8b2f24", 8)
    for n in range(3):
        canvas.stroke([(620 + n * 60, 430 + n * 8), (606 + n * 60, 500 + n * 8)], "#b4bec4", 8)
    for x in (90, 380, 670, 960):
        canvas.box(x, 620, 210, 320, "#2f6690", round=44)
        canvas.box(x + 24, 590, 162, 120, "#eef2f4", round=34)


@scene
def bin(canvas: Canvas, variation: int) -> None:
    canvas.sky("#e6eaeb", "#d5dbde")
    canvas.shape([(0, 640), (WIDTH, 640), (WIDTH, HEIGHT), (0, HEIGHT)], "#c0c8cb")
    for x, colour in ((330, "#3f6f8c"), (620, "#4f7f5c")):
        canvas.box(x, 380, 240, 430, colour, round=26)
        canvas.box(x + 30, 420, 180, 70, "#22303a", round=18)
    for n in range(16):
        x, y = 340 + (n * 83) % 520, 330 - (n * 29) % 90
        canvas.disc(x, y, 44, ("#f4f1e8", "#d9c7a0", "#b8ccd6", "#e2a08a")[(n + variation) % 4], squash=0.8)
    canvas.disc(760, 840, 190, "#a98a5c", squash=0.2)
    canvas.box(250, 780, 90, 40, "#e2a08a", round=12)
    canvas.box(930, 770, 60, 100, "#f4f1e8", round=14)
