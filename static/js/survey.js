/* A survey without this script is a plain form. With it: a bar of how many questions are answered; and for those who
   type answers in from paper, Enter goes to the next field, a figure that can only be complete does so by itself. */
(() => {
  const bar = document.querySelector("[data-progress]");
  if (bar) {
    const questions = [...document.querySelectorAll("[data-question]")];
    const says = bar.querySelector("[data-says]");
    const answered = (question) =>
      [...question.querySelectorAll("input:checked, textarea")].some((field) => field.type === "radio" || field.value.trim());
    const show = () => {
      const done = questions.filter(answered).length;
      bar.querySelector("progress").value = done;
      says.textContent = says.dataset.says.replace("%n", done).replace("%m", questions.length);
    };
    bar.hidden = false;
    document.addEventListener("input", show);
    show();
  }

  const sheet = document.querySelector("[data-typing]");
  if (sheet) {
    const fields = [...sheet.querySelectorAll("[data-figure], textarea")];
    const next = (field) => fields[fields.indexOf(field) + 1] || sheet.querySelector("[data-keep]");
    const go = (field) => {
      const target = next(field);
      target.focus();
      if (target.select) target.select();
    };
    sheet.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-figure]")) return;
      event.preventDefault();
      go(event.target);
    });
    sheet.addEventListener("input", (event) => {
      const field = event.target;
      if (field.matches("[data-figure]") && field.dataset.figure.split(" ").includes(field.value)) go(field);
    });
  }
})();
