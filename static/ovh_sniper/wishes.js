// Wishes: ticking all lines of the list, numbering datacenters as they are ticked. Every page works
// without this file.

const bar = document.querySelector(".wish-bar");

if (bar) {
  const form = bar.closest("form");
  const all = bar.querySelector("[data-tick-all]");
  const said = bar.querySelector("[data-ticked]");
  const ticks = () => [...form.querySelectorAll("input[name='wish']")];

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

// A datacenter that is ticked comes last in the order; one that is not ticked has no number.
document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-ranked] input[name='datacenters']");
  if (!box) return;
  const list = box.closest("[data-ranked]");
  const rankOf = (one) => list.querySelector(`[name='rank-${CSS.escape(one.value)}']`);
  const others = [...list.querySelectorAll("input[name='datacenters']:checked")]
    .filter((one) => one !== box)
    .map((one) => Number(rankOf(one).value) || 0);
  rankOf(box).value = box.checked ? Math.max(0, ...others) + 1 : "";
});

// A number typed beside a datacenter means that it will do.
document.addEventListener("input", (event) => {
  const rank = event.target.closest("[data-ranked] input[type='number']");
  if (!rank || !rank.value) return;
  rank.closest("li").querySelector("input[name='datacenters']").checked = true;
});

// The search looks by itself while somebody types: Enter need not load the page anew.
document.getElementById("id_q")?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.hasAttribute("hx-post")) event.preventDefault();
});

document.querySelector("[data-focus]")?.focus();
