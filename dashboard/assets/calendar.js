// French for the pickers' calendar: Mantine looks for the words under this name when the page's language is "fr".
(function () {
  const WEEKDAYS = ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"];
  const MONTHS = [
    "Janvier", "Février", "Mars", "Avril", "Mai", "Juin", "Juillet", "Août", "Septembre", "Octobre", "Novembre",
    "Décembre",
  ];

  window.dayjs_locale_fr = {
    name: "fr",
    weekdays: WEEKDAYS,
    weekdaysShort: WEEKDAYS.map((day) => `${day.slice(0, 3)}.`),
    weekdaysMin: WEEKDAYS.map((day) => day.charAt(0).toUpperCase() + day.charAt(1)),
    months: MONTHS,
    monthsShort: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    weekStart: 1,
    yearStart: 4,
    formats: {
      LT: "HH:mm",
      LTS: "HH:mm:ss",
      L: "DD/MM/YYYY",
      LL: "D MMMM YYYY",
      LLL: "D MMMM YYYY HH:mm",
      LLLL: "dddd D MMMM YYYY HH:mm",
    },
    ordinal: (number) => `${number}${number === 1 ? "er" : ""}`,
  };
})();
