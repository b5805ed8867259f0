// Moving through a table of figures with the keyboard, and pasting a block from a spreadsheet. Without it: a plain form.
(() => {
  "use strict";
  const table = document.querySelector("[data-vol]");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const field = (row, column) => rows[row]?.cells[column]?.querySelector("input:not([type=hidden])");
  const place = (input) => {
    const cell = input.closest("td");
    return [rows.indexOf(cell.parentElement), cell.cellIndex];
  };
  const go = (row, column, step) => {
    for (let at = row + step; at >= 0 && at < rows.length; at += step) {
      const next = field(at, column);
      if (next) {
        next.focus();
        next.select();
        return true;
      }
    }
    return false;
  };
  table.addEventListener("keydown", (event) => {
    if (!event.target.matches("td input") || event.altKey || event.ctrlKey || event.metaKey) return;
    const [row, column] = place(event.target);
    const step = { ArrowDown: 1, Enter: event.shiftKey ? -1 : 1, ArrowUp: -1 }[event.key];
    if (step && (go(row, column, step) || event.key !== "Enter")) event.preventDefault();
  });
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!event.target.matches("td input") || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const [row, column] = place(event.target);
    text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach((line, down) => {
      line.split("\t").forEach((value, across) => {
        const input = field(row + down, column + across);
        if (input) {
          input.value = value.trim();
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
      });
    });
  });
})();
