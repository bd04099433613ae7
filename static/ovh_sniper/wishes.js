// Wishes: numbering datacenters as they are ticked. Every page works without this file.

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
