"""Draws the wire of a check (the `wire` of docs/result-v1.md) as a sequence diagram: SVG in the page's own colours.

figure(wire, program, caption) returns HTML. Whoever can't see the picture has it in words below it.
"""
import html

WIDTH, ROW, TOP, SIDE, CHAR = 700, 27, 34, 58, 6.7  # CHAR: the width of a letter of the labels
STEPS = 28  # a picture that is longer teaches no more
PAUSE = 0.2  # seconds without an event that are worth a word
VERBS = {"start": "$ ", "exit": "", "call": "", "stdout": "prints ", "listen": "listens on ", "bind": "binds "}


def steps_of(wire):
    """The events, with those that look the same joined to one, as on the terminal."""
    steps = []
    for event in wire:
        look = (event["event"], event["from"], event["to"], event["data"])
        if steps and steps[-1]["look"] == look:
            steps[-1]["times"] += 1
        else:
            steps.append({**event, "look": look, "times": 1})
    return steps


def label(step, is_arrow):
    data, event = step["data"] or "", step["event"]
    if is_arrow:
        words = data if event == "data" and data else f"{event} {data}"
    else:
        words = VERBS.get(event, event + " ") + data
        if event == "stdout" and not data:
            words = "prints nothing"
        if step["from"] not in ("you", "check"):
            words = f"{step['from']} {words}"
    words = words.strip()
    return words + (f" ×{step['times']}" if step["times"] > 1 else "")


def cut(words, letters):
    return words if len(words) <= letters else words[: max(letters - 1, 1)] + "…"


def text(x, y, words, classes, anchor="middle"):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{classes}" text-anchor="{anchor}">{html.escape(words)}</text>'


class Picture:
    def __init__(self, steps, program):
        peers = []
        for step in steps:
            for who in (step["from"], step["to"]):
                if step["to"] and step["from"] != "check" and who != "you" and who not in peers:
                    peers.append(who)
        self.names = {"you": program, **{peer: peer for peer in peers}}
        gap = (WIDTH - 2 * SIDE) / max(len(peers), 1)
        self.x = {who: SIDE + i * gap for i, who in enumerate(self.names)}
        self.rows = []
        self.y = TOP + 22
        self.words = []

    def pause(self, seconds):
        self.rows.append(text(WIDTH / 2, self.y + 2, f"{seconds:.1f} s later", "pause"))
        self.words.append(f"{seconds:.1f} s later:")
        self.y += ROW - 4

    def arrow(self, step, words):
        a, b = self.x[step["from"]], self.x[step["to"]]
        tip = b - 9 if b > a else b + 9
        self.rows.append(
            f'<path class="arrow" d="M{a:.0f},{self.y} H{tip:.0f}"/>'
            f'<path class="tip" d="M{b:.0f},{self.y} L{tip:.0f},{self.y - 4} V{self.y + 4} Z"/>'
        )
        self.rows.append(text((a + b) / 2, self.y - 5, cut(words, int((abs(a - b) - 16) / CHAR)), "data"))
        self.words.append(f"{self.names[step['from']]} → {self.names[step['to']]}: {words}")
        self.y += ROW

    def note(self, step, words):
        x = self.x["you"]
        shown = cut(words, int((WIDTH - x - 30) / CHAR))
        width = len(shown) * CHAR + 16
        ours = step["from"] != "you"
        self.rows.append(
            f'<rect class="{"ours" if ours else "yours"}" x="{x - 8:.0f}" y="{self.y - 15}" width="{width:.0f}" '
            f'height="20" rx="5"/>' + text(x, self.y - 1, shown, "data", "start")
        )
        self.words.append(words if ours else f"{self.names['you']}: {words}")
        self.y += ROW

    def svg(self, caption):
        bottom = self.y - ROW + 16
        lines = []
        for who, x in self.x.items():
            anchor = "start" if who == "you" else "middle"
            lines.append(text(x - 8 if who == "you" else x, 18, self.names[who], "who", anchor))
            lines.append(f'<path class="life" d="M{x:.0f},{TOP - 8} V{bottom}"/>')
        return (
            f'<svg class="wire" role="img" aria-label="{html.escape(caption, quote=True)}" viewBox="0 0 {WIDTH} {bottom + 6}" '
            f'xmlns="http://www.w3.org/2000/svg">' + "\n".join(lines + self.rows) + "</svg>"
        )


def figure(wire, program, caption):
    steps = steps_of(wire)
    more = len(steps) - STEPS
    picture = Picture(steps[:STEPS], program)
    last = 0
    for step in steps[:STEPS]:
        if step["t"] - last >= PAUSE and picture.words:
            picture.pause(step["t"] - last)
        last = step["t"]
        is_arrow = step["to"] and step["from"] != "check"
        (picture.arrow if is_arrow else picture.note)(step, label(step, is_arrow))
    items = "".join(f"<li>{html.escape(words)}</li>" for words in picture.words)
    rest = f" {more} more steps follow." if more > 0 else ""
    return (
        f'<figure class="wire"><div class="wire">{picture.svg(caption)}</div>'
        f"<figcaption>{html.escape(caption)}{rest}<details><summary>The same in words</summary><ol>{items}</ol></details>"
        f"</figcaption></figure>\n"
    )
