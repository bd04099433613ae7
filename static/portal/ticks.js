// Lists with a box on each line: one box for all, and how many are ticked. The bar is
// <div class="bulk-bar" data-ticks="name of the boxes">. Works without this file, all but the bar's box.

const bar = document.querySelector("[data-ticks]");

if (bar) {
  const form = bar.closest("form");
  const all = bar.querySelector("[data-tick-all]");
  const said = bar.querySelector("[data-ticked]");
  const ticks = () => [...form.querySelectorAll(`input[name='${bar.dataset.ticks}']`)];

  const count = () => {
    const ticked = ticks().filter((one) => one.checked).length;
    all.checked = ticked > 0 && ticked === ticks().length;
    all.indeterminate = ticked > 0 && !all.checked;
    const text = ticked === 1 ? said.dataset.one : said.dataset.many.replace("%n", ticked);
    said.textContent = ticked ? text : "";
  };

  all.closest("label").hidden = false;
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const one of ticks()) one.checked = all.checked;
    count();
  });
  addEventListener("pageshow", count);
}
