"""What stands on the screen: 8 lines of 16 characters, either a message or how the board is.

Functions from a state to lines; nothing here draws. The font has ASCII only, so an accented letter is shown as its base
letter and anything else it lacks as a question mark: never an exception for a text somebody typed.
"""

COLUMNS, ROWS = 16, 8

# MicroPython has no unicodedata. Two texts side by side: a letter, and below it what is shown as it.
_LETTERS = (
    "ÀÁÂÃÄÅĀĂĄàáâãäåāăąÇĆĈĊČçćĉċčĎĐÐďđðÈÉÊËĒĔĖĘĚèéêëēĕėęěĜĞĠĢĝğġģĤĦĥħÌÍÎÏĨĪĬĮİìíîïĩīĭįıĴĵĶķĹĻĽĿŁĺļľŀłÑŃŅŇ"
    "ñńņňÒÓÔÕÖØŌŎŐòóôõöøōŏőŔŖŘŕŗřŚŜŞŠȘśŝşšșŢŤŦȚţťŧțÙÚÛÜŨŪŬŮŰŲùúûüũūŭůűųŴŵÝŶŸýÿŷŹŻŽźżž‘’‚′“”„«»″‐‑‒–—−\t"
    "\u00a0\u2009\u202f×µμ"
)
_SHOWN_AS = (
    "AAAAAAAAAaaaaaaaaaCCCCCcccccDDDdddEEEEEEEEEeeeeeeeeeGGGGggggHHhhIIIIIIIIIiiiiiiiiiJjKkLLLLLlllllNNNN"
    'nnnnOOOOOOOOOoooooooooRRRrrrSSSSSsssssTTTTttttUUUUUUUUUUuuuuuuuuuuWwYYYyyyZZZzzz\'\'\'\'""""""----'
    "--    xuu"
)
# What takes more letters or none: each sign is followed by them.
_MORE = "Æ AE|æ ae|Œ OE|œ oe|ß ss|… ...|° |\r |\u200b |"


def plain(text: str) -> str:
    """The text in the characters that the font has; line breaks stay."""
    out = []
    for letter in text:
        if letter == "\n" or " " <= letter <= "~":
            out.append(letter)
        else:
            out.append(_base(letter))
    return "".join(out)


def _base(letter):
    place = _LETTERS.find(letter)
    if place >= 0:
        return _SHOWN_AS[place]
    place = _MORE.find(letter + " ")
    if place >= 0:
        return _MORE[place + 2 : _MORE.find("|", place)]
    # Combining accents stand after their letter, which is shown already.
    return "" if "\u0300" <= letter <= "\u036f" else "?"


def wrap(text: str, columns: int = COLUMNS) -> "list[str]":
    """The text as lines, broken between words; a word longer than a line is broken where the line ends."""
    lines = []
    for paragraph in plain(text).split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) <= columns:
                line += " " + word
                continue
            if line:
                lines.append(line)
            while len(word) > columns:
                lines.append(word[:columns])
                word = word[columns:]  # noqa: PLW2901 - what is left of the word is the word
            line = word
        lines.append(line)
    return lines


def message(text: str, step: int) -> "list[str]":
    """The lines of a message; one too long for the screen moves up by a line each step and begins again."""
    lines = wrap(text)
    if len(lines) <= ROWS:
        return lines
    start = step % (len(lines) - ROWS + 1)
    return lines[start : start + ROWS]


def idle(name: str, address: str, link: str, readings: "list[tuple[str, str]]", sending: bool) -> "list[str]":
    """How the board is: name, address, the last readings as (label, value), the link."""
    lines = [_cut(name), _cut(address), ""]
    for label, value in readings[:3]:
        value = _cut(value)  # noqa: PLW2901 - the same value, as the screen has room for it
        lines.append((plain(label)[: max(0, COLUMNS - 1 - len(value))] + " " + value).strip())
    while len(lines) < ROWS - 2:
        lines.append("")
    lines.append("" if sending else "PAUSED")
    lines.append(_cut(link))
    return lines


def _cut(text):
    return plain(text)[:COLUMNS]
