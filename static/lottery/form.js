// The giveaway form: prize lines that come and go, chats of the chosen bot only, the picture in the
// preview. Without this file the form works all the same.

const form = document.getElementById("giveaway-form");
const rows = form.querySelector("[data-prizes]");
const prefix = rows.dataset.prizes;
const total = form.elements[`${prefix}-TOTAL_FORMS`];

function changed() {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

// The server reads lines 0 … TOTAL_FORMS - 1.
function renumber() {
  [...rows.children].forEach((row, index) => {
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(/-(\d+|__prefix__)-/, `-${index}-`));
      }
    }
    row.querySelector("[data-remove-prize]").hidden = rows.children.length === 1;
  });
  total.value = String(rows.children.length);
}

form.querySelector("[data-add-prize]").addEventListener("click", (event) => {
  event.preventDefault();
  const template = document.getElementById("prize-row");
  rows.append(template.content.firstElementChild.cloneNode(true));
  renumber();
  rows.lastElementChild.querySelector("input").focus();
  changed();
});

rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove-prize]");
  if (!button) return;
  button.closest(".prize-row").remove();
  renumber();
  rows.lastElementChild.querySelector("input").focus();
  changed();
});

// Enter in a field publishes nothing by surprise.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=submit])")) event.preventDefault();
});

const chatBots = JSON.parse(document.getElementById("chat-bots").textContent);

function showChats() {
  const { bot, chat } = form.elements;
  for (const group of chat.querySelectorAll("optgroup")) {
    const isOwn = [...group.children].some((option) => chatBots[option.value] === bot.value);
    group.hidden = !isOwn;
    group.disabled = !isOwn;
  }
  if (chat.value && chatBots[chat.value] !== bot.value) chat.value = "";
}

form.elements.bot.addEventListener("change", showChats);

const picture = document.querySelector("[data-picture]");
const stored = picture.getAttribute("src");

function showPicture() {
  const [file] = form.elements.image.files;
  const isOff = form.elements.remove_image?.checked;
  if (picture.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
  picture.src = file ? URL.createObjectURL(file) : stored;
  picture.hidden = isOff || !picture.getAttribute("src");
  form.elements.has_image.value = picture.hidden ? "" : "1";
}

form.elements.image.addEventListener("change", () => {
  showPicture();
  changed();
});
form.elements.remove_image?.addEventListener("change", showPicture);

renumber();
showChats();
showPicture();
