// The preview of a board's screen: 8 lines of 16 characters, broken as the board breaks them (firmware/board/screen.py).
(function () {
  const COLUMNS = 16;
  const ROWS = 8;
  const LONGEST = 512;
  // The font has ASCII only: base letters for accents, and these for what has none.
  const OTHERS = {
    Æ: "AE", æ: "ae", Œ: "OE", œ: "oe", ß: "ss", Ø: "O", ø: "o", Đ: "D", đ: "d", Ð: "D", ð: "d", Ł: "L", ł: "l",
    Ħ: "H", ħ: "h", Ŧ: "T", ŧ: "t", ı: "i", Ŀ: "L", ŀ: "l",
    "‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "×": "x", "µ": "u", "μ": "u",
    "\t": " ", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "°": "", "\r": "", "\u200b": "",
  };

  function plain(text) {
    let out = "";
    for (const letter of text) {
      if (letter === "\n" || (letter >= " " && letter <= "~")) {
        out += letter;
      } else if (letter in OTHERS) {
        out += OTHERS[letter];
      } else {
        const base = letter.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
        out += base === "" || (base.length === 1 && base >= " " && base <= "~") ? base : "?";
      }
    }
    return out;
  }

  function wrap(text) {
    const lines = [];
    for (const paragraph of plain(text).split("\n")) {
      let line = "";
      for (let word of paragraph.split(/\s+/).filter(Boolean)) {
        if (line && line.length + 1 + word.length <= COLUMNS) {
          line += ` ${word}`;
          continue;
        }
        if (line) {
          lines.push(line);
        }
        while (word.length > COLUMNS) {
          lines.push(word.slice(0, COLUMNS));
          word = word.slice(COLUMNS);
        }
        line = word;
      }
      lines.push(line);
    }
    return lines;
  }

  function screen(typed, shown, page) {
    const text = typed || shown || "";
    const lines = wrap(text).slice(0, ROWS);
    const words = page.words;
    const unsent = typed && typed !== shown;
    const known = shown !== null && shown !== undefined;
    const caption = unsent ? words["screen typed"] : known ? words["screen now"] : words["screen unknown"];
    return [lines.join("\n"), caption, `${[...(typed || "")].length} / ${LONGEST}`];
  }

  window.lumos = Object.assign(window.lumos || {}, { wrap });
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    lumos: Object.assign({}, window.dash_clientside?.lumos, { screen }),
  });
})();
